"""How wide text is, near enough to leave room for it: advances of the font DejaVu Sans, which browsers replace."""

from __future__ import annotations

import unicodedata

LINE = 1.2  # height of a line, in sizes of the font
# Hundredths of the size of the font, for the characters from space to tilde.
_ADVANCES = bytes(
    [
        *(32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34),
        *(64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53),
        *(100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79),
        *(60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50),
        *(50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61),
        *(63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84),
    ]
)
_WIDE, _OTHER = 100, 64


def lines_of(text: str) -> list[str]:
    """Its lines, as they are to be shown: without what is no sign, and dollars that were kept from being formulae."""
    return ["".join(filter(str.isprintable, line)).replace(r"\$", "$") for line in text.split("\n")]


def width(text: str, size: float) -> float:
    """Of the longest line, in points."""
    return max(sum(map(_advance, line)) for line in lines_of(text)) * size / 100


def height(text: str, size: float) -> float:
    """Of all lines, in points."""
    return len(lines_of(text)) * LINE * size


def _advance(sign: str) -> int:
    place = ord(sign) - 32
    if place < len(_ADVANCES):
        return _ADVANCES[place]
    return _WIDE if unicodedata.east_asian_width(sign) in "WF" else _OTHER
