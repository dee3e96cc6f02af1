"""From rows of a file to rows of the harness: column names mapped, every field checked."""

from __future__ import annotations

import array
import contextlib
import datetime
import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wild_aieval.benchmarks import values
from wild_aieval.benchmarks.faults import STOP, Faults, RowError
from wild_aieval.benchmarks.manifest import COLUMNS, Manifest
from wild_aieval.benchmarks.readers.rows import Row
from wild_aieval.errors import UserError, nearest

_DATE = re.compile(r"^(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?$")
_LABELS = ("main", "symbols")
_REQUIRED = {
    ("classification", "train"): ("id", "text"),
    ("classification", "test"): ("id", "text"),
    ("translation", "test"): ("id", "source", "target"),
    ("search", "corpus"): ("id",),
    ("search", "queries"): ("id", "text"),
    ("search", "qrels"): ("query_id", "document_id", "grade"),
}

Fields = dict[str, Any]
Placed = tuple[str, Fields]  # where a row stands, and its checked fields


class _Rules(NamedTuple):
    """What one part of a benchmark is held against; ``names`` maps the harness's columns to the file's.

    ``texts``: (the harness's column, the file's) of those that hold one text; ``required``: columns that must not be
    empty; ``complete``: what is made of a row whose texts are read.
    """

    manifest: Manifest
    part: str
    faults: Faults
    names: dict[str, str]
    texts: tuple[tuple[str, str], ...]
    required: tuple[str, ...]
    complete: Callable[[_Rules, Row, Fields], Fields] | None


def _rules(manifest: Manifest, part: str, faults: Faults) -> _Rules:
    mapping = dict(manifest.data.columns.get(part, {}))
    names = {column: mapping.get(column, column) for column in COLUMNS[manifest.task][part]}
    texts = tuple((ours, theirs) for ours, theirs in names.items() if ours not in values.LISTS)
    kind = (manifest.task, part)
    return _Rules(manifest, part, faults, names, texts, _REQUIRED[kind], _COMPLETE.get(kind))


def checked(manifest: Manifest, part: str, rows: Iterable[Row], faults: Faults = STOP) -> Iterator[Placed]:
    """Yield (place, fields) in the harness's columns, all text stripped and dates as YYYY-MM-DD.

    Raises:
        UserError: at the first fault, naming file, line and field; or, where ``faults`` lets rows
            be skipped, only for a column that no row has.
    """
    rules = _rules(manifest, part, faults)
    unseen = {*manifest.data.columns.get(part, {}), *rules.required}
    seen: dict[str | tuple[str, str], str] = {}
    columns: set[str] = set()
    where = ""
    for row in rows:
        where, fields = row
        if not columns.issuperset(fields):
            columns |= fields.keys()
        if unseen:
            unseen = {column for column in unseen if rules.names[column] not in fields}
        try:
            found = _row(rules, row, unseen)
            if faults is not STOP:  # else all are held against each other when they are read
                _unique(part, found, where, seen)
        except RowError as fault:
            faults.skip(fault)
            continue
        yield where, found
    if columns and unseen:
        raise _no_column(rules, where.rpartition(", ")[0], min(unseen), columns)


def _row(rules: _Rules, row: Row, unseen: set[str]) -> Fields:
    where, raw = row
    if unseen:
        for column in rules.required:
            if column in unseen:
                raise _no_column(rules, where, column, raw)
    fields: Fields = {}
    found: list[RowError] = []
    for name, theirs in rules.texts:
        try:
            value = raw.get(theirs)
            # The plain case first: it is that of nearly all values of a large collection.
            text = value.strip() if type(value) is str and value.isascii() else _text(value, name, where)
            if not text and name in rules.required:
                raise _empty(rules, where, name)
            fields[name] = _date(text, where) if name == "date" else text
        except RowError as fault:
            found.append(fault)
            fields.setdefault(name, "")
            if not rules.faults.thorough:
                raise
    try:
        fields = rules.complete(rules, row, fields) if rules.complete else fields
    except RowError as fault:
        found.append(fault)
    if found:
        found[0].also = tuple(found[1:])
        raise found[0]
    return fields


def _empty(rules: _Rules, where: str, name: str) -> RowError:
    return RowError(where, f"empty {name}", f"the field '{name}' is empty or missing. Every {rules.part} row needs it.")


def _no_column(rules: _Rules, where: str, column: str, columns: Iterable[str]) -> RowError:
    name = rules.names[column]
    return RowError(
        where,
        f"no column {name}",
        f"there is no column '{name}'{'' if name == column else f' (for {column!r})'}. {nearest(name, columns)} "
        f"Say which one it is: data.columns.{rules.part} in the manifest, at import --column {column}=NAME.",
    )


def _key(part: str, fields: Fields) -> str | tuple[str, str]:
    """What may come once only: an id, of a judgment its query and document."""
    return (fields["query_id"], fields["document_id"]) if part == "qrels" else fields["id"]


def _unique(part: str, fields: Fields, where: str, seen: dict[str | tuple[str, str], str]) -> None:
    key = _key(part, fields)
    if (known := seen.get(key)) is not None:
        raise _twice(part, fields, where, known)
    seen[key] = where


def _twice(part: str, fields: Fields, where: str, known: str) -> RowError:
    if part == "qrels":
        what = f"judgment of '{fields['document_id']}' for the query '{fields['query_id']}'"
        return RowError(where, "judged twice", f"the {what} stands at {known} already. Keep one of the two.")
    return RowError(where, "duplicate id", f"the id '{fields['id']}' stands at {known} already. Keep one of the two.")


class Once:
    """Ids, or judgments of one document for one query, as they come: hashes of 64 bits, in 8 bytes a row."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._hashes = array.array("q")

    def noted(self, rows: Iterable[Placed]) -> Iterator[Placed]:
        """The rows, unchanged."""
        for placed in rows:
            self._hashes.append(hash(_key(self._part, placed[1])))
            yield placed

    def hold(self, rows: Iterable[Placed]) -> None:
        """Raise where one comes twice, naming both rows; ``rows`` are those that were noted."""
        if len(np.unique(np.frombuffer(self._hashes, dtype=np.int64))) == len(self._hashes):
            return
        seen: dict[str | tuple[str, str], str] = {}
        for where, fields in rows:
            _unique(self._part, fields, where, seen)


def _text(value: Any, name: str, where: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return values.whole(value, where, name).strip()
    if isinstance(value, int | float | datetime.date):
        return str(value)
    raise RowError(
        where, f"{name} is no text", f"the field '{name}' is expected to be text, found {type(value).__name__}."
    )


def _date(text: str, where: str) -> str:
    day = _day(text)
    if day is None:
        raise RowError(where, "invalid date", f"the date '{text}' is not a day of the calendar, written YYYY-MM-DD.")
    return day


@functools.lru_cache(maxsize=1 << 15)  # a collection of millions has some thousands of days
def _day(text: str) -> str | None:
    """YYYY-MM-DD of a date as offices write it; '' of none; None where it is no day."""
    match = _DATE.match(text)
    with contextlib.suppress(ValueError):
        return datetime.date.fromisoformat("-".join(match.groups())).isoformat() if match else None if text else ""
    return None


def _classification(rules: _Rules, row: Row, fields: Fields) -> Fields:
    if not any(rules.names[name] in row.fields for name in _LABELS):
        raise RowError(
            row.where,
            "no column of symbols",
            f"there is neither a column '{rules.names['main']}' nor '{rules.names['symbols']}'. Columns: "
            f"{', '.join(row.fields)}. Name the column of the symbols under data.columns.{rules.part} in the manifest; "
            "at import, give --column symbols=NAME.",
        )
    stated = values.as_list(row.fields.get(rules.names["symbols"]), row.where, "symbols")
    texts = ([("main", fields["main"])] if fields["main"] else []) + [("symbols", text) for text in stated]
    symbols: dict[str, str] = {}
    for field, text in texts:
        try:
            symbols.setdefault(values.symbol(rules.manifest, text, row.where, field), field)
        except RowError as fault:
            rules.faults.drop(fault)
    if not symbols:
        detail = "the item has no valid symbol. Give its main symbol, or at least one in 'symbols'."
        raise RowError(row.where, "no valid symbol", detail)
    main = next((symbol for symbol, field in symbols.items() if field == "main"), "")
    return fields | {
        "main": main,
        "symbols": list(symbols),
        "language": fields["language"] or rules.manifest.languages[0],
    }


def _translation(rules: _Rules, row: Row, fields: Fields) -> Fields:
    return fields | {"terms": values.terms(row.fields.get(rules.names["terms"]), row.where)}


def _queries(rules: _Rules, row: Row, fields: Fields) -> Fields:
    """Parts of the application only where a row has them, so that digests of benchmarks without them stay."""
    parts = {
        "abstract": fields.pop("abstract"),
        "claims": values.claims(row.fields.get(rules.names["claims"]), row.where),
    }
    return fields | {name: part for name, part in parts.items() if part}


def _qrels(rules: _Rules, row: Row, fields: Fields) -> Fields:
    grades, text = rules.manifest.grades, fields["grade"]
    if text in grades:
        return fields | {"grade": grades[text]}
    if re.fullmatch(r"\d{1,3}", text):
        return fields | {"grade": int(text)}
    known = ", ".join(grades) or "(none declared)"
    raise RowError(row.where, "wrong grade", f"the grade '{text}' is neither a number from 0 nor one of {known}.")


def judgments_resolve(parts: Mapping[str, Sequence[Placed]], faults: Faults = STOP) -> Iterator[Placed]:
    """The judgments whose query and document exist; each other one is a fault that names its line."""
    wanted = {  # a corpus may be much larger than what is judged
        "queries": {fields["query_id"] for _, fields in parts["qrels"]},
        "corpus": {fields["document_id"] for _, fields in parts["qrels"]},
    }
    known = {name: {fields["id"] for _, fields in parts[name] if fields["id"] in ids} for name, ids in wanted.items()}
    for where, fields in parts["qrels"]:
        query, document = fields["query_id"], fields["document_id"]
        if query not in known["queries"]:
            detail = f"the judgment names the query '{query}', which is not in the queries. Add or drop it."
            faults.skip(RowError(where, "unknown query", detail))
        elif document not in known["corpus"]:
            detail = (
                f"the judgment of query '{query}' names the document '{document}', which is not in the corpus. "
                "Add the document or drop the judgment."
            )
            faults.skip(RowError(where, "unknown document", detail))
        else:
            yield where, fields


def splits_apart(parts: Mapping[str, Sequence[Placed]]) -> None:
    """Raise where an id is both in train and in test."""
    train = {fields["id"] for _, fields in parts["train"]}
    both = [(where, fields["id"]) for where, fields in parts["test"] if fields["id"] in train]
    if both:
        where, name = both[0]
        first = next(place for place, fields in parts["train"] if fields["id"] == name)
        raise UserError(
            f"{where}: the id '{name}' stands in train as well ({first}); {len(both)} ids are in train and in "
            "test. Take them out of one of the two."
        )


_COMPLETE: dict[tuple[str, str], Callable[[_Rules, Row, Fields], Fields]] = {
    ("classification", "train"): _classification,
    ("classification", "test"): _classification,
    ("translation", "test"): _translation,
    ("search", "queries"): _queries,
    ("search", "qrels"): _qrels,
}
