"""Faults of the command line in plain words: those found before Hydra composes, and those Hydra tells."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from wild_aieval import yaml_bombs
from wild_aieval.errors import UserError, nearest
from wild_aieval.help import COMMANDS, options
from wild_aieval.paths import conf_dir

GROUPS = ("model", "oversight", "tracking", "inference", "cost")
_NOISE = re.compile(r"set the environment|^full_key:|^object_type=|^To append to your config", re.IGNORECASE)
_HYDRA = re.compile(r"(?<![\w-])hydra(?![\w-])")
_RESOLVED = re.compile(r"\$\{\s*([\w.]+)\s*:")
_ELSEWHERE = re.compile(r"\.\.|//|\$\{")


def in_order(arguments: Sequence[str]) -> list[str]:
    """Flags first, then settings, each in their order: Hydra's parser takes no flag between two settings."""
    if "--" in arguments:
        return list(arguments)
    settings = _parser().parse_known_intermixed_args(list(arguments))[0].overrides
    flags = list(arguments)[::-1]
    for setting in reversed(settings):
        flags.remove(setting)
    return [*flags[::-1], *settings]


def check(arguments: Sequence[str]) -> None:
    """Raise a UserError for an unknown flag, word or option, and for code in a user's own files."""
    given = _parsed(arguments)
    if given.experimental_rerun:
        raise UserError(
            "--experimental-rerun is refused, because it would run code from a file. Continue an interrupted run with: "
            "python -m wild_aieval resume RUN_FOLDER"
        )
    if ".." in (given.config_name or "") or Path(given.config_name or "").is_absolute():
        raise UserError(f"--config-name={given.config_name}: expected the name of a file in --config-dir FOLDER.")
    for folder in _own_folders(given):
        _refuse_code(folder)
    if given.shell_completion:
        _asked_by_a_shell(given.overrides)
        return
    for override in given.overrides:
        key, sign, value = override.lstrip("+~").partition("=")
        _only_from_own_folders(override, key.strip(), value)
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
    return _parser().parse_args(list(arguments))


def _parser() -> Any:
    from hydra._internal.utils import get_args_parser

    parser = get_args_parser()

    def refuse(message: str) -> NoReturn:
        unknown = message.rpartition(": ")[2].split()
        hint = nearest(unknown[0], parser._option_string_actions) if message.startswith("unrecognized") else ""
        raise UserError(f"{message}. {hint} See --help.".replace(".  ", ". "))

    parser.error = refuse
    return parser


def _own_folders(given: Any) -> list[Path]:
    """The folders of --config-dir and --config-path."""
    folders = [Path(folder) for folder in (given.config_dir, given.config_path) if folder]
    # Hydra takes a relative --config-path from the package, not from where the user stands.
    if given.config_path and not Path(given.config_path).is_absolute():
        raise UserError(
            f"--config-path={given.config_path}: expected a whole path that begins with '/'. For files of your own, "
            "--config-dir FOLDER is enough."
        )
    return folders


def _only_from_own_folders(override: str, key: str, value: str) -> None:
    """What Hydra would read from elsewhere is not looked at before."""
    chooses = "/" in key or ("." not in key and key not in _top_settings())
    if key == "hydra.searchpath" or (chooses and ".." in f"{key} {value}"):
        raise UserError(f"{override}: files of your own are read from --config-dir FOLDER only. Put the file there.")


def _refuse_code(folder: Path) -> None:
    """A file in a user's own folder may have come from somebody else: it must bring no code and not reach Hydra."""
    for file in _yaml_files(folder):
        if fault := _code_in(file, file.relative_to(folder)):
            raise UserError(f"{file}: {fault}")


def _yaml_files(folder: Path) -> list[Path]:
    found, seen = [], set()
    for place, folders, names in os.walk(folder, followlinks=True):  # Hydra follows links, too
        seen.add(os.path.realpath(place))
        folders[:] = [name for name in folders if os.path.realpath(Path(place, name)) not in seen]
        found += [Path(place, name) for name in names if name.lower().endswith(".yaml")]
    return sorted(found)


def _code_in(file: Path, place: Path) -> str:
    """Why a file is refused, or ''."""
    import yaml
    from omegaconf import OmegaConf

    try:
        if bomb := yaml_bombs.fault_of(file):
            return bomb
        text = file.read_text(encoding="utf-8")
        content = OmegaConf.to_container(OmegaConf.load(file))  # as Hydra reads it
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or type(error).__name__
        return f"{line}not valid YAML in UTF-8 ({problem}). Mend it."
    except Exception:  # noqa: BLE001  Hydra says what is wrong with it when it reads it
        return ""
    if _names_target(content):
        return (
            "'_target_' is refused, because it would run any code. A model file names a 'kind' instead; "
            "'python -m wild_aieval models' lists them."
        )
    fields = content if isinstance(content, dict) else {}
    header = " ".join(line for line in text.splitlines() if re.match(r"\s*#\s*@", line))
    parts = [part.lower() for part in place.with_suffix("").parts]
    defaults = str(fields.get("defaults", ""))
    if "hydra" in fields or "hydra" in parts or _HYDRA.search(header) or _HYDRA.search(defaults):
        return (
            "a file of your own must not change Hydra's settings, because they can run any code. Take 'hydra' out of "
            "it; give what you need on the command line, as in hydra.run.dir=FOLDER."
        )
    if _ELSEWHERE.search(defaults):
        return (
            "'defaults' may name files of this folder only, because others are not looked at before they are read. "
            "Take '..', '//' and '${' out of it."
        )
    if asks := _RESOLVED.search("\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))):
        return (
            f"'${{{asks[1]}:…}}' is refused, because it takes something of the machine, such as a password of its "
            "environment, into settings that are recorded. Write the value, or give it on the command line; keys are "
            "named by settings such as {env: NAME_OF_THE_VARIABLE}."
        )
    return ""


def _names_target(content: Any) -> bool:
    if isinstance(content, dict):
        return "_target_" in content or any(map(_names_target, content.values()))
    return isinstance(content, list) and any(map(_names_target, content))


def _asked_by_a_shell(queries: Sequence[str]) -> None:
    """A shell that completes hands the line over in its environment."""
    if any(query.startswith("query=") for query in queries) and "COMP_LINE" not in os.environ:
        raise UserError(
            "-sc query=… is what the shell calls when you press Tab; it answers nothing by hand. "
            'Switch completion on with: eval "$(wild-aieval -sc install=bash)"'
        )


def _option_exists(override: str, group: str, value: str, given: Any) -> None:
    if override.startswith("~"):
        raise UserError(f"{override}: '{group}' cannot be taken away. Choose another with {group}=NAME.")
    if "(" in value:
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
    for folder in _own_folders(given):
        base = folder / group
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
    if isinstance(node.get(rest[0]), dict) or (path != head and not node):
        return f"{shown}: names that the file does not hold are added with a plus: +{shown}"
    return f"{shown}: '{path}' has no setting '{rest[0]}'. {nearest(rest[0], map(str, node))}"


def _chosen(group: str, arguments: Sequence[str]) -> dict[Any, Any]:
    """The content of the option that is chosen for a group, or {} where it cannot be read."""
    given = _parsed(arguments)
    default = next(entry[group] for entry in _config()["defaults"] if group in entry)
    value = next((o.partition("=")[2] for o in given.overrides if o.startswith(f"{group}=")), default)
    for folder in (*_own_folders(given), conf_dir()):
        file = folder / group / f"{value.split(',')[0]}.yaml"
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
