"""YAML files that a person writes: read strictly, with faults that name file, line and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from wild_aieval import yaml_bombs
from wild_aieval.errors import UserError


class _Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML in which a key is a text and stands once (plain YAML silently keeps the last); faults have their line."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is no plain text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key.value}' stands twice", key.start_mark)
            seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            kind = node.tag.rpartition(":")[2]
            why = f" ({error})" if isinstance(error, ValueError) else ""
            problem = f"'{str(node.value)[:40]}' is no {kind}{why}; put it into quotes if it is a text"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a file.

    Raises:
        FileNotFoundError: where there is no such file.
        UserError: where it cannot be read or holds no mapping.
    """
    try:
        if fault := yaml_bombs.fault_of(path):
            raise UserError(f"{path}: {fault}")
        raw = _Strict(path.read_text(encoding="utf-8-sig")).get_single_data()
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start + 1} is not UTF-8. Save the manifest as UTF-8.") from None
    except (ValueError, OverflowError) as error:  # raised beside the objects, by a number of thousands of digits
        raise UserError(f"{path}: a value that cannot be read ({error}). Put it into quotes, or mend it.") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Mend its kind or permissions.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise UserError(f"{path}{place}: not valid YAML: {problem}. Mend that line.") from None
    except RecursionError:
        raise UserError(f"{path}: lists or mappings are nested too deeply. A manifest needs a few levels.") from None
    if not isinstance(raw, dict):
        found = "an empty file" if raw is None else type(raw).__name__
        raise UserError(f"{path}: expected a mapping of fields such as 'name: …', found {found}.")
    return raw
