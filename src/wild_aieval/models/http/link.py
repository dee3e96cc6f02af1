"""The way to an endpoint: many requests at a time, retried, metered, stopped when the endpoint is gone.

A ``Link`` is called from ordinary code and runs its own event loop only while it is called, so that Ctrl-C works as
everywhere; connections live from call to call and are closed with the candidate that holds the link.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from wild_aieval.errors import UserError
from wild_aieval.items import Failure
from wild_aieval.models.http.circuit import Circuit
from wild_aieval.models.http.exchange import Exchange, Request
from wild_aieval.models.http.limits import Gate
from wild_aieval.models.http.retry import Fault, pause
from wild_aieval.models.http.secrets import Secrets
from wild_aieval.models.http.settings import EndpointSettings
from wild_aieval.models.json_answers import MOST
from wild_aieval.models.metering import Meter
from wild_aieval.models.protocols import Workplace

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_KEPT = 20_000  # characters of an answer that could not be read


@dataclass(frozen=True, slots=True)
class Reply:
    """Plain data of an answer, and its text."""

    data: Any
    text: str

    def unreadable(self, message: str) -> Failure:
        """A failure that keeps the answer's text."""
        return Failure(message, self.text[:_KEPT])


Outcome = Reply | Failure
Read = Callable[[int, Outcome], None]


class Link:
    """Sends requests to the endpoint of ``settings``; secrets are read when it is made (Unavailable if missing)."""

    def __init__(self, settings: EndpointSettings, workplace: Workplace) -> None:
        self.secrets = Secrets(settings.name)
        headers = {name: str(value) for name, value in self.secrets.resolved(settings.headers).items()}
        if settings.login:
            headers["Authorization"] = self.secrets.basic(settings.login.user_env, settings.login.password_env)
        tls = _tls(settings)
        self._courier = Courier(settings, self.secrets, headers, tls, workplace.meter)
        self._runner: asyncio.Runner | None = None
        self._stopped: UserError | None = None

    def ask(self, requests: Sequence[Request], read: Read | None = None) -> list[Outcome]:
        """An answer or a Failure for each request, in order; ``read(place, answer)`` is told each as it comes, so that
        reading is done while other requests are under way.

        UserError once the endpoint is gone. Where other requests of this call were answered before, those answers
        are given, for an answer may have been paid for, and the others are Failures that are not asked yet.
        """
        if not requests:
            return []
        if self._stopped:
            raise self._stopped
        runner = self._running()
        try:
            found = _outside_loops(lambda: runner.run(self._courier.all(requests, read)))
        except BaseException:  # what is still under way would go on at the next call
            self.close()
            raise
        stop = next((answer for answer in found if isinstance(answer, UserError)), None)
        if stop:
            self._stopped = stop
            self.close()  # nothing is asked any more, and the error refers to this link, which keeps both for long
        if stop and not any(isinstance(answer, Reply) for answer in found):
            raise stop
        return [Failure(str(answer), unasked=True) if isinstance(answer, UserError) else answer for answer in found]

    def close(self) -> None:
        """Close connections and the event loop; a later ``ask`` opens new ones."""
        if self._runner is not None:
            self._closing()
            self._runner = None

    def _running(self) -> asyncio.Runner:
        if self._runner is None:
            self._runner = asyncio.Runner()
            self._closing = weakref.finalize(self, _close, self._runner, self._courier)
        return self._runner


class Courier:
    """The asynchronous half of a ``Link``, which lives in its event loop."""

    def __init__(
        self,
        settings: EndpointSettings,
        secrets: Secrets,
        headers: dict[str, str],
        tls: ssl.SSLContext | bool,
        meter: Meter,
    ) -> None:
        self._settings, self._secrets, self._headers, self._tls, self._meter = settings, secrets, headers, tls, meter
        self._circuit = Circuit(settings.name, urlsplit(settings.url).netloc, settings.stop_after)
        self._gate = Gate(settings.concurrency, settings.requests_per_second)
        self._chance = random.Random()
        self._exchange: Exchange | None = None
        self._session: Any = None

    async def all(self, requests: Sequence[Request], read: Read | None) -> list[Outcome | UserError]:
        """Every request's outcome; once one is a UserError, those under way are given up and have the same.

        As many workers as requests may be under way take one request after the other. One that pauses before another
        try has somebody in its place meanwhile.
        """
        exchange, begun = self._open(), asyncio.get_running_loop().time()
        await asyncio.sleep(0)  # lets the loop see which idle connections the endpoint has closed meanwhile
        found: dict[int, Outcome] = {}
        jobs = iter(enumerate(requests))

        async def work() -> None:
            for place, request in jobs:
                try:
                    outcome = await self._tried(exchange, request, begun, lambda: workers.create_task(work()))
                except BaseException as error:
                    if _ends_all(error):
                        raise
                    said = self._secrets.hide(f"{type(error).__name__}: {error}")
                    if len(request.item_ids) > 1:  # its items are asked alone
                        raise RuntimeError(said) from error
                    outcome = Failure(said)
                found[place] = outcome
                if read:
                    read(place, outcome)

        stop: UserError | None = None
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(self._settings.concurrency, len(requests))):
                    workers.create_task(work())
        except BaseExceptionGroup as group:
            stop = _user_error(group)
        return [found.get(place) or stop or Failure("not asked") for place in range(len(requests))]

    async def close(self) -> None:
        """Close the connections; requests that are still under way are given up."""
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        if self._session is not None:
            await self._session.close()
            self._session = self._exchange = None

    async def _tried(
        self, exchange: Exchange, request: Request, ready: float, pausing: Callable[[], object]
    ) -> Outcome:
        """The outcome of a request that could have begun when it was ``ready`` (seconds of the loop's clock)."""
        loop, attempts, queued, first = asyncio.get_running_loop(), 0, 0.0, 0.0
        while True:
            begun = await self._gate.enter()
            first, attempts, queued = first or begun, attempts + 1, queued + begun - ready
            try:
                answer = await exchange.once(request)
            finally:
                ready = loop.time()
                self._gate.leave()
            self._note(request, answer, ready - begun, queued, attempts)
            if not isinstance(answer, Fault):
                self._gate.went_well()
                self._circuit.answered()
                return Reply(*answer)
            if answer.status in (429, 503):
                self._gate.too_many(begun, ready)
            self._circuit.failed(answer, ready)
            wait = pause(attempts, answer.wait, self._chance)
            if not answer.transient or ready + wait > first + self._settings.retry_seconds:
                return self._give_up(answer, attempts)
            facts = {
                "candidate": self._settings.name,
                "tries": attempts,
                "status": answer.status,
                "wait": round(wait, 2),
            }
            _LOG.info("the endpoint is asked again", extra={"facts": facts})
            pausing()
            await asyncio.sleep(wait)

    def _give_up(self, fault: Fault, attempts: int) -> Failure:
        self._circuit.gave_up(fault)
        tries = f" (given up after {attempts} tries)" if attempts > 1 else ""
        asked = f"; the endpoint asks to wait {fault.wait:.0f} s" if fault.wait else ""
        text = None if fault.text is None else self._secrets.hide(fault.text[:_KEPT])
        return Failure(self._secrets.hide(fault.message) + tries + asked, text)

    def _note(self, request: Request, answer: Any, seconds: float, queued: float, attempts: int) -> None:
        """A request for several items took each of them its share."""
        share = seconds / max(1, len(request.item_ids))
        tokens = {} if isinstance(answer, Fault) or len(request.item_ids) != 1 else _tokens(answer[0])
        for item_id in request.item_ids:
            self._meter.note(item_id, seconds=share, queued=queued, attempts=attempts, **tokens)

    def _open(self) -> Exchange:
        import aiohttp

        if self._exchange is None:
            settings = self._settings
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=self._tls),  # the gate is the limit
                headers={"User-Agent": "wild-aieval", "Accept": "application/json"} | self._headers,
                timeout=aiohttp.ClientTimeout(total=settings.timeout_seconds, sock_connect=settings.connect_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,  # proxies and logins of the environment would be places that nobody named here
            )
            self._exchange = Exchange(self._session, self._secrets, settings.name, settings.proxy)
        return self._exchange


def _ends_all(error: BaseException) -> bool:
    """Whether an error ends the whole call; whatever else one request raises is the failure of its item."""
    if isinstance(error, asyncio.CancelledError):
        own = asyncio.current_task()
        return own is None or own.cancelling() > 0  # else a library gave up, which nobody here had asked for
    return isinstance(error, UserError | KeyboardInterrupt | GeneratorExit | MemoryError | OSError)


def _user_error(group: BaseExceptionGroup[BaseException]) -> UserError:
    """The one that stopped the others; anything else is a fault of the program and raised."""
    for error in group.exceptions:
        if not isinstance(error, UserError):
            raise error
    return next(error for error in group.exceptions if isinstance(error, UserError))


def _outside_loops(work: Callable[[], T]) -> T:
    """Do it here; in a thread where this one runs an event loop already (a notebook, a late finalizer)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def _close(runner: asyncio.Runner, courier: Courier) -> None:
    def close() -> None:
        runner.run(courier.close())
        runner.close()

    _outside_loops(close)


def _tls(settings: EndpointSettings) -> ssl.SSLContext | bool:
    if not settings.ca_file:
        return True
    try:
        return ssl.create_default_context(cafile=str(Path(settings.ca_file)))
    except (OSError, ssl.SSLError) as error:
        raise UserError(
            f"{settings.name}: ca_file '{settings.ca_file}' cannot be read as certificates ({error}). Name a PEM file."
        ) from None


def _tokens(data: Any) -> dict[str, int]:
    """Tokens read and written, where the interface says so as OpenAI's does."""
    usage = data.get("usage") if isinstance(data, dict) else None
    if not isinstance(usage, dict):
        return {}
    names = {"tokens_in": ("prompt_tokens", "input_tokens"), "tokens_out": ("completion_tokens", "output_tokens")}
    found = {ours: [usage.get(name) for name in theirs] for ours, theirs in names.items()}
    return {
        ours: counts[0]
        for ours, values in found.items()
        if (counts := [v for v in values if isinstance(v, int) and not isinstance(v, bool) and 0 <= v <= MOST])
    }
