"""Which symbol was probably meant by one that is mistyped, cut by a spreadsheet, or no longer in the edition."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_AS_DIGIT = str.maketrans("OQDILSBZ", "00011582")
_AS_LETTER = str.maketrans("0158", "OISB")
_ST8 = re.compile(r"^([A-H]\d\d[A-Z])\s?(\d{4})(\d{6})$")
_FULL = re.compile(r"^(\w)(\w{1,2})([^\W\d_]|\d)[\s_./\\-]*(\w{1,4})(?:[\s/\\:;.,_-]+(\w{1,6}))?$")
_STEM = re.compile(r"^(\w)(\w{2})(\w)?$")
MOST = 3


def likely(text: str, valid: Collection[str]) -> list[str]:
    """Up to three symbols of ``valid`` that ``text`` may stand for, the likeliest first; none where nothing is near.

    Mended are letters taken for digits and the reverse (O/0, I/1, S/5, B/8, Z/2), other signs in place of the slash,
    the fixed width of WIPO ST.8, lost zeros (5/2 for 5/02 or 5/20); of a deleted symbol the nearest one above is given.

    >>> likely("A6lB 5-0205", {"A61B 5/0205"})
    ['A61B 5/0205']
    """
    found = dict.fromkeys(candidate for candidate in _candidates(text) if candidate in valid)
    return list(found)[:MOST]


def _candidates(text: str) -> Iterator[str]:
    plain = " ".join(text.strip(" \t'\"[]()").upper().split())
    if match := _ST8.match(plain):
        stem, main, sub = match.groups()
        yield from _groups(stem, str(int(main)), sub.rstrip("0").ljust(2, "0"))
        return
    if match := _FULL.match(plain):
        section, number, letter, main, sub = match.groups()
        main = main.translate(_AS_DIGIT)
        stem = _letter(section) + number.translate(_AS_DIGIT).zfill(2) + _letter(letter)
        if main.isdigit():
            yield from _groups(stem, str(int(main)), (sub or "00").translate(_AS_DIGIT))
        else:
            yield stem
    elif match := _STEM.match(plain):
        section, number, letter = match.groups()
        yield _letter(section) + number.translate(_AS_DIGIT) + _letter(letter or "")
    if stem_only := re.match(r"^[A-H]\d\d[A-Z]", plain):
        yield stem_only.group()


def _letter(sign: str) -> str:
    return sign.translate(_AS_LETTER)


def _groups(stem: str, main: str, sub: str) -> Iterator[str]:
    yield f"{stem} {main}/{sub}"
    if len(sub) == 1:
        yield from (f"{stem} {main}/0{sub}", f"{stem} {main}/{sub}0")
    if len(sub) > 2:
        if sub.endswith("0"):
            yield f"{stem} {main}/{sub.rstrip('0').ljust(2, '0')}"
        yield from (f"{stem} {main}/{sub[:length]}" for length in range(len(sub) - 1, 1, -1))
    yield from (f"{stem} {main}/00", stem, stem[:3])
