"""How many requests are under way: at most so many at a time and a second, fewer while the endpoint is busy."""

from __future__ import annotations

import asyncio
from collections import deque


class Gate:
    """Concurrency by additive increase and multiplicative decrease (AIMD), and a spacing of requests.

    ``most``: requests at a time; ``rate``: requests per second, None for no limit. One event loop at a time.
    """

    def __init__(self, most: int, rate: float | None = None) -> None:
        self._most = most
        self._spacing = 1.0 / rate if rate else 0.0
        self._next_start = 0.0
        self._busy_until_then = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.limit = float(most)
        self.under_way = 0

    async def enter(self) -> float:
        """Wait for a slot; returns the moment (of the loop's clock) at which the request may begin."""
        loop = asyncio.get_running_loop()
        if self.under_way >= int(self.limit) or self._waiting:
            turn = loop.create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.leave()
                elif turn in self._waiting:
                    self._waiting.remove(turn)
                raise
        else:
            self.under_way += 1
        if self._spacing:
            begin = max(loop.time(), self._next_start)
            self._next_start = begin + self._spacing
            try:
                await asyncio.sleep(begin - loop.time())
            except asyncio.CancelledError:
                self.leave()
                raise
        return loop.time()

    def leave(self) -> None:
        """Give the slot back; whoever waits goes in as far as the limit allows."""
        self.under_way -= 1
        while self._waiting and self.under_way < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.under_way += 1
                turn.set_result(None)

    def too_many(self, begun: float, now: float) -> None:
        """The endpoint was too busy for a request that began then: half as many, once for those of one moment."""
        if begun >= self._busy_until_then:
            self._busy_until_then = now
            self.limit = max(1.0, self.limit / 2)

    def went_well(self) -> None:
        """One request more for each full round of good ones."""
        self.limit = min(float(self._most), self.limit + 1.0 / self.limit)
