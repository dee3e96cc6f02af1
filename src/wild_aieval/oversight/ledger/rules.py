"""What may be appended: known kinds with all they must say, pseudonyms, one decision per reviewer and item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wild_aieval.errors import UserError, nearest
from wild_aieval.oversight.ledger.events import DECISIONS, KINDS, MODES, ROLES, Entry, Event

_PSEUDONYM = re.compile(r"\w[\w.-]{0,63}")
_DECIDES = ("review.decision", "adjudication.decision", "review.superseded")
_OF_REVIEWERS = ("review.first_answer", "ai.revealed", *_DECIDES)

Place = tuple[str, str, str]  # batch, token, actor


def check(entry: Entry) -> None:
    """UserError where an event says too little, or something that it cannot say."""
    if entry.kind not in KINDS:
        raise UserError(f"ledger: there is no kind of event '{entry.kind}'. {nearest(entry.kind, KINDS)}")
    if entry.role not in ROLES:
        raise UserError(f"ledger: there is no role '{entry.role}'. {nearest(entry.role, ROLES)}")
    check_pseudonym(entry.actor)
    if missing := [name for name in KINDS[entry.kind] if name not in entry.payload]:
        raise UserError(
            f"ledger: an event '{entry.kind}' must say {', '.join(KINDS[entry.kind])}; missing: {', '.join(missing)}."
        )
    if entry.kind in _DECIDES:
        _check_decision(entry)


def check_pseudonym(actor: str) -> None:
    """UserError for a name with blanks or an address: who stands behind a pseudonym is kept elsewhere."""
    if not _PSEUDONYM.fullmatch(actor):
        raise UserError(
            f"ledger: '{actor}' is no pseudonym. Use letters, digits, '.', '_' and '-' (64 at most), such as "
            "'examiner-07', and keep the list of who that is elsewhere, where it can be deleted."
        )


def _check_decision(entry: Entry) -> None:
    payload, what = entry.payload, f"ledger: {entry.kind} on '{entry.payload['token']}'"
    if payload["decision"] not in DECISIONS:
        raise UserError(f"{what}: there is no decision '{payload['decision']}'. Give {', '.join(DECISIONS)}.")
    if entry.kind == "review.decision" and payload["mode"] not in MODES:
        raise UserError(f"{what}: there is no mode '{payload['mode']}'. Give {' or '.join(MODES)}.")
    if payload["decision"] == "differs" and not str(payload["rationale"] or "").strip():
        raise UserError(f"{what}: who differs from a suggestion says why. Give a rationale.")


class Standing:
    """Who has answered and decided what so far."""

    def __init__(self) -> None:
        self.first: dict[Place, Event] = {}
        self.revealed: set[Place] = set()
        self.decided: dict[Place, Event] = {}  # the last decision: corrections replace what they correct

    def take(self, event: Event) -> None:
        """Remember what an event of the ledger says."""
        if event.kind not in _OF_REVIEWERS:
            return
        place = _place(event.payload, event.actor)
        if event.kind == "review.first_answer":
            self.first.setdefault(place, event)
        elif event.kind == "ai.revealed":
            self.revealed.add(place)
        else:
            self.decided[place] = event

    def check(self, entry: Entry) -> None:
        """UserError where the reviewer has answered or decided already, or out of turn."""
        if entry.kind not in _OF_REVIEWERS or entry.kind == "ai.revealed":
            return
        place = _place(entry.payload, entry.actor)
        what = f"ledger: '{entry.actor}' on '{place[1]}' of batch '{place[0]}'"
        if entry.kind == "review.first_answer":
            self._check_first(place, what)
        elif entry.kind == "review.superseded":
            self._check_correction(place, str(entry.payload["supersedes"]), what)
        elif place in self.decided:
            raise UserError(
                f"{what}: a decision stands already (event {self.decided[place].seq}). Decisions are not changed; a "
                "correction is an event 'review.superseded' (import: --supersede)."
            )
        elif entry.payload.get("mode") == "hidden_first" and place not in self.first:
            raise UserError(f"{what}: this item is decided without the suggestion first, and no first answer is there.")

    def _check_first(self, place: Place, what: str) -> None:
        if place in self.first:
            raise UserError(f"{what}: a first answer stands already, and a second one would be no first answer.")
        if place in self.revealed or place in self.decided:
            raise UserError(f"{what}: the suggestion was shown before, so that this is no first answer.")

    def _check_correction(self, place: Place, supersedes: str, what: str) -> None:
        if place not in self.decided:
            raise UserError(f"{what}: there is no decision to correct. Append a decision instead.")
        if supersedes != self.decided[place].hash:
            raise UserError(
                f"{what}: 'supersedes' must be the hash of the last decision of this actor, "
                f"{self.decided[place].hash}; found '{supersedes}'."
            )


def _place(payload: Mapping[str, Any], actor: str) -> Place:
    return str(payload.get("batch")), str(payload.get("token")), actor
