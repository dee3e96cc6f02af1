"""Rows as a file holds them, given the shape that a benchmark needs: nested, derived and repeated columns, limits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.benchmarks.manifest_data import Derived, HubPointer
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.errors import UserError

KEYS = {"qrels": ("query_id", "document_id")}
_DIGITS = 16  # of a digest: enough for a thousand million rows
Fields = dict[str, Any]


def shaped(manifest: Manifest, part: str, rows: Iterable[Row], pointer: HubPointer | None = None) -> Iterator[Row]:
    """The rows with the columns that the manifest derives, and those of nested values under their dotted name.

    ``columns`` and ``derived`` of the pointer go before those of the part.
    """
    names = manifest.data.columns.get(part, {})
    own = pointer.columns if pointer else {}
    derived = manifest.data.derived.get(part, {}) | (pointer.derived if pointer else {})
    derived = {column: means for column, means in derived.items() if column not in own}
    dotted = [name for name in names.values() if "." in name]
    if not (own or derived or dotted):
        yield from rows
        return
    for number, row in enumerate(rows, 1):
        fields = dict(row.fields)
        fields |= {name: value for name in dotted if (value := _value(row.fields, name)) is not None}
        fields |= {names.get(ours, ours): _value(row.fields, theirs) for ours, theirs in own.items()}
        for column, means in derived.items():
            if not means.sources or any(_value(row.fields, name) is not None for name in means.sources):
                fields[names.get(column, column)] = _made(means, row.fields, number)
        yield Row(row.where, fields)


def distinct(manifest: Manifest, part: str, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows without those whose key (the id; of a judgment query and document) came before."""
    if part not in manifest.data.distinct:
        yield from rows
        return
    mapping = manifest.data.columns.get(part, {})
    names = [mapping.get(name, name) for name in KEYS.get(part, ("id",))]
    seen = set()
    for row in rows:
        key = tuple(str(row.fields.get(name)) for name in names)
        if key not in seen:
            seen.add(key)
            yield row


def within_limits(manifest: Manifest, part: str, rows: Iterable[tuple[str, Fields]]) -> Iterator[tuple[str, Fields]]:
    """The checked rows of a part.

    Raises:
        UserError: at the first row that is too long or one too many.
    """
    items, characters = manifest.limits.items, manifest.limits.characters
    for number, (where, fields) in enumerate(rows, 1):
        if items is not None and number > items:
            raise UserError(
                f"{where}: '{part}' of '{manifest.name}' holds more than {items:,} rows, the most that limits.items "
                "declares. Give fewer rows (a smaller split), or raise the limit in the manifest."
            )
        if characters is not None and (length := _length(fields)) > characters:
            raise UserError(
                f"{where}: the row has {length:,} characters, more than the {characters:,} that limits.characters "
                "declares. Shorten it, or raise the limit in the manifest."
            )
        yield where, fields


def _length(fields: Mapping[str, Any]) -> int:
    return sum(len(value) if isinstance(value, str) else len(str(value or "")) for value in fields.values())


def _value(fields: Mapping[str, Any], name: str) -> Any:
    """The value of a column; ``a.b`` is the value of ``b`` in the column ``a``, unless a column has that name."""
    if name in fields or "." not in name:
        return fields.get(name)
    value: Any = fields
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _made(means: Derived, fields: Mapping[str, Any], number: int) -> str:
    texts = [_text(_value(fields, name)) for name in means.sources]
    if means.constant is not None:
        return means.constant
    if means.row is not None:
        return f"{means.row}{number}"
    if means.digest:
        return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    if means.join:
        return "\n".join(text for text in texts if text)
    found = texts[0][: means.first]
    return means.names.get(found, found)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "\n".join(_text(part) for part in value)
    return str(value).strip()
