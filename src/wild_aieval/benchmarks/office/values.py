"""Dates, languages, offices and numbers as records write them, in the form of ``Publication``."""

from __future__ import annotations

import datetime
import re

_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")
_THREE = {
    "eng": "en", "ger": "de", "deu": "de", "fre": "fr", "fra": "fr", "spa": "es", "jpn": "ja", "chi": "zh", "zho": "zh",
    "kor": "ko", "rus": "ru", "por": "pt", "ita": "it", "ara": "ar",
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
    """A tag of BCP 47 in lower case, from 'EN', 'eng', 'zh_CN'; ``otherwise`` where the record says none."""
    text = text.strip()
    if not _LANGUAGE.match(text):
        return otherwise
    lower = text.lower().replace("_", "-")
    return _THREE.get(lower, lower)


def number(text: str) -> str:
    """A document number without spaces, points, commas and slashes."""
    return re.sub(r"[\s.,/]", "", text)
