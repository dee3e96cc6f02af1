"""Classification symbols as the formats before ST.96 write them: ST.8 records, and columns without a slash."""

from __future__ import annotations

import re
from dataclasses import replace

from wild_aieval.benchmarks.office.publication import Symbol
from wild_aieval.benchmarks.office.symbols import edition as edition
from wild_aieval.benchmarks.office.symbols import from_text
from wild_aieval.standards import ipc

_COMPACT = re.compile(r"([A-HY]\d\d[A-Z])[ ]?([ \d]{2}\d)(\d{2,6})$")
_DELETED = re.compile(r"[FL ][IN ][\d ]{8}D[HMG ]")


def printed(text: str) -> str:
    """'A61K   9/16', 'A61K9/16' and 'A61K009/16' as 'A61K 9/16'; '' for what is no symbol."""
    return ipc.parse_symbol(re.sub(r"\s+", "", text)) or ""


def compact(text: str) -> str:
    """A symbol in columns without a slash: three for the main group, then the subgroup ('D01D00106', 'B60R  900')."""
    match = _COMPACT.match(text.strip().upper())
    if not match:
        return printed(text)
    return printed(f"{match[1]}{match[2].strip()}/{match[3]}")


def ipc_record(text: str) -> Symbol | None:
    """An IPC symbol in the record of 50 characters that ST.8 lays down, or by itself; None where it is deleted."""
    symbol = None if _DELETED.search(text) else from_text(text, "IPC")
    return replace(symbol, symbol=printed(symbol.symbol) or symbol.symbol) if symbol else None


def older_ipc(symbols: list[str], version: str) -> tuple[Symbol, ...]:
    """Symbols of an edition before 2006, the first of them the main one."""
    found = [symbol for text in symbols if (symbol := compact(text))]
    return tuple(Symbol("IPC", symbol, main=not place, edition=edition(version)) for place, symbol in enumerate(found))
