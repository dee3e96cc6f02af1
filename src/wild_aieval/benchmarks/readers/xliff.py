"""Translation memories in XLIFF (1.0 to 1.2, 2.0 and 2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.faults import STOP, Faults, RowError
from wild_aieval.benchmarks.readers.markup import Element, Pair, children, closeness, name, segment, units
from wild_aieval.benchmarks.readers.rows import Row

_EMPTY = ("x", "bx", "ex", "ph", "sc", "ec", "sm", "em", "bpt", "ept", "it", "sub")
_NOT_YET = ("new", "needs-translation", "initial")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_xliff(path: Path, pair: Pair, faults: Faults = STOP) -> Iterator[Row]:
    """A row for each ``trans-unit`` (1.x) or ``segment`` (2.x): id, source, target, ``document``, ``state``.

    The id is that of the unit (else its position), with the number of the segment where a unit has several,
    and after the name of its ``file`` from the second file on. A memory is read in either direction.
    """
    files: dict[str, None] = {}
    number = 0
    for unit in units(path, "xliff", ("trans-unit", "unit")):
        file = next((above for above in unit.iterancestors() if name(above) == "file"), unit)
        document = str(file.get("original") or file.get("id") or "")
        files.setdefault(document)
        parts = children(unit, "segment") if name(unit) == "unit" else [unit]
        for place, part in enumerate(parts, 1):
            number += 1
            where = f"{path}, unit {number}"
            own = (document if len(files) > 1 else "", unit.get("id") or str(number), str(place))
            fields = {"id": "/".join(filter(None, own[: 3 if len(parts) > 1 else 2])), "document": document}
            try:
                yield Row(where, fields | _texts(part, pair, where))
            except RowError as fault:
                faults.skip(fault)


def _texts(part: Element, pair: Pair, where: str) -> dict[str, Any]:
    sides = {side: next(iter(children(part, side)), None) for side in ("source", "target")}
    if sides["source"] is None:
        raise RowError(where, "no source", "the unit has no <source>. Export it again, or leave it out.")
    if sides["target"] is None:
        raise RowError(where, "not translated", "the unit has no <target>. Translate it, or leave it out.")
    state = sides["target"].get("state") or part.get("state") or ""
    if state in _NOT_YET:
        raise RowError(where, "not translated", f"the state of the unit is '{state}'. Translate it, or leave it out.")
    found = Pair(*(_language(sides[side], part, side) for side in ("source", "target")))
    turned = _turned(found, pair, where)
    texts = {side: segment(element, _code, where) for side, element in sides.items()}
    if turned:
        texts = {"source": texts["target"], "target": texts["source"]}
    return {**texts, "state": state}


def _language(element: Element, part: Element, side: str) -> str:
    """Said by the segment itself, by the file (1.x) or by the root (2.x)."""
    inherited = (
        above.get(attribute)
        for above in part.iterancestors()
        for attribute in (f"{side}-language", "srcLang" if side == "source" else "trgLang")
    )
    return str(element.get(_XML_LANG) or next(filter(None, inherited), ""))


def _turned(found: Pair, pair: Pair, where: str) -> bool:
    """Whether source and target change places. A target without a language is taken at its word."""
    for turned, (source, target) in ((False, pair), (True, Pair(pair.target, pair.source))):
        if closeness(source, found.source) and (not found.target or closeness(target, found.target)):
            return turned
    raise RowError(
        where,
        "other languages",
        f"the unit goes from '{found.source}' to '{found.target}', expected '{pair.source}' and '{pair.target}'. Mend "
        "source_language or target_language, or leave the unit out.",
    )


def _code(tag: str, element: Element) -> str | None:
    """Inline codes: a line break is a blank, a character by its number is that character, others are nothing."""
    if tag == "cp":
        return _character(element.get("hex") or "")
    if tag in _EMPTY:
        line_break = "lb" in (element.get("ctype"), (element.get("subType") or "").rpartition(":")[2])
        return " " if line_break else ""
    return None


def _character(digits: str) -> str:
    """What XML cannot hold is no text: a blank for white space, else nothing."""
    return " " if digits.upper().lstrip("0") in ("9", "A", "B", "C", "D") else ""
