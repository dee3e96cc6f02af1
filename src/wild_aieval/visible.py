"""Characters that act instead of showing: terminal control, reordering, nothing at all. They are written out.

Texts of items, ids, answers and messages of endpoints come from elsewhere. On a terminal an escape code in them could
hide lines, change the title or write into the clipboard; a right-to-left override shows ``B10A`` for ``A01B``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

# C0 but for tab and line feed, DEL, C1; marks, embeddings, overrides and isolates of direction; blanks without width;
# separators of lines that some programs break at; tags; surrogates, which no encoding can write.
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# Of these, what changes the order or the words of a text in a browser; marks of direction (LRM, RLM, ALM), joiners and
# soft hyphens are part of ordinary Arabic, Hebrew, Persian or German text.
_DECEIVING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
# A letter with more than this many marks on it paints over its neighbours.
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILED = re.compile(f"({_MARK}{{4}}){_MARK}+")


# Colours, which our own tables use; nothing that moves the cursor or talks to the terminal.
_COLOUR = re.compile("(\x1b\\[(?:[0-79]|[349]\\d|;)*m)")


def on_terminal(text: str) -> str:
    """The text with every character that acts written out as JSON does; line feeds and tabs stay.

    Within JSON, what is written out still means the same.
    """
    return _ACTING.sub(_escaped, text.replace("\r\n", "\n"))


def on_line(text: str) -> str:
    """The same on one line, so that a line feed in an id cannot forge a line; piles of marks are cut."""
    return _unpiled(on_terminal(text)).replace("\n", "\\n").replace("\t", "\\t")


def on_page(text: str) -> str:
    """The text, or a whole page, with what would deceive its reader as ``[U+202E]``; piles of marks are cut."""
    return _unpiled(_DECEIVING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text))


class Screen:
    """A stream for people: whatever is printed there, only colours act. Everything else is the stream beneath's."""

    def __init__(self, beneath: TextIO) -> None:
        self.beneath = beneath

    def write(self, text: str) -> int:
        """Write the text with what acts written out; returns the length of what was given."""
        parts = _COLOUR.split(text)
        self.beneath.write("".join(part if place % 2 else on_terminal(part) for place, part in enumerate(parts)))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


@contextmanager
def screens() -> Iterator[None]:
    """Standard output and standard error as ``Screen`` while the work inside is done."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, Screen(sys.stdout)), cast(TextIO, Screen(sys.stderr))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def beneath(stream: TextIO) -> TextIO:
    """The stream itself, for a display of our own that moves the cursor and shows harmless texts only."""
    return cast(TextIO, getattr(stream, "beneath", stream))


def _unpiled(text: str) -> str:
    return _PILED.sub("\\1…", text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return f"\\x{code:02x}"
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))
