"""Connections that a browser would not make are ended: too many of them, or too slow in asking, sending or reading."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from wild_aieval.review.desk.rates import network

if TYPE_CHECKING:
    from wild_aieval.review.desk.exposure import Exposure

SECONDS = 60.0  # for a request and its answer, from the first byte to the last
MOST, MOST_OF_ONE = 256, 32


def protocol(exposure: Exposure, seconds: float = SECONDS) -> type[H11Protocol]:
    """HTTP/1.1 of uvicorn with these limits; a proxy may have as many connections as there are."""

    class Limited(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            mine = [one for one in self.connections if _peer(one) == _peer(self)]
            most = MOST if exposure.tls else MOST_OF_ONE
            if len(self.connections) > MOST or len(mine) > most:
                transport.abort()
            else:
                self._deadline = self.loop.call_later(seconds, transport.abort)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = self.loop.call_later(seconds, self.transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
            super().connection_lost(exc)

    return Limited


def _peer(connection: Any) -> str:
    client = connection.client
    return network(client[0]) if client else "unknown"
