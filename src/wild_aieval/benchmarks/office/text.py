"""Text of elements as people read it: paragraphs, items and table rows on lines of their own, formulas in one line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain

from wild_aieval.benchmarks.office.xml import Element, child, name_of

_LINE_END = re.compile(r"[^\S\n]*[\r\n]\s*")
_WIDE = "\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
_WIDE_SPACE = re.compile(f"(?<=[{_WIDE}]) (?=[{_WIDE}])")
_BLOCKS = """
p heading Heading claim claim-text claimtext li dt dd row tr br h1 h2 h3 h4 table tables tbl abst-problem
abst-solution ul ol dl sl para paragraph section-title P H LI OL UL Paragraphs ClaimText PDAT-P BTEXT PARA
technical-field background-art disclosure
"""
_LEFT_OUT = """
chemistry img image figure cwu Image Figure chem EMI InlineImage Chemistry Images tex-math annotation annotation-xml
"""
BLOCKS = frozenset(_BLOCKS.split())
CELLS, CELL = frozenset({"entry", "td", "th"}), "\x1f"
LEFT_OUT = frozenset(_LEFT_OUT.split())
_CELL_FIRST = re.compile(rf"(?m)^\s*{CELL}")
_CELL_BETWEEN = re.compile(rf"\s*{CELL}\s*")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which elements stand on lines of their own, and which are not read."""

    blocks: frozenset[str] = BLOCKS
    left_out: frozenset[str] = LEFT_OUT


PLAIN = Layout()
PRINTED_LINES = Layout(BLOCKS - {"br"})  # each <br/> is the end of a printed line, not of a paragraph


def text_of(element: Element | None, layout: Layout = PLAIN) -> str:
    """The text of an element, one line per paragraph, list item or table row; '' for none."""
    if element is None:
        return ""
    if not len(element):
        return "" if name_of(element) in layout.left_out else tidy(_flat(element.text))
    parts: list[str] = []
    _collect(element, parts, layout)
    return tidy("".join(parts))


def line_of(element: Element | None) -> str:
    """The text of an element on one line."""
    return " ".join(text_of(element).split())


def value(element: Element | None, *path: str) -> str:
    """The text of the element down ``path``, on one line."""
    return line_of(child(element, *path))


def tidy(text: str) -> str:
    """White space as single spaces and single line ends; none between Chinese or Japanese characters."""
    if CELL in text:
        text = _CELL_BETWEEN.sub(" | ", _CELL_FIRST.sub("", text))
    text = "\n".join(line for part in text.split("\n") if (line := " ".join(part.split())))
    return text if text.isascii() else _WIDE_SPACE.sub("", text)


def _collect(top: Element, parts: list[str], layout: Layout) -> None:
    """Append what is to be read, without recursion: elements may be nested thousands deep."""
    stack: list[tuple[Element, str]] = [(top, "open")]
    while stack:
        element, step = stack.pop()
        name = name_of(element)
        if step == "between":
            parts.append("/")
            continue
        if step == "open" and name and name not in layout.left_out:
            parts += (CELL if name in CELLS else _edge(name, layout), _flat(element.text))
            stack.append((element, "close"))
            if len(element):
                stack.extend(reversed(_inner(element, name)))
            continue
        if step == "close":
            parts.append(_edge(name, layout))
        if element is not top:
            parts.append(_flat(element.tail))


def _inner(element: Element, name: str) -> list[tuple[Element, str]]:
    """What stands in an element; a fraction bar where it is a fraction."""
    steps = [(one, "open") for one in element]
    return [steps[0], (element, "between"), *steps[1:]] if name == "mfrac" and steps else steps


def _edge(name: str, layout: Layout) -> str:
    return "\n" if name in layout.blocks else ""


def _flat(text: str | None) -> str:
    if not text:
        return ""
    return _LINE_END.sub(" ", text) if "\n" in text or "\r" in text else text


def joined(*texts: str) -> str:
    """Texts that are not empty, on lines of their own."""
    return "\n".join(chain(text for text in texts if text))
