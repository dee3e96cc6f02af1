"""The IPC at the desk: symbols by their beginning, their place in the scheme, and titles where they are installed."""

from __future__ import annotations

import bisect
import functools
import re
from typing import NamedTuple

from wild_aieval.review.desk.wording import marked
from wild_aieval.review.titles import SchemeTitles
from wild_aieval.standards import ipc
from wild_aieval.standards.ipc_likely import likely

MOST = 12
SECTIONS = {
    "A": marked("Human necessities"),
    "B": marked("Performing operations; transporting"),
    "C": marked("Chemistry; metallurgy"),
    "D": marked("Textiles; paper"),
    "E": marked("Fixed constructions"),
    "F": marked("Mechanical engineering; lighting; heating; weapons; blasting"),
    "G": marked("Physics"),
    "H": marked("Electricity"),
}


class Step(NamedTuple):
    """One level on the way down to a symbol; ``title`` is '' where none is known, a message for a section."""

    symbol: str
    title: str


class Scheme:
    """A scheme in one edition. Of another scheme than the IPC only the writing of a symbol can be checked."""

    def __init__(self, name: str, edition: str, titles: SchemeTitles | None = None) -> None:
        self.name, self.edition, self._titles = name, edition, titles or SchemeTitles({})
        self.known = name == "IPC" and edition in ipc.EDITIONS

    def valid(self, text: str) -> str | None:
        """The symbol as it is printed, or None where there is no such symbol."""
        symbol = ipc.parse_symbol(text)
        return None if symbol is None or (self.known and not ipc.is_valid(symbol, self.edition)) else symbol

    def near(self, text: str) -> list[str]:
        """What was probably meant by a symbol that there is not."""
        return likely(text, ipc.valid_symbols(self.edition)) if self.known else []

    def beginning(self, text: str) -> list[str]:
        """Symbols that begin with what was typed so far, in the order of the scheme."""
        typed = _compact(text)
        if not self.known or not typed:
            return []
        keys, symbols = _sorted(self.edition)
        start = bisect.bisect_left(keys, typed)
        stop = bisect.bisect_right(keys, typed + "\uffff")
        return symbols[start : min(stop, start + MOST)]

    def way(self, symbol: str) -> list[Step]:
        """From the section down to the symbol, each with its own title."""
        steps, known = [], 0
        for step in dict.fromkeys(found for level in ipc.LEVELS if (found := ipc.truncate(symbol, level))):
            titles = self._titles.path(step) if self.name == "IPC" else ()
            title = titles[-1] if len(titles) > known else ""
            steps.append(Step(step, title or (SECTIONS.get(step, "") if self.name == "IPC" else "")))
            known = len(titles)
        return steps


def _compact(text: str) -> str:
    return re.sub(r"\s", "", text.upper())[:20]


@functools.lru_cache(maxsize=2)
def _sorted(edition: str) -> tuple[list[str], list[str]]:
    pairs = sorted((_compact(symbol), symbol) for symbol in ipc.valid_symbols(edition))
    return [key for key, _ in pairs], [symbol for _, symbol in pairs]
