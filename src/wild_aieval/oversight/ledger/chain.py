"""The chain: each event names the hash of the one before, so that a change of any line shows."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from wild_aieval import schema_version
from wild_aieval.oversight.ledger.canonical import canonical, dumped, loaded, sha256
from wild_aieval.oversight.ledger.events import KINDS, Entry, Event
from wild_aieval.oversight.ledger.rules import Standing, check

SCHEMA_VERSION = 1
START = "0" * 64
Clock = Callable[[], datetime.datetime]

_NAMES = tuple(field.name for field in fields(Event))
_KEYS = {*_NAMES, "schema_version"}
_MOST_EVENTS = 10**15  # beyond it the next number could not be written; no ledger gets there
_TS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@dataclass(frozen=True, slots=True)
class Fault:
    """The first broken line: where it stands, what is wrong (see ``KINDS_OF_FAULT``), and the details."""

    where: str
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.detail}"


# what: in words
KINDS_OF_FAULT = {
    "json": "not an event of a ledger",
    "canonical": "not written in the canonical form",
    "kind": "unknown kind of event",
    "hash": "the content does not fit its hash",
    "seq": "the number is not the next one",
    "prev": "does not continue the line before",
    "order": "earlier than the line before",
    "retired": "begins after events of which nothing is known",
    "anchor": "the anchored head is not in the ledger",
}


class Broken(Exception):  # noqa: N818  named for what it says
    """A line that does not hold; becomes a ``Fault`` in a report, a UserError where one wanted to append."""

    def __init__(self, where: str, what: str, detail: str) -> None:
        super().__init__(f"{where}: {KINDS_OF_FAULT[what]}: {detail}")
        self.fault = Fault(where, what, detail)


class Chain:
    """Where a ledger stands after the lines read so far."""

    def __init__(self) -> None:
        self.seq, self.head, self.ts = 0, START, ""
        self.first = 0  # number of the first event that is kept: more than 1 where segments were retired
        self.begins_after = START
        self.last_kind = ""
        self.standing = Standing()
        self.retired: set[str] = set()

    def read(self, raw: bytes, where: str) -> Event:
        """Take the next line; Broken where it does not continue the chain."""
        event = parsed(raw, where)
        if not self.first:
            self._begin(event)
        if event.seq != self.seq + 1:
            raise Broken(where, "seq", f"expected number {self.seq + 1}, found {event.seq}")
        if event.prev != self.head:
            raise Broken(
                where, "prev", f"the line before has the hash {self.head[:16]}…, this names {event.prev[:16]}…"
            )
        if event.ts < self.ts:
            raise Broken(where, "order", f"{event.ts} after {self.ts}")
        self._take(event)
        return event

    def complete(self, where: str) -> None:
        """Broken where the kept lines begin in the middle and no line says that what was before is retired."""
        if self.begins_after not in {START, *self.retired}:
            detail = f"its first event has number {self.first}, and no event says that those before were retired"
            raise Broken(where, "retired", detail)

    def next(self, entry: Entry, now: datetime.datetime) -> Event:
        """The event that continues the chain; UserError where it may not be appended."""
        check(entry)
        self.standing.check(entry)
        ts = now.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        payload = dict(entry.payload)
        if ts < self.ts:
            payload["clock_note"] = f"the clock said {ts}, which is before the line before"
            ts = self.ts
        body = _body(self.seq + 1, self.head, ts, entry, payload)
        content = canonical(body)
        plain = loaded(content)["payload"]  # what a reader gets, and nobody else holds
        event = Event(self.seq + 1, self.head, ts, entry.actor, entry.role, entry.kind, plain, sha256(content))
        self.first = self.first or event.seq
        self._take(event)
        return event

    def _begin(self, event: Event) -> None:
        self.first = event.seq
        if event.seq > 1:
            self.seq, self.head, self.begins_after = event.seq - 1, event.prev, event.prev

    def _take(self, event: Event) -> None:
        self.seq, self.head, self.ts, self.last_kind = event.seq, event.hash, event.ts, event.kind
        self.standing.take(event)
        if event.kind == "segment.retired":
            self.retired.add(str(event.payload["head"]))


def line(event: Event) -> bytes:
    """An event as it stands in a file, with the end of the line."""
    return dumped({name: getattr(event, name) for name in _NAMES} | {"schema_version": SCHEMA_VERSION}) + b"\n"


def parsed(raw: bytes, where: str) -> Event:
    """The event of one line; Broken where it is none, not canonical, or does not fit its hash."""
    try:
        found = loaded(raw)
        if _is_newer(found):
            schema_version.check(found["schema_version"], SCHEMA_VERSION, where)
        if not isinstance(found, dict) or found.keys() != _KEYS:
            raise ValueError(f"expected the fields {', '.join(sorted(_KEYS))}")
        if found["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema_version is {found['schema_version']}, this program reads {SCHEMA_VERSION}")
        again = dumped(found) + b"\n"
    except (ValueError, RecursionError) as error:
        raise Broken(where, "json", str(error)) from None
    if again != raw:
        raise Broken(where, "canonical", "the same content would be written in other bytes")
    kind = str(found["kind"])
    if kind not in KINDS:
        raise Broken(where, "kind", f"'{kind}'")
    stated, seq, ts = found.pop("hash"), found["seq"], found["ts"]
    if sha256(dumped(found)) != stated:
        raise Broken(where, "hash", f"stated {str(stated)[:16]}…")
    del found["schema_version"]
    if not _sound(found) or type(seq) is not int or not 1 <= seq <= _MOST_EVENTS or not _TS.fullmatch(ts):
        raise Broken(where, "json", "a field is of the wrong type")
    if missing := [name for name in KINDS[kind] if name not in found["payload"]]:
        raise Broken(where, "json", f"an event '{kind}' must say {', '.join(missing)}")
    return Event(**found, hash=stated)


def _is_newer(found: Any) -> bool:
    """Whether a newer program wrote the line. All versions hash lines in one way: a line that was changed shows."""
    if not isinstance(found, dict) or not schema_version.newer(found.get("schema_version"), SCHEMA_VERSION):
        return False
    content = {name: value for name, value in found.items() if name != "hash"}
    return sha256(dumped(content)) == found.get("hash")


def _sound(found: dict[str, Any]) -> bool:
    texts = all(isinstance(found[name], str) for name in ("prev", "ts", "actor", "role", "kind"))
    return texts and isinstance(found["payload"], dict)


def _body(seq: int, prev: str, ts: str, entry: Entry, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "seq": seq,
        "prev": prev,
        "ts": ts,
        "actor": entry.actor,
        "role": entry.role,
        "kind": entry.kind,
        "payload": payload,
        "schema_version": SCHEMA_VERSION,
    }


def utc_now() -> datetime.datetime:
    """The clock."""
    return datetime.datetime.now(datetime.UTC)
