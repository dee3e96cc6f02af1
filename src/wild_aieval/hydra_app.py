"""The Hydra application: settings composed from ``conf/`` and the command line, one job per candidate."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from wild_aieval.errors import UserError, nearest
from wild_aieval.help import options
from wild_aieval.paths import conf_dir, runs_dir

GROUPS = ("model", "oversight", "tracking", "inference")


def run(arguments: Sequence[str]) -> int:
    """Compose settings and run; returns the exit code. Faults of the command line become UserErrors."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing; the door prints
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from wild_aieval.sweep import SweepReport

    OmegaConf.register_new_resolver("wild_aieval.runs", lambda: str(runs_dir()), replace=True)
    codes: list[int] = []
    faults: list[UserError] = []

    def job(config: Any) -> int:
        try:
            codes.append(_job(config))
        except UserError as error:  # raised below: Hydra would print lines of its own first
            faults.append(error)
            return 1
        return codes[-1]

    sys.argv = ["wild-aieval", *arguments]
    try:
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(job)()
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(explain(error, arguments)) from None
    if faults:
        raise faults[0]
    return max([0, *codes, *SweepReport.codes])


def _job(config: Any) -> int:
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode
    from omegaconf import OmegaConf

    from wild_aieval import settings as schema
    from wild_aieval import sweep
    from wild_aieval.records.run_folder import RunFolder
    from wild_aieval.session import perform

    raw = OmegaConf.to_container(config, resolve=True)
    fields = {str(key): value for key, value in cast(dict[Any, Any], raw).items()}
    hydra_config = HydraConfig.get()
    folder = RunFolder(Path(hydra_config.runtime.output_dir))
    if hydra_config.mode != RunMode.MULTIRUN:
        return perform(schema.read(fields), folder, in_sweep=False)
    fields["sweep"] = fields["sweep"] or Path(hydra_config.sweep.dir).name
    return sweep.guarded(lambda: perform(schema.read(fields), folder, in_sweep=True), folder)


def explain(error: Exception, arguments: Sequence[str]) -> str:
    """One paragraph for a fault that Hydra or OmegaConf found: what is wrong and the nearest valid names."""
    for argument in arguments:
        key, sign, value = argument.lstrip("+~").partition("=")
        if sign and key in GROUPS:
            unknown = [name for name in value.split(",") if name not in _offered(key, arguments)]
            if unknown and "(" not in value:
                return f"{argument}: there is no {key} '{unknown[0]}'. {nearest(unknown[0], _offered(key, arguments))}"
    text = str(error) + (f" {error.__cause__}" if error.__cause__ else "")
    if match := re.search(r"Could not override '([^']+)'|Key '([^']+)' (?:is )?not in", text):
        return _unknown_key(match[1] or match[2], arguments)
    first = " ".join(
        line.strip() for line in text.splitlines() if line.strip() and "set the environment" not in line.lower()
    )
    return f"the settings cannot be composed: {first} See --help for the form name=value."


def _unknown_key(key: str, arguments: Sequence[str]) -> str:
    from omegaconf import OmegaConf

    shown = next((a for a in arguments if a.lstrip("+~").startswith(f"{key}=")), key)
    parent, _, last = key.rpartition(".")
    if parent in GROUPS:
        chosen = next((a.split("=", 1)[1] for a in arguments if a.startswith(f"{parent}=")), _default_option(parent))
        file = conf_dir() / parent / f"{chosen.split(',')[0]}.yaml"
        known = [str(name) for name in OmegaConf.load(file)] if file.is_file() else []
        return f"{shown}: '{parent}' has no setting '{last}'. {nearest(last, known)}"
    top = [str(name) for name in OmegaConf.load(conf_dir() / "config.yaml") if name not in ("defaults", "hydra")]
    return f"{shown}: there is no setting '{key}'. {nearest(key, [*top, *GROUPS])}"


def _default_option(group: str) -> str:
    """The option that ``config.yaml`` names for a group."""
    from omegaconf import OmegaConf

    defaults = OmegaConf.to_container(OmegaConf.load(conf_dir() / "config.yaml"))["defaults"]  # type: ignore[call-overload,index]
    return next(str(entry[group]) for entry in defaults if isinstance(entry, dict) and group in entry)


def _offered(group: str, arguments: Sequence[str]) -> list[str]:
    """Option names of a group, those of --config-dir folders included."""
    found = options(group)
    for flag, value in zip(arguments, [*arguments[1:], ""], strict=True):
        folder = (
            value if flag in ("--config-dir", "-cd") else flag.removeprefix("--config-dir=") if "dir=" in flag else ""
        )
        if folder and (Path(folder) / group).is_dir():
            found += [path.stem for path in (Path(folder) / group).glob("*.yaml")]
    return found
