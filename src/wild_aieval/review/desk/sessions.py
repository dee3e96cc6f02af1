"""Who is signed in: sessions in memory, gone when the desk ends."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from wild_aieval.review.desk.people import Person

IDLE_SECONDS, LONGEST_SECONDS = 2 * 60 * 60, 12 * 60 * 60  # without use; and from signing in to the end
MOST = 1_000


@dataclass(slots=True)
class Session:
    """One browser; nobody is signed in where ``person`` is None. ``csrf`` must come back with every form."""

    language: str
    person: Person | None = None
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    used: float = 0.0
    begun: float = 0.0

    def fits(self, csrf: str) -> bool:
        """Whether a form came from a page of this session."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "surrogatepass"))


class Sessions:
    """All sessions, by the secret in the cookie. The oldest go when there are too many."""

    def __init__(self, language: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._language, self._clock = language, clock
        self._sessions: dict[str, Session] = {}

    def found(self, key: str) -> Session | None:
        """The session of a cookie, unless it is unknown, was not used for long, or is older than a working day."""
        session, now = self._sessions.get(key), self._clock()
        if session is None or now - session.used > IDLE_SECONDS or now - session.begun > LONGEST_SECONDS:
            self._sessions.pop(key, None)
            return None
        session.used = now
        return session

    def begun(self, person: Person | None = None, language: str = "") -> tuple[str, Session]:
        """A new session with a secret of its own: signing in never keeps the one from before."""
        while len(self._sessions) >= MOST:
            del self._sessions[min(self._sessions, key=self._worth)]
        key = secrets.token_urlsafe(32)
        now = self._clock()
        self._sessions[key] = Session(language or self._language, person, used=now, begun=now)
        return key, self._sessions[key]

    def ended(self, key: str) -> None:
        """Forget a session."""
        self._sessions.pop(key, None)

    def _worth(self, key: str) -> tuple[bool, float]:
        """Sessions in which nobody is signed in go first, then those that were not used for longest."""
        return self._sessions[key].person is not None, self._sessions[key].used
