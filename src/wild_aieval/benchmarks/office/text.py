"""Text of elements as people read it: paragraphs on lines of their own, tables by rows, drawings, formulas left out."""

from __future__ import annotations

import re
from itertools import chain

from wild_aieval.benchmarks.office.xml import Element, child, name_of

_SPACE = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n[\n ]*")
_BLOCKS = """
p heading claim claim-text claimtext li dt dd row tr br h1 h2 h3 h4 table tables tbl abst-problem abst-solution ul ol dl
sl para paragraph section-title P H LI OL UL Paragraphs ClaimText PDAT-P BTEXT PARA technical-field background-art
disclosure
"""
_LEFT_OUT = """
maths math chemistry img image figure cwu Image Math Figure chem mathml EMI InlineImage Maths Chemistry Images us-math
"""
BLOCKS = frozenset(_BLOCKS.split())
CELLS = frozenset({"entry", "td", "th"})
LEFT_OUT = frozenset(_LEFT_OUT.split())


def text_of(element: Element | None, left_out: frozenset[str] = LEFT_OUT) -> str:
    """The text of an element, one line per paragraph, list item or table row; '' for none."""
    if element is None:
        return ""
    parts: list[str] = []
    _collect(element, parts, left_out)
    return tidy("".join(parts))


def line_of(element: Element | None) -> str:
    """The text of an element on one line."""
    return " ".join(text_of(element).split())


def value(element: Element | None, *path: str) -> str:
    """The text of the element down ``path``, on one line."""
    return line_of(child(element, *path))


def tidy(text: str) -> str:
    """White space as single spaces and single line ends."""
    return _BREAKS.sub("\n", _SPACE.sub(" ", text)).strip()


def _collect(top: Element, parts: list[str], left_out: frozenset[str]) -> None:
    """Append what is to be read, without recursion: elements may be nested thousands deep."""
    stack: list[tuple[Element, bool]] = [(top, False)]
    while stack:
        element, done = stack.pop()
        name = name_of(element)
        if done:
            parts.append(_edge(name))
        elif name and name not in left_out:
            parts.append(_edge(name))
            parts.append(_flat(element.text))
            stack.append((element, True))
            stack.extend((one, False) for one in reversed(element))
            continue
        if element is not top:
            parts.append(_flat(element.tail))


def _edge(name: str) -> str:
    return "\n" if name in BLOCKS else " | " if name in CELLS else ""


def _flat(text: str | None) -> str:
    return text.replace("\n", " ").replace("\r", " ") if text else ""


def joined(*texts: str) -> str:
    """Texts that are not empty, on lines of their own."""
    return "\n".join(chain(text for text in texts if text))
