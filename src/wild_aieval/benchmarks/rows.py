"""From rows of a file to rows of the harness: column names mapped, every field checked."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

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
    """What one part of a benchmark is held against; ``names`` maps the harness's columns to the file's."""

    manifest: Manifest
    part: str
    faults: Faults
    names: dict[str, str]

    @property
    def required(self) -> tuple[str, ...]:
        return _REQUIRED[(self.manifest.task, self.part)]


def checked(manifest: Manifest, part: str, rows: Iterable[Row], faults: Faults = STOP) -> Iterator[Placed]:
    """Yield (place, fields) in the harness's columns, all text stripped and dates as YYYY-MM-DD.

    Raises:
        UserError: at the first fault, naming file, line and field; or, where ``faults`` lets rows
            be skipped, only for a column that no row has.
    """
    mapping = dict(manifest.data.columns.get(part, {}))
    names = {column: mapping.get(column, column) for column in COLUMNS[manifest.task][part]}
    rules = _Rules(manifest, part, faults, names)
    unseen = {*mapping, *rules.required}
    seen: dict[tuple[str, ...], str] = {}
    columns: set[str] = set()
    file = ""
    for row in rows:
        file, columns = row.where.rpartition(", ")[0], columns | row.fields.keys()
        unseen = {column for column in unseen if names[column] not in row.fields}
        try:
            fields = _row(rules, row, unseen)
            _unique(part, fields, row.where, seen)
        except RowError as fault:
            faults.skip(fault)
            continue
        yield row.where, fields
    if columns and unseen:
        raise _no_column(rules, file, min(unseen), columns)


def _row(rules: _Rules, row: Row, unseen: set[str]) -> Fields:
    for column in rules.required:
        if column in unseen:
            raise _no_column(rules, row.where, column, row.fields)
    raw = {ours: row.fields.get(theirs) for ours, theirs in rules.names.items()}
    fields: Fields = {}
    found: list[RowError] = []
    for name in (name for name in raw if name not in values.LISTS):
        try:
            fields[name] = _text(raw[name], name, row.where)
            if name in rules.required and not fields[name]:
                raise _empty(rules, row.where, name)
            if name == "date":
                fields[name] = _date(fields[name], row.where)
        except RowError as fault:
            found.append(fault)
            fields.setdefault(name, "")
            if not rules.faults.thorough:
                raise
    complete = _COMPLETE.get((rules.manifest.task, rules.part))
    try:
        fields = complete(rules, row, fields) if complete else fields
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


def _unique(part: str, fields: Fields, where: str, seen: dict[tuple[str, ...], str]) -> None:
    names = ("query_id", "document_id") if part == "qrels" else ("id",)
    key = tuple(str(fields[name]) for name in names)
    if (known := seen.get(key)) is not None:
        what = f"judgment of '{key[-1]}' for the query '{key[0]}'" if part == "qrels" else f"id '{key[0]}'"
        kind = "judged twice" if part == "qrels" else "duplicate id"
        raise RowError(where, kind, f"the {what} stands at {known} already. Keep one of the two.")
    seen[key] = where


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
    if not text:
        return ""
    match = _DATE.match(text)
    try:
        if match:
            return datetime.date.fromisoformat("-".join(match.groups())).isoformat()
    except ValueError:
        pass
    raise RowError(where, "invalid date", f"the date '{text}' is not a day of the calendar, written YYYY-MM-DD.")


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
    known = {name: {fields["id"] for _, fields in parts[name]} for name in ("queries", "corpus")}
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
