"""Dates, languages, offices and numbers as records write them, in the form of ``Publication``."""

from __future__ import annotations

import datetime
import re

_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")
_US_ZEROS = re.compile(r"^([A-Z]*)0+(?=\d)")
_THREE = {
    "eng": "en", "ger": "de", "deu": "de", "fre": "fr", "fra": "fr", "spa": "es", "jpn": "ja", "chi": "zh", "zho": "zh",
    "kor": "ko", "rus": "ru", "por": "pt", "ita": "it", "ara": "ar",
    "cn": "zh", "jp": "ja",
}  # fmt: skip


def date(text: str) -> str:
    """YYYYMMDD or YYYY-MM-DD (also with dots or slashes) as YYYY-MM-DD; '' where it is no day of the calendar."""
    match = _DIGITS.match(re.sub(r"[-./]", "", text.strip())[:8])
    if not match:
        return ""
    try:
        return datetime.date(*map(int, match.groups())).isoformat()
    except ValueError:
        return ""


def language(text: str, otherwise: str = "") -> str:
    """A tag of BCP 47 in lower case, from 'EN', 'eng', 'zh_CN', or from the offices 'CN' and 'JP' put in its place.

    ``otherwise`` where the record says none.
    """
    text = text.strip()
    if not _LANGUAGE.match(text):
        return otherwise
    lower = text.lower().replace("_", "-")
    return _THREE.get(lower, lower)


def number(text: str, office: str = "") -> str:
    """A document number without spaces, points, commas and slashes; those of the USPTO without leading zeros."""
    plain = re.sub(r"[\s.,/]", "", text)
    return _US_ZEROS.sub(r"\1", plain) if office == "US" else plain


def priority_number(office: str, text: str) -> str:
    """The number of an application with its office before it, without spaces; '' for none."""
    plain = re.sub(r"\s", "", text)
    return f"{office}{plain}" if plain else ""
