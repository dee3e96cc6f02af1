"""The rules of the desk: who may see and say what, and when. Every step goes into the ledger before it counts.

Nothing here knows of pages. The order of steps for an item in hidden-first mode is: opened, first answer, revealed,
decision; a correction is a new event. A page that asks for more than its step allows gets ``NotAllowed``.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.oversight.ledger.events import Entry, Event, Ledger
from wild_aieval.review import store
from wild_aieval.review.batch import Batch, BatchItem
from wild_aieval.review.desk import disagreement
from wild_aieval.review.desk.people import Person
from wild_aieval.review.desk.progress import Look, Progress, Said

CLAIM = datetime.timedelta(hours=8)  # how long an item that was opened waits for the one who opened it
Clock = Callable[[], datetime.datetime]


class NotAllowed(Exception):  # noqa: N818  named for what it says
    """A step that is not this person's to take, or not now; ``reason``: closed, absent, taken, early or late."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a person is: what is done, and of how many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing a batch told, as counts for the administrator."""

    seeded: int
    audit: int


class Desk:
    """One batch and its ledger. Its methods may be called from several threads."""

    def __init__(self, batch: Batch, ledger: Ledger, level: Callable[[BatchItem], str], clock: Clock) -> None:
        self.batch, self._ledger, self._level, self._clock = batch, ledger, level, clock
        self._lock = threading.RLock()
        self._orders: dict[str, list[BatchItem]] = {}
        self.progress, self._seen = Progress(batch.id), 0
        self._read_all()

    @property
    def closed(self) -> bool:
        """Whether the batch takes no more answers."""
        return self.progress.closed

    def order(self, person: Person) -> Sequence[BatchItem]:
        """All items in this person's own order; a position counts from 1."""
        if person.name not in self._orders:
            self._orders[person.name] = store.order(self.batch, person.name)
        return self._orders[person.name]

    def at(self, person: Person, position: int) -> BatchItem:
        """The item at a position, if it is this person's to see."""
        order = self.order(person)
        if person.role == "administrator" or not 1 <= position <= len(order):
            raise NotAllowed("absent")
        item = order[position - 1]
        if not self._is_for(person, item):
            raise NotAllowed("absent" if person.role == "adjudicator" else "taken")
        return item

    def look(self, person: Person, item: BatchItem) -> Look:
        """What this person has seen and said of the item."""
        read = self.progress.ruling if person.role == "adjudicator" else self.progress.look
        return read(item.token, person.name)

    @property
    def head(self) -> tuple[int, str]:
        """The head of the ledger."""
        return self._ledger.head

    def rows(self, person: Person) -> list[tuple[int, bool]]:
        """The positions that are this person's to see, each with whether it is done."""
        with self._lock:
            self._keep_up()
            return [
                (position, self._is_done(person, item))
                for position, item in enumerate(self.order(person), 1)
                if self._is_for(person, item)
            ]

    def standing(self, person: Person) -> Standing:
        """What this person has done of what is there for them."""
        rows = self.rows(person)
        return Standing(sum(done for _, done in rows), len(rows))

    def next_open(self, person: Person, after: int = 0) -> int | None:
        """The next position with something to do, beginning again at the start; None where nothing is left."""
        order = self.order(person)
        with self._lock:
            self._keep_up()
            for step in range(len(order)):
                index = (after + step) % len(order)
                if self._is_for(person, order[index]) and not self._is_done(person, order[index]):
                    return index + 1
        return None

    def counts(self) -> tuple[int, int, int]:
        """Decisions there are, decisions wanted, and disagreements without a ruling: for the administrator."""
        with self._lock:
            self._keep_up()
            said = sum(min(len(self.progress.said(item.token)), self.batch.per_item) for item in self.batch.items)
            unruled = sum(self.disputed(item) and not self.progress.ruled(item.token) for item in self.batch.items)
            return said, self.batch.per_item * len(self.batch.items), unruled

    def disputed(self, item: BatchItem) -> bool:
        """Whether reviewers disagree on the item, as far as they have decided."""
        said = list(self.progress.said(item.token).values())
        if len(said) < min(2, self.batch.per_item):
            return False
        return disagreement.disagree(self.batch.task, said, self._level(item))

    def both(self, item: BatchItem) -> list[Said]:
        """What the reviewers said, for the adjudicator: in an order that tells nothing of who said what."""
        return sorted(self.progress.said(item.token).values(), key=lambda said: said.hash)

    def open(self, person: Person, item: BatchItem) -> Look:
        """Somebody looks at an item. In the mode 'shown', and for an adjudicator, the suggestion is shown at once."""
        with self._lock:
            look = self.look(person, item)
            steps = [] if look.opened else ["review.opened"]
            at_once = item.mode == "shown" or person.role == "adjudicator"
            if at_once and not look.revealed:
                steps.append("ai.revealed")
            if steps:
                self._refuse_closed()
                self._add(person, [(step, {"token": item.token}) for step in steps])
            return self.look(person, item)

    def first_answer(
        self, person: Person, item: BatchItem, answer: Mapping[str, Any], undecided: bool, seconds: int | None
    ) -> None:
        """Keep the own answer and reveal the suggestion, both or neither."""
        with self._lock:
            look = self._mine(person, item)
            if look.first == dict(answer):  # sent again, because the page did not say that it was kept
                return
            if look.revealed or look.first is not None:
                raise NotAllowed("late")
            first = {"token": item.token, "answer": dict(answer), "active_seconds": seconds}
            first |= {"undecided": True} if undecided else {}
            self._add(person, [("review.first_answer", first), ("ai.revealed", {"token": item.token})])

    def decide(
        self,
        person: Person,
        item: BatchItem,
        answer: Mapping[str, Any],
        decision: str,
        rationale: str,
        seconds: int | None,
    ) -> None:
        """Keep a decision, or a correction where there is one already."""
        with self._lock:
            look = self._mine(person, item)
            if not look.revealed:
                raise NotAllowed("early")
            if look.said and (look.said.answer, look.said.decision, look.said.rationale) == (
                dict(answer),
                decision,
                rationale,
            ):  # sent again, because the page did not say that it was kept
                return
            payload: dict[str, Any] = {"token": item.token, "answer": dict(answer), "decision": decision}
            payload |= {"rationale": rationale}
            if look.said:
                kind, payload = "review.superseded", payload | {"supersedes": look.said.hash}
            elif person.role == "adjudicator":
                kind, payload = "adjudication.decision", payload | {"active_seconds": seconds}
            else:
                whole = None if seconds is None else seconds + (look.first_seconds or 0)
                kind, payload = "review.decision", payload | {"active_seconds": whole, "mode": item.mode}
            self._add(person, [(kind, payload)])

    def close(self, person: Person) -> None:
        """Close the batch: the ledger is told which items were seeded, and which were there for the audit."""
        if person.role != "administrator":
            raise NotAllowed("absent")
        with self._lock:
            self._refuse_closed()
            seeds = [] if self.progress.seeds_told else [("seed.revealed", {"tokens": self._of("seeded")})]
            self._add(person, [*seeds, ("audit.revealed", {"tokens": self._of("audit")})])

    def told(self) -> Closing:
        """What closing told; nothing before that."""
        if not self.closed:
            raise NotAllowed("early")
        return Closing(len(self._of("seeded")), len(self._of("audit")))

    def _of(self, purpose: str) -> list[str]:
        return [item.token for item in self.batch.items if item.purpose == purpose]

    def _is_for(self, person: Person, item: BatchItem) -> bool:
        if person.role == "adjudicator":
            mine = self.progress.ruling(item.token, person.name)
            return bool(mine.said) or (self.disputed(item) and not self.progress.ruled(item.token))
        if person.role == "administrator":
            return False
        if self.progress.look(item.token, person.name).opened:
            return True
        others = self.progress.looks.get(item.token, {}).values()
        return sum(self._is_claimed(look) for look in others) < self.batch.per_item

    def _is_claimed(self, look: Look) -> bool:
        fresh = look.opened is not None and self._clock() - look.opened < CLAIM
        return bool(look.said or look.first is not None or fresh)

    def _is_done(self, person: Person, item: BatchItem) -> bool:
        return self.look(person, item).said is not None

    def _mine(self, person: Person, item: BatchItem) -> Look:
        """The look of somebody who has opened the item, while answers are taken.

        Read anew: where the connection to the ledger was lost, what was sent before may have been kept.
        """
        self._keep_up()
        self._refuse_closed()
        look = self.look(person, item)
        if look.opened is None:
            raise NotAllowed("early")
        return look

    def _refuse_closed(self) -> None:
        if self.progress.closed:
            raise NotAllowed("closed")

    def _add(self, person: Person, steps: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        entries = [Entry(kind, person.name, person.role, {"batch": self.batch.id, **rest}) for kind, rest in steps]
        events = self._ledger.append_many(entries)
        if events[0].seq != self._seen + 1:  # somebody else has written, such as an import of a sheet
            self._read_all()
            return
        for event in events:
            self._take(event)

    def _keep_up(self) -> None:
        """Take what others have written meanwhile, such as an import of a sheet."""
        if self._ledger.head[0] != self._seen:
            self._read_all()

    def _read_all(self) -> None:
        self.progress, self._seen = Progress(self.batch.id), 0
        for event in self._ledger.events():
            self._take(event)

    def _take(self, event: Event) -> None:
        self.progress.apply(event)
        self._seen = event.seq
