"""Notices that an endpoint is gone or refuses everybody: the run then stops instead of making errors of all items."""

from __future__ import annotations

from wild_aieval.errors import UserError
from wild_aieval.models.http.retry import Fault

_REFUSALS = frozenset({401, 403, 404, 405, 407, 410})
_GONE_SECONDS = 15.0  # an endpoint that has answered before may come back within it


class Circuit:
    """Counts failures in a row; ``UserError`` once there are ``stop_after`` without any answer in between."""

    def __init__(self, owner: str, host: str, stop_after: int) -> None:
        self._where = f"{owner}: the endpoint {host}"
        self._stop_after = stop_after
        self._answered = False
        self._no_connection = 0
        self._since = 0.0
        self._given_up = 0

    def answered(self) -> None:
        """An answer came."""
        self._answered = True
        self._no_connection = self._given_up = 0

    def failed(self, fault: Fault, now: float) -> None:
        """One try failed at ``now`` (seconds)."""
        if fault.status:
            self._no_connection = 0
        if not fault.no_connection:
            return
        if fault.unknown_host and not self._answered:
            raise UserError(
                f"{self._where} cannot be asked: {fault.message} on this machine. Check url and the network."
            )
        self._since = self._since if self._no_connection else now
        self._no_connection += 1
        lasting = not self._answered or now - self._since >= _GONE_SECONDS
        if self._no_connection >= self._stop_after and lasting:
            raise self._gone(fault, f"{self._no_connection} tries in a row found no connection")

    def gave_up(self, fault: Fault) -> None:
        """A request is not tried any more; what was at fault itself (such as by 400) was heard."""
        if not (fault.transient or fault.status in _REFUSALS):
            self._given_up = 0
            return
        self._given_up += 1
        if self._given_up >= self._stop_after:
            raise self._gone(fault, f"{self._given_up} requests in a row got no answer")

    def _gone(self, fault: Fault, what: str) -> UserError:
        remedy = "Start it, or mend url"
        if fault.status in _REFUSALS:
            remedy = "Check url, the key in the environment variable that the settings name, and its rights"
        return UserError(
            f"{self._where} gives no answers: {what}, the last one with: {fault.message}. The run stops here, so that "
            f"not every item becomes an error; what was answered is kept. {remedy}, then continue with 'resume'."
        )
