"""Answers as JSON objects, read strictly: what a program writes on a line, and what stands in a file of outputs.

``{"id", "suggestions": [["A61B", 0.9], ...]}``, ``{"id", "translation": "...", "score": 0.8}``,
``{"id", "hits": [["document", 1.2], ...]}`` or ``{"id", "error": "..."}``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wild_aieval.confidentiality.quoting import named
from wild_aieval.items import Failure, Hit, Suggestion, Translation

Output = list[Suggestion] | list[Hit] | Translation | Failure
# A symbol without a score: nothing is known of how sure the tool is, so the item counts as unsure.
NO_SCORE = 0.0
KEYS = {"classification": "suggestions", "translation": "translation", "search": "hits"}
MOST = 10**12  # of seconds or tokens; whatever is told beyond is no measurement
_USAGE: dict[str, type] = {"seconds": float, "tokens_in": int, "tokens_out": int, "unread": float}


def json_object(text: str) -> dict[str, Any]:
    """A JSON object without NaN and without a key that stands twice; ValueError says what is wrong."""
    try:
        found = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON ({error.msg} at column {error.colno})") from None
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, found {type(found).__name__}")
    return found


def output_of(task: str, fields: Mapping[str, Any]) -> Output:
    """The answer in an object; a ValueError says why it is none."""
    if fields.get("error") is not None:
        return Failure(f"the tool says: {_text(fields['error'], 'error')}")
    key = KEYS[task]
    if key not in fields:
        raise ValueError(f"the field '{key}' is missing (found: {', '.join(fields) or 'nothing'})")
    return _READERS[task](fields)


def usage_of(fields: Mapping[str, Any]) -> dict[str, float]:
    """What a tool says that its answer took: ``seconds``, tokens, ``unread``; ValueError for odd values."""
    told = {name: fields[name] for name in _USAGE if fields.get(name) is not None}
    for name, value in told.items():
        if not 0 <= number(value, name) <= MOST or (_USAGE[name] is int and not isinstance(value, int)):
            raise ValueError(f"'{name}' is no count of {name.replace('_', ' ')}: {named(value)}")
    return told


def number(value: Any, what: str) -> float:
    """A finite number; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{what} is expected to be a number, found {named(value)}")
    try:
        if math.isfinite(float(value)):
            return float(value)
    except OverflowError:
        pass
    raise ValueError(f"{what} is no finite number")


def ranked(names: Sequence[str], scores: Sequence[float] | None) -> list[tuple[str, float | None]]:
    """Names with their scores, which must fall (or stay) from the best on; ValueError where they rise."""
    if scores is None:
        return [(name, None) for name in names]
    if len(names) != len(scores):
        raise ValueError(f"{len(names)} names and {len(scores)} scores; give one score for each")
    for place in range(1, len(scores)):
        if scores[place] > scores[place - 1]:
            raise ValueError(
                f"the score of place {place + 1} ({scores[place]}) is higher than that of place {place}; "
                "the best comes first, and a higher score is better"
            )
    return list(zip(names, scores, strict=True))


def suggestions(entries: Sequence[tuple[str, float | None]]) -> list[Suggestion]:
    """Symbols, best first; without scores they count as unsure."""
    return [Suggestion(name, NO_SCORE if score is None else score) for name, score in entries]


def hits(entries: Sequence[tuple[str, float | None]]) -> list[Hit]:
    """Documents, best first; without scores 1/rank keeps their order."""
    return [Hit(name, 1.0 / rank if score is None else score) for rank, (name, score) in enumerate(entries, 1)]


def translated(text: Any, score: Any) -> Translation:
    """A translation; ValueError where it is no text or empty, or its score is not in [0, 1]."""
    if not _text(text, "translation").strip():
        raise ValueError("the translation is empty")
    if score is not None and not 0 <= number(score, "score") <= 1:
        raise ValueError(f"the score of a translation lies between 0 and 1, found {score}")
    return Translation(text, None if score is None else float(score))


def _entries(fields: Mapping[str, Any], key: str) -> list[tuple[str, float | None]]:
    found = fields[key]
    if not isinstance(found, list):
        raise ValueError(f"'{key}' is expected to be a list, found {type(found).__name__}")
    if all(isinstance(entry, str) for entry in found):
        return ranked([_name(entry, key) for entry in found], None)
    if not all(isinstance(entry, list) and len(entry) == 2 for entry in found):
        raise ValueError(f"each entry of '{key}' is [name, score], or all are names; found {named(found)}")
    return ranked([_name(name, key) for name, _ in found], [number(score, "a score") for _, score in found])


def _name(value: Any, key: str) -> str:
    if not _text(value, f"a name in '{key}'").strip():
        raise ValueError(f"'{key}' holds an empty name")
    return str(value).strip()


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} is expected to be a text, found {named(value)}")
    return value


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one JSON object")
    return found


_READERS: dict[str, Callable[[Mapping[str, Any]], Output]] = {
    "classification": lambda fields: suggestions(_entries(fields, "suggestions")),
    "translation": lambda fields: translated(fields["translation"], fields.get("score")),
    "search": lambda fields: hits(_entries(fields, "hits")),
}
