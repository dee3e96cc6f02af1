"""The Hydra application: settings composed from ``conf/`` and the command line, one job per candidate."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from wild_aieval import overrides
from wild_aieval.errors import UserError
from wild_aieval.paths import conf_dir, runs_dir

_GRAVITY = (0, 2, 1)  # exit codes, the gravest last


def run(arguments: Sequence[str]) -> int:
    """Compose settings and run; returns the exit code. Faults of the command line become UserErrors."""
    arguments = overrides.in_order(arguments)
    overrides.check(arguments)
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises instead of printing; the door prints
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from wild_aieval.sweep import Refused, SweepReport, how_to_go_on

    OmegaConf.register_new_resolver("wild_aieval.runs", lambda: str(runs_dir()), replace=True)
    SweepReport.codes, SweepReport.faults, SweepReport.held = [], [], []
    codes: list[int] = []
    faults: list[UserError] = []
    started: list[bool] = []

    def job(config: Any) -> int:
        started.append(True)
        try:
            codes.append(_job(config))
        except UserError as error:  # raised below: Hydra would print lines of its own first
            faults.append(error)
            return 1
        return codes[-1]

    sys.argv = ["wild-aieval", *arguments]
    try:
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(job)()
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        if isinstance(error, ValueError) and started:
            raise  # not about the settings
        raise UserError(overrides.explain(error, arguments)) from None
    except OSError as error:
        if started:
            raise
        raise UserError(
            f"{error.filename}: the run folder cannot be made ({error.strerror}). Make room, mend its rights, or "
            "choose another with hydra.run.dir=FOLDER."
        ) from None
    except Refused as refusal:
        raise UserError(str(refusal)) from None
    except KeyboardInterrupt as interrupt:
        told = str(interrupt) or "".join(how_to_go_on(sweep) for sweep, _ in SweepReport.held if started)
        raise KeyboardInterrupt(told) from None
    finally:
        for _, lock in SweepReport.held:
            lock.release()
    for fault in (*faults, *SweepReport.faults):
        raise fault
    return max([0, *codes, *SweepReport.codes], key=_GRAVITY.index)


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
        return perform(schema.read(fields), folder)
    fields["sweep"] = fields["sweep"] or Path(hydra_config.sweep.dir).name
    return sweep.guarded(
        lambda: perform(schema.read(fields), folder, "line"), folder, Path(hydra_config.sweep.dir).resolve()
    )
