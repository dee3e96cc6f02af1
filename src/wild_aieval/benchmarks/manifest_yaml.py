"""YAML files that a person writes: read strictly, with faults that name file, line and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from wild_aieval.errors import UserError


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error, where plain YAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key.value}' stands twice", key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a file.

    Raises:
        FileNotFoundError: where there is no such file.
        UserError: where it cannot be read or holds no mapping.
    """
    try:
        raw = _UniqueKeys(path.read_text(encoding="utf-8-sig")).get_single_data()
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start + 1} is not UTF-8. Save the manifest as UTF-8.") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Mend its kind or permissions.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise UserError(f"{path}{place}: not valid YAML: {problem}. Mend that line.") from None
    if not isinstance(raw, dict):
        found = "an empty file" if raw is None else type(raw).__name__
        raise UserError(f"{path}: expected a mapping of fields such as 'name: …', found {found}.")
    return raw
