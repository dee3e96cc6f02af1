"""Canonical JSON: the one way in which a line of the ledger is written, so that its hash means something.

Keys sorted by code point, no spaces, UTF-8, no escapes that are not needed. Numbers are whole and below 2**53; what has
a fraction is written as text, because programs write 0.1 and 1.0 in different ways.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, NoReturn

from wild_aieval.errors import UserError

_LARGEST = 2**53


def canonical(value: Any) -> bytes:
    """The bytes of plain data; UserError, naming the place, for what cannot be written in one way only."""
    _check(value, "")
    return dumped(value)


def dumped(value: Any) -> bytes:
    """The bytes of data that is known to be plain."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def loaded(raw: bytes) -> Any:
    """Read JSON that has no fractions, NaN or infinities; ValueError for anything else."""
    return json.loads(raw.decode("utf-8"), parse_float=_refuse, parse_constant=_refuse)


def sha256(content: bytes) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"the number {text} is not whole")


def _check(value: Any, place: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, int):
        if abs(value) >= _LARGEST:
            raise _unfit(place, "a whole number of more than 15 digits", "Write it as text")
    elif isinstance(value, dict):
        for key, part in value.items():
            if not isinstance(key, str):
                raise _unfit(place, f"the key {key!r}, which is no text", "Make it text")
            _check_text(key, f"{place}.{key!a}")
            _check(part, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            _check(part, f"{place}[{number}]")
    elif isinstance(value, float):
        raise _unfit(
            place, f"the number {value}", "Write fractions as text, such as '0.125', or round to whole numbers"
        )
    else:
        raise _unfit(place, f"a {type(value).__name__}", "Give plain data: text, whole numbers, lists, dictionaries")


def _check_text(text: str, place: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _unfit(place, "half a character (a lone surrogate)", "Mend the text") from None


def _unfit(place: str, what: str, remedy: str) -> UserError:
    return UserError(f"ledger: {place.lstrip('.') or 'the event'} holds {what}, which a ledger cannot keep. {remedy}.")
