"""Faults of the command line in plain words: those found before Hydra composes, and those Hydra tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from wild_aieval.errors import UserError, nearest
from wild_aieval.help import COMMANDS, options
from wild_aieval.paths import conf_dir

GROUPS = ("model", "oversight", "tracking", "inference")
_NOISE = re.compile(r"set the environment|^full_key:|^object_type=|^To append to your config", re.IGNORECASE)


def check(arguments: Sequence[str]) -> None:
    """Raise a UserError for an unknown flag, word or option, and for code in a user's own files."""
    given = _parsed(arguments)
    for folder in filter(None, (given.config_dir, given.config_path)):
        _refuse_code(Path(folder))
    if given.shell_completion:
        return
    for override in given.overrides:
        key, sign, value = override.lstrip("+~").partition("=")
        if not sign and not override.startswith("~"):
            raise UserError(
                f"'{override}' is neither a command nor a setting of the form name=value. "
                f"{nearest(override, [*COMMANDS, *_top_settings()])} See --help."
            )
        if key in GROUPS:
            _option_exists(override, key, value.strip("'\""), given)


def explain(error: Exception, arguments: Sequence[str]) -> str:
    """One paragraph for a fault that Hydra or OmegaConf found: what is wrong and the nearest valid names."""
    text = str(error) + (f"\n{error.__cause__}" if error.__cause__ else "")
    if match := re.search(r"Could not override '([^']+)'|Key '([^']+)' (?:is )?not in", text):
        return _unknown_key(match[1] or match[2], arguments)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    plain = " ".join(line for line in lines if not _NOISE.search(line) and "https://" not in line)
    return f"the settings cannot be composed: {plain} See --help for the form name=value."


def _parsed(arguments: Sequence[str]) -> Any:
    from hydra._internal.utils import get_args_parser

    parser = get_args_parser()

    def refuse(message: str) -> NoReturn:
        unknown = message.rpartition(": ")[2].split()
        hint = nearest(unknown[0], parser._option_string_actions) if message.startswith("unrecognized") else ""
        raise UserError(f"{message}. {hint} See --help.".replace(".  ", ". "))

    parser.error = refuse
    return parser.parse_args(list(arguments))


def _refuse_code(folder: Path) -> None:
    import yaml

    for file in sorted(folder.rglob("*.yaml")):
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (yaml.YAMLError, OSError, UnicodeDecodeError):
            continue  # Hydra says what is wrong with it when it reads it
        if _names_target(content):
            raise UserError(
                f"{file}: '_target_' is refused, because it would run any code. A model file names a 'kind' instead; "
                "'python -m wild_aieval models' lists them."
            )


def _names_target(content: Any) -> bool:
    if isinstance(content, dict):
        return "_target_" in content or any(map(_names_target, content.values()))
    return isinstance(content, list) and any(map(_names_target, content))


def _option_exists(override: str, group: str, value: str, given: Any) -> None:
    if override.startswith("~"):
        raise UserError(f"{override}: '{group}' cannot be taken away. Choose another with {group}=NAME.")
    if "(" in value or any(other.startswith("hydra.searchpath") for other in given.overrides):
        return
    names, offered = value.split(","), _offered(group, given)
    unknown = next((name for name in names if name not in offered), None)
    if unknown is not None:
        raise UserError(f"{override}: there is no {group} '{unknown}'. {nearest(unknown, offered)}")
    if len(names) > 1 and not given.multirun:
        raise UserError(f"{override}: several at once need -m, as in: python -m wild_aieval -m {override}")


def _offered(group: str, given: Any) -> list[str]:
    """Option names of a group, those of --config-dir and --config-path included."""
    found = options(group)
    for folder in filter(None, (given.config_dir, given.config_path)):
        base = Path(folder) / group
        found += [path.relative_to(base).with_suffix("").as_posix() for path in base.rglob("*.yaml")]
    return found


def _unknown_key(key: str, arguments: Sequence[str]) -> str:
    """What is wrong with a key, by walking down to the first part that is not there."""
    shown = next((a for a in arguments if a.lstrip("+~").startswith(f"{key}=")), key)
    head, *rest = key.split(".")
    if head == "hydra":
        return f"{shown}: Hydra has no setting '{key}'. 'python -m wild_aieval --cfg hydra' shows its settings."
    if head not in GROUPS or not rest:
        return f"{shown}: there is no setting '{key}'. {nearest(key, [*_top_settings(), *GROUPS])}"
    path, node = head, _chosen(head, arguments)
    while len(rest) > 1 and isinstance(node.get(rest[0]), dict):
        path, node = f"{path}.{rest[0]}", node[rest[0]]
        rest = rest[1:]
    return f"{shown}: '{path}' has no setting '{rest[0]}'. {nearest(rest[0], map(str, node))}"


def _chosen(group: str, arguments: Sequence[str]) -> dict[Any, Any]:
    """The content of the option that is chosen for a group, or {} where it cannot be read."""
    given = _parsed(arguments)
    default = next(entry[group] for entry in _config()["defaults"] if group in entry)
    value = next((o.partition("=")[2] for o in given.overrides if o.startswith(f"{group}=")), default)
    for folder in filter(None, (given.config_dir, given.config_path, conf_dir())):
        file = Path(folder) / group / f"{value.split(',')[0]}.yaml"
        if file.is_file():
            return _read(file)
    return {}


def _top_settings() -> list[str]:
    return [str(name) for name in _config() if name not in ("defaults", "hydra")]


def _config() -> dict[Any, Any]:
    return _read(conf_dir() / "config.yaml")


def _read(file: Path) -> dict[Any, Any]:
    import yaml

    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}
