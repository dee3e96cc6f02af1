"""International Patent Classification: how a symbol is written, its ancestors, and which exist.

Symbols are written as offices print them, ``A61B 5/0205``. The list of valid symbols is that of the
IPC edition 2023.01 (World Intellectual Property Organization), stored as one line per subclass:
``A01B 1/00,02,04 3/00,02 ...``. The list at hand has 78,437 groups and leaves out 106 main groups whose
subgroups it has (C04B 38/00); a main group always is a symbol, so they count as valid.
"""

from __future__ import annotations

import functools
import gzip
import re
from importlib import resources

LEVELS = ("section", "class", "subclass", "main_group", "subgroup")
EDITIONS = {"2023.01": "ipc_2023_01.txt.gz"}

_SYMBOL = re.compile(
    r"^(?P<section>[A-HY])(?:(?P<class>[0-9]{2})(?:(?P<subclass>[A-Z])"
    r"(?:\s*(?P<main>[0-9]{1,4})/(?P<sub>[0-9]{2,6}))?)?)?$"
)

_KNOWN = 1 << 17  # symbols whose parts are remembered: an evaluation asks for the same ones again and again


@functools.lru_cache(maxsize=_KNOWN)
def parse_symbol(text: str) -> str | None:
    """Return the symbol in its printed form, or None when ``text`` is not a symbol at any level.

    >>> parse_symbol("a61b5/0205"), parse_symbol("A61"), parse_symbol("G11B/85")
    ('A61B 5/0205', 'A61', None)
    """
    match = _SYMBOL.match(text.strip().upper())
    if not match:
        return None
    stem = match["section"] + (match["class"] or "") + (match["subclass"] or "")
    return f"{stem} {int(match['main'])}/{match['sub']}" if match["main"] else stem


@functools.lru_cache(maxsize=_KNOWN)
def truncate(symbol: str, level: str) -> str | None:
    """The ancestor of a parsed symbol at ``level``; None when the symbol is less deep than that.

    A main group is written as its own entry, ``A61B 5/00``.
    """
    group = symbol[5:]
    if level == "subgroup":
        return symbol if group else None
    if level == "main_group":
        return f"{symbol[:4]} {group.split('/')[0]}/00" if group else None
    length = {"section": 1, "class": 3, "subclass": 4}[level]
    return symbol[:length] if len(symbol) >= length else None


def ancestors(symbol: str, deepest: str = "subgroup") -> frozenset[str]:
    """The symbol and everything above it, from the section down to ``deepest``."""
    levels = LEVELS[: LEVELS.index(deepest) + 1]
    return frozenset(found for level in levels if (found := truncate(symbol, level)))


@functools.lru_cache(maxsize=2)
def valid_symbols(edition: str = "2023.01") -> frozenset[str]:
    """Every valid symbol of a dated edition, at all levels (section to subgroup)."""
    data = resources.files("wild_aieval.standards") / "data" / EDITIONS[edition]
    symbols: set[str] = set()
    for line in gzip.decompress(data.read_bytes()).decode("ascii").splitlines():
        subclass, *groups = line.split(" ")
        symbols.update((subclass[0], subclass[:3], subclass))
        for group in groups:
            main, subs = group.split("/")
            symbols.update(f"{subclass} {main}/{sub}" for sub in ("00", *subs.split(",")))
    return frozenset(symbols)


def is_valid(symbol: str, edition: str = "2023.01") -> bool:
    """Whether ``symbol`` is in the edition."""
    return symbol in valid_symbols(edition)
