"""What the ledger says about the items of a batch: who looked, what was said first, what was decided, what stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wild_aieval.oversight.ledger.events import Event

Answer = Mapping[str, Any]
Place = tuple[str, str]  # batch, token


@dataclass(frozen=True, slots=True)
class Review:
    """One person's decision on one item as it stands, after corrections.

    ``first``: the answer before the suggestion was seen, None where the item was shown at once or nothing was
    answered. ``seconds``: of active work, None where not measured. ``seq``: the event that stands.
    ``via``: where it was given, if not at the desk or in a file.
    """

    reviewer: str
    mode: str
    first: Answer | None
    answer: Answer
    decision: str
    rationale: str
    seconds: int | None
    seq: int
    ts: str
    corrected: int = 0
    via: str = ""

    @property
    def decides(self) -> bool:
        """Whether it says that the suggestion is right or wrong."""
        return self.decision != "cannot_decide"

    @property
    def differs(self) -> bool:
        """Whether it says that the suggestion is wrong."""
        return self.decision == "differs"


@dataclass(frozen=True, slots=True)
class Said:
    """All that stands about one item: reviews in the order of their first decision, and the adjudicator's word."""

    reviews: tuple[Review, ...] = ()
    ruling: Review | None = None

    @property
    def differs(self) -> bool | None:
        """Whether people hold the suggestion to be wrong; None where nobody could say or they are not at one.

        The adjudicator's word counts where there is one.
        """
        if self.ruling is not None:
            return self.ruling.differs if self.ruling.decides else None
        found = {review.differs for review in self.reviews if review.decides}
        return found.pop() if len(found) == 1 else None

    @property
    def seq(self) -> int:
        """The event after which it stood as it stands."""
        return max((review.seq for review in (*self.reviews, *filter(None, [self.ruling]))), default=0)


def read(events: Iterable[Event]) -> dict[Place, Said]:
    """Every item that a decision was made on, by batch and token."""
    firsts: dict[tuple[Place, str], Mapping[str, Any]] = {}
    standing: dict[tuple[Place, str, str], Review] = {}
    for event in events:
        payload = event.payload
        place = (str(payload.get("batch")), str(payload.get("token")))
        if event.kind == "review.first_answer":
            firsts.setdefault((place, event.actor), payload)
        elif event.kind in ("review.decision", "adjudication.decision"):
            standing.setdefault((place, event.actor, event.kind), _review(event, firsts.get((place, event.actor))))
        elif event.kind == "review.superseded":
            kind = _corrected_kind(standing, place, event)
            if kind is not None:
                standing[place, event.actor, kind] = _corrected(standing[place, event.actor, kind], event)
    found: dict[Place, Said] = {}
    for (place, _, kind), review in standing.items():
        said = found.get(place, Said())
        if kind == "review.decision":
            found[place] = replace(said, reviews=(*said.reviews, review))
        elif said.ruling is None or said.ruling.seq < review.seq:
            found[place] = replace(said, ruling=review)
    return found


def _review(event: Event, first: Mapping[str, Any] | None) -> Review:
    payload = event.payload
    mode = str(payload.get("mode", ""))
    own = first["answer"] if first is not None and mode != "shown" and not first.get("undecided") else None
    seconds = payload.get("active_seconds")  # those of the first answer are in it
    return Review(
        reviewer=event.actor,
        mode=mode,
        first=own or None,
        answer=payload["answer"] or {},
        decision=str(payload["decision"]),
        rationale=str(payload["rationale"] or ""),
        seconds=None if seconds is None else int(seconds),
        seq=event.seq,
        ts=event.ts,
        via=str(payload.get("via", "")),
    )


def _corrected_kind(standing: Mapping[tuple[Place, str, str], Review], place: Place, event: Event) -> str | None:
    """What a correction corrects: the later of what this person decided here."""
    kinds = [kind for kind in ("review.decision", "adjudication.decision") if (place, event.actor, kind) in standing]
    return max(kinds, key=lambda kind: standing[place, event.actor, kind].seq, default=None)


def _corrected(review: Review, event: Event) -> Review:
    payload = event.payload
    return replace(
        review,
        answer=payload["answer"] or {},
        decision=str(payload["decision"]),
        rationale=str(payload["rationale"] or ""),
        seq=event.seq,
        ts=event.ts,
        corrected=review.corrected + 1,
    )
