"""What is worth another try, and when: transient faults only, with growing pauses, as long as the settings allow."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

TRANSIENT = frozenset({408, 425, 429})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one try gave no answer.

    ``transient``: another try may do. ``no_connection``: the endpoint could not even be reached, ``unknown_host``
    because its name is not known. ``status``: of HTTP, 0 where none came. ``wait``: seconds that the endpoint asked
    for. ``text``: what came.
    """

    message: str
    transient: bool = False
    no_connection: bool = False
    unknown_host: bool = False
    status: int = 0
    wait: float | None = None
    text: str | None = None


def is_transient(status: int) -> bool:
    """Whether the same request may be answered later."""
    return status in TRANSIENT or (500 <= status < 600 and status not in (501, 505))


def asked_to_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds of a header ``Retry-After`` (a number, or a date), None where there is none that can be read."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - (now or datetime.now(UTC))).total_seconds())


def pause(attempt: int, wait: float | None, chance: random.Random) -> float:
    """Seconds before the try after number ``attempt`` (from 1).

    A random share of an exponential back-off, so that requests that failed together do not come back together; where
    the endpoint asked for a wait, that wait and a little of the same.
    """
    backoff = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempt - 1, 16))
    return (
        chance.uniform(0.5, 1.0) * backoff if wait is None else wait + chance.uniform(0.0, min(_FIRST_PAUSE, backoff))
    )
