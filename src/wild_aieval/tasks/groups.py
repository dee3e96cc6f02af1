"""What kinds of items a benchmark holds: the groups by which results are sliced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wild_aieval.packed import Categories, Numbered
from wild_aieval.standards import ipc
from wild_aieval.tasks.base import Item

KINDS = ("language", "office", "section", "register", "length", "year")
_BOUNDS = (10, 25, 50, 100, 200)
_LENGTHS = ("under 10 words", "10 to 24 words", "25 to 49 words", "50 to 99 words", "100 to 199 words", "200 words on")


class Groups:
    """The groups of items as they come."""

    def __init__(self) -> None:
        self._texts: dict[str, Numbered] = {kind: Numbered() for kind in KINDS}

    def add(self, items: Sequence[Item]) -> None:
        """The next items."""
        for kind, texts in self._texts.items():
            texts.extend(_GROUP[kind](item) for item in items)

    def found(self) -> dict[str, Categories]:
        """Kind of group to one value per item, '' where it is not known; kinds with one value only are left out."""
        whole = {kind: texts.categories() for kind, texts in self._texts.items()}
        return {kind: values for kind, values in whole.items() if len(values.names) > 1}


def _section(item: Item) -> str:
    """Section of the main symbol, else of the first one."""
    symbols = [symbol for symbol in (item.row.get("main"), *item.row.get("symbols", ())) if symbol]
    return ipc.truncate(symbols[0], "section") or "" if symbols else ""


def _length(item: Item) -> str:
    words = len(str(item.row.get("text") or item.row.get("source") or "").split())
    return _LENGTHS[sum(words >= bound for bound in _BOUNDS)]


_GROUP: dict[str, Callable[[Item], str]] = {
    "language": lambda item: str(item.row.get("language", "")),
    "office": lambda item: str(item.row.get("office", "")),
    "section": _section,
    "register": lambda item: str(item.row.get("register", "")),
    "length": _length,
    "year": lambda item: str(item.row.get("date", ""))[:4],
}
