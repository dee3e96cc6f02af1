"""How often something may be done: counted per key, in bounded memory.

Our own, because it counts before a request is read, needs a bound on its keys, and fits on one page; the libraries for
it hang on routes, and keep what they count without a bound or in a server of its own.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

MOST_KEYS = 10_000


class Rates:
    """``most`` at once for each key; all of them come back over ``seconds``, evenly."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._step, self._span, self._clock = seconds / most, seconds, clock
        self._paid: dict[str, float] = {}  # key: the moment at which everything has come back

    def wait(self, key: str) -> float:
        """Seconds until the key has one to spend; 0 where it has one now."""
        over = self._paid.get(key, 0.0) + self._step - self._clock() - self._span
        return over if over > 1e-6 else 0.0  # a millionth of a second is rounding

    def spend(self, key: str) -> None:
        """Take one from the key."""
        if key not in self._paid and len(self._paid) >= MOST_KEYS:
            self._forget()
        self._paid[key] = max(self._paid.get(key, 0.0), self._clock()) + self._step

    def _forget(self) -> None:
        """Drop keys that have everything back; where there is none, the one that is nearest to it."""
        now = self._clock()
        self._paid = {key: moment for key, moment in self._paid.items() if moment > now}
        while len(self._paid) >= MOST_KEYS:
            del self._paid[min(self._paid, key=self._paid.__getitem__)]


def network(address: str) -> str:
    """The key of a client: its IPv4 address, or the /64 network of its IPv6 address, which is one household's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), 64), strict=False))
    return str(found)
