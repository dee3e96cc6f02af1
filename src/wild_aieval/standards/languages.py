"""Language tags (BCP 47) as far as the harness needs them, and how languages write numbers."""

from __future__ import annotations

import re

_TAG = re.compile(r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$")

# Languages that write the decimal separator as a point; the others here write a comma.
_DECIMAL_POINT = frozenset({"en", "zh", "ja", "ko", "th", "he", "hi"})


def is_language_tag(tag: str) -> bool:
    """Whether ``tag`` is language[-Script][-REGION], such as ``pt`` or ``pt-BR``."""
    return bool(_TAG.match(tag))


def canonical(tag: str) -> str:
    """A tag with each subtag in its usual case: ``zh-hant-tw`` is ``zh-Hant-TW`` (RFC 5646, section 2.1.1)."""
    first, *others = tag.split("-")
    cased = [part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part for part in others]
    return "-".join([first.lower(), *cased])


def decimal_separator(tag: str) -> str:
    """'.' or ',' by the primary language of a tag."""
    return "." if tag.split("-")[0] in _DECIMAL_POINT else ","
