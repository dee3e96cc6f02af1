"""Which symbol was probably meant by one that is mistyped, cut by a spreadsheet, or no longer in the edition."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

LONGEST = 30  # characters that can be a symbol
_AS_DIGIT = str.maketrans("OQDILSBZ", "00011582")
_AS_LETTER = str.maketrans("01458", "OIASB")
_ST8 = re.compile(r"^([A-H]\d\d[A-Z])\s?(\d{4})(\d{6})$")
_GROUP = re.compile(r"^(\w)(\w{1,2})([^\W\d_]|\d)[\s_./\\-]*(\w{1,4})(?:[\s/\\:;.,_-]+(\w{1,6}))?$")
_STEM = re.compile(r"^(\w)(\w{2})(\w)?$")


def likely(text: str, valid: Collection[str]) -> list[str]:
    """Up to two symbols of ``valid`` that ``text`` may stand for, the likelier first; none where nothing is near.

    Mended are letters taken for digits and the reverse (O/0, I/1, S/5, B/8, Z/2), other signs in place of the slash,
    the fixed width of WIPO ST.8, lost zeros (5/2 for 5/02 or 5/20). Where no such symbol exists (a deleted one), it is
    the nearest one above.

    >>> likely("A6lB 5-0205", {"A61B 5/0205"})
    ['A61B 5/0205']
    """
    plain = " ".join(text.strip(" \t'\"[]()").upper().split())
    stem, main, sub = _parts(plain) if len(plain) <= LONGEST else ("", "", "")
    if not stem:
        return []
    spelt = [symbol for symbol in dict.fromkeys(_spellings(stem, main, sub)) if symbol in valid]
    return spelt or [symbol for symbol in _above(stem, main, sub) if symbol in valid][:1]


def _parts(plain: str) -> tuple[str, str, str]:
    """Subclass (or what there is above it), main group and subgroup, mended; '' where there is none."""
    if match := _ST8.match(plain):
        stem, main, sub = match.groups()
        return stem, str(int(main)), sub.rstrip("0").ljust(2, "0")
    if match := _STEM.match(plain):
        section, number, letter = match.groups()
        return _letter(section) + number.translate(_AS_DIGIT) + _letter(letter or ""), "", ""
    if match := _GROUP.match(plain):
        section, number, letter, main, sub = match.groups()
        main = main.translate(_AS_DIGIT)
        stem = _letter(section) + number.translate(_AS_DIGIT).zfill(2) + _letter(letter)
        return (stem, str(int(main)), (sub or "00").translate(_AS_DIGIT)) if main.isdigit() else (stem, "", "")
    begun = re.match(r"^[A-H]\d\d[A-Z]", plain)
    return (begun.group() if begun else ""), "", ""


def _letter(sign: str) -> str:
    return sign.translate(_AS_LETTER)


def _spellings(stem: str, main: str, sub: str) -> Iterator[str]:
    """The group itself, and with zeros that a spreadsheet takes away or that are too many."""
    if not main:
        yield stem
        return
    yield f"{stem} {main}/{sub}"
    if len(sub) == 1:
        yield from (f"{stem} {main}/0{sub}", f"{stem} {main}/{sub}0")
    elif sub.endswith("0"):
        yield f"{stem} {main}/{sub.rstrip('0').ljust(2, '0')}"


def _above(stem: str, main: str, sub: str) -> Iterator[str]:
    """Symbols above, the nearest first."""
    if main:
        yield from (f"{stem} {main}/{sub[:length]}" for length in range(len(sub) - 1, 1, -1))
        yield from (f"{stem} {main}/00", stem)
    yield stem[:3]
