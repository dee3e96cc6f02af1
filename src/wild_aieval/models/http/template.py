"""Requests by declaration: a structure of YAML in whose texts ``{name}`` stands for a value of the item.

``{name}`` alone keeps the value's type (``{k}`` is a number); within other text it is written into it. Values are
filled in one pass, so that braces in a patent's text are never read as placeholders; ``{{`` and ``}}`` are braces. A
mapping with the one key ``for_each_item`` becomes a list with one filled entry for each item of a batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.errors import UserError, nearest
from wild_aieval.items import Document, Query, Segment
from wild_aieval.models.http.secrets import is_reference

EACH = "for_each_item"
NAMES = {
    "classification": ("id", "title", "text", "full_text", "language", "date", "family"),
    "translation": ("id", "text", "source_language", "target_language"),
    "search": ("id", "text", "date", "family", "language", "k"),
}
_PLACE = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Codes:
    """How an endpoint writes languages: functions of a BCP 47 tag, for a source (or any text) and for a target."""

    source: Callable[[str], str]
    target: Callable[[str], str]


def as_listed(codes: Mapping[str, str]) -> Codes:
    """The code of the tag or of its primary language in ``codes``; else the tag as it is."""

    def code(tag: str) -> str:
        return codes.get(tag, codes.get(tag.split("-")[0], tag))

    return Codes(code, code)


def values_of(item: Document | Segment | Query, codes: Codes, k: int = 0) -> dict[str, Any]:
    """What the placeholders stand for."""
    if isinstance(item, Segment):
        source, target = codes.source(item.source_language), codes.target(item.target_language)
        return {"id": item.id, "text": item.text, "source_language": source, "target_language": target}
    found = {"id": item.id, "text": item.text, "language": codes.source(item.language), "date": item.date}
    found["family"] = item.family
    if isinstance(item, Document):
        return found | {"title": item.title, "full_text": item.full_text}
    return found | {"k": k}


def known(template: Any, task: str, where: str) -> set[str]:
    """The placeholders that a template uses; UserError for one that does not exist."""
    used = names(template)
    if unknown := sorted(used - set(NAMES[task])):
        raise UserError(
            f"{where}: there is no placeholder '{{{unknown[0]}}}' for {task}. {nearest(unknown[0], NAMES[task])} "
            "Write {{ and }} for braces."
        )
    return used


def check(template: Any, task: str, where: str, batched: bool) -> None:
    """UserError for a placeholder that does not exist, a request that holds no text, or a batch without its list."""
    if not known(template, task, where) & {"text", "full_text", "title"}:
        raise UserError(f"{where}: no placeholder such as '{{text}}' is there, so the endpoint would not see the item.")
    if batched != has_list(template):
        fault = "batch_size is above 1, and no list is there" if batched else "a list is there, and batch_size is 1"
        raise UserError(
            f"{where}: {fault}. A request for several items holds a mapping with the one key '{EACH}', such as "
            f'documents: {{{EACH}: {{id: "{{id}}", text: "{{text}}"}}}}; a request for one item holds none.'
        )


def has_list(template: Any) -> bool:
    """Whether the template holds ``for_each_item``."""
    if isinstance(template, Mapping):
        return set(template) == {EACH} or any(has_list(inner) for inner in template.values())
    return isinstance(template, list) and any(has_list(inner) for inner in template)


def names(template: Any, shared_only: bool = False) -> set[str]:
    """Placeholders of a template; ``shared_only``: those outside ``for_each_item``."""
    if isinstance(template, str):
        return {match[1] for match in _PLACE.finditer(template) if match[1]}
    if isinstance(template, Mapping):
        if is_reference(template) or (shared_only and set(template) == {EACH}):
            return set()
        return {name for inner in template.values() for name in names(inner, shared_only)}
    if isinstance(template, list):
        return {name for inner in template for name in names(inner, shared_only)}
    return set()


def fill(template: Any, items: Sequence[Values]) -> Any:
    """The request for these items; what stands outside ``for_each_item`` is taken from the first."""
    if isinstance(template, str):
        return _text(template, items[0])
    if isinstance(template, Mapping):
        if set(template) == {EACH}:
            return [fill(template[EACH], [item]) for item in items]
        return {name: fill(inner, items) for name, inner in template.items()}
    return [fill(inner, items) for inner in template] if isinstance(template, list) else template


def batches(template: Any, items: Sequence[Values], size: int) -> list[list[int]]:
    """Indices of the items of each request: neighbours that agree in all that stands outside ``for_each_item``."""
    shared = sorted(names(template, shared_only=True))
    found: list[list[int]] = []
    for number, item in enumerate(items):
        batch = found[-1] if found else []
        if batch and len(batch) < size and all(items[batch[0]].get(name) == item.get(name) for name in shared):
            batch.append(number)
        else:
            found.append([number])
    return found


def _text(template: str, values: Values) -> Any:
    whole = _PLACE.fullmatch(template)
    if whole and whole[1]:
        return values[whole[1]]
    return _PLACE.sub(lambda match: str(values[match[1]]) if match[1] else match[0][0], template)
