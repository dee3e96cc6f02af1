"""Translation memories in TMX (1.1 to 1.4b)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.faults import STOP, Faults, RowError
from wild_aieval.benchmarks.readers.markup import Element, Pair, children, closest, segment, units
from wild_aieval.benchmarks.readers.rows import Row

_NATIVE = ("bpt", "ept", "it", "ph", "ut", "sub")  # codes of the document the segment comes from, not its text
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_tmx(path: Path, pair: Pair, faults: Faults = STOP) -> Iterator[Row]:
    """A row for each ``tu``: id (its ``tuid``, else its position), source, target, ``prop:TYPE`` for each property."""
    for number, unit in enumerate(units(path, "tmx", ("tu",)), 1):
        where = f"{path}, unit {number}"
        try:
            yield Row(where, _fields(unit, pair, number, where))
        except RowError as fault:
            faults.skip(fault)


def _fields(unit: Element, pair: Pair, number: int, where: str) -> dict[str, Any]:
    variants = [(_language(variant), variant) for variant in children(unit, "tuv")]
    props = {f"prop:{prop.get('type')}": (prop.text or "").strip() for prop in children(unit, "prop")}
    texts = {side: _text(variants, tag, where) for side, tag in zip(("source", "target"), pair, strict=True)}
    return {**props, "id": unit.get("tuid") or str(number), **texts}


def _language(variant: Element) -> str:
    return str(variant.get(_XML_LANG) or variant.get("lang") or "")


def _text(variants: list[tuple[str, Element]], tag: str, where: str) -> str:
    if (variant := closest(tag, variants)) is None:
        found = ", ".join(sorted({language or "(none)" for language, _ in variants})) or "nothing"
        raise RowError(
            where,
            f"no segment in {tag}",
            f"the unit has no <tuv> in '{tag}' (found: {found}). Mend source_language or target_language, or leave "
            "the unit out.",
        )
    segments = children(variant, "seg")
    return segment(segments[0], _code, where) if segments else ""


def _code(tag: str, element: Element) -> str | None:
    if tag in _NATIVE:
        return " " if element.get("type") in ("lb", "pb") else ""
    return None
