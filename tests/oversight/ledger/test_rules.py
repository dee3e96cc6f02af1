"""What may stand in a ledger: known kinds that say all they must, pseudonyms, one decision for each reviewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.events import KINDS
from wild_aieval.oversight.ledger.file import FileLedger

PLACE = {"batch": "b", "token": "t"}
SAID = {**PLACE, "answer": {"symbols": ["A01B"]}, "decision": "agrees", "rationale": ""}
DECISION = {**SAID, "active_seconds": None, "mode": "shown"}
HIDDEN = {**DECISION, "mode": "hidden_first"}
FIRST = {**PLACE, "answer": {"symbols": ["A01B"]}}


@pytest.fixture
def ledger(tmp_path: Path) -> FileLedger:
    return FileLedger(tmp_path / "ledger.jsonl")


def add(ledger: FileLedger, kind: str, payload: dict[str, Any], actor: str = "anna", role: str = "reviewer") -> str:
    return ledger.append(kind, actor, role, payload).hash


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_must_say_all_it_is_for(ledger: FileLedger, kind: str) -> None:
    for missing in KINDS[kind]:
        payload = {name: "x" for name in KINDS[kind] if name != missing}
        with pytest.raises(UserError, match=f"missing: {missing}"):
            add(ledger, kind, payload)
    assert ledger.head[0] == 0


@pytest.mark.parametrize(
    ("kind", "actor", "role", "word"),
    [
        ("review.opend", "anna", "reviewer", "review.opened"),
        ("review.opened", "anna", "boss", "role"),
        ("review.opened", "anna@office.example", "reviewer", "pseudonym"),
        ("review.opened", "Anna Muster", "reviewer", "pseudonym"),
        ("review.opened", "", "reviewer", "pseudonym"),
    ],
)
def test_what_is_no_event_is_refused(ledger: FileLedger, kind: str, actor: str, role: str, word: str) -> None:
    with pytest.raises(UserError, match=word):
        add(ledger, kind, PLACE, actor, role)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"decision": "accepted"}, "agrees, differs, cannot_decide"),
        ({"decision": "differs", "rationale": " "}, "rationale"),
        ({"mode": "open"}, "hidden_first or shown"),
    ],
)
def test_a_decision_is_one_of_three_and_who_differs_says_why(
    ledger: FileLedger, change: dict[str, Any], word: str
) -> None:
    with pytest.raises(UserError, match=word):
        add(ledger, "review.decision", DECISION | change)


def test_nobody_decides_twice_but_others_may_decide_too(ledger: FileLedger) -> None:
    add(ledger, "review.decision", DECISION)
    with pytest.raises(UserError, match="--supersede"):
        add(ledger, "review.decision", DECISION)
    add(ledger, "review.decision", DECISION, "bob")
    add(ledger, "review.decision", DECISION | {"token": "other"})
    add(ledger, "review.decision", DECISION | {"batch": "other"})
    with pytest.raises(UserError, match="a decision stands"):
        add(FileLedger(ledger.path), "review.decision", DECISION)


def test_not_even_in_one_append(ledger: FileLedger) -> None:
    from wild_aieval.oversight.ledger.events import Entry

    with pytest.raises(UserError, match="a decision stands"):
        ledger.append_many([Entry("review.decision", "anna", "reviewer", DECISION)] * 2)
    assert ledger.head[0] == 0
    add(ledger, "review.decision", DECISION)


def test_a_correction_names_the_last_decision_of_the_same_person(ledger: FileLedger) -> None:
    with pytest.raises(UserError, match="no decision to correct"):
        add(ledger, "review.superseded", SAID | {"supersedes": "x"})
    first = add(ledger, "review.decision", DECISION)
    with pytest.raises(UserError, match=first):
        add(ledger, "review.superseded", SAID | {"supersedes": "0" * 64})
    second = add(ledger, "review.superseded", SAID | {"supersedes": first})
    with pytest.raises(UserError, match=second):
        add(ledger, "review.superseded", SAID | {"supersedes": first})
    with pytest.raises(UserError, match="no decision to correct"):
        add(ledger, "review.superseded", SAID | {"supersedes": second}, "bob")
    add(ledger, "review.superseded", SAID | {"supersedes": second})


def test_hidden_first_means_that_the_own_answer_comes_first(ledger: FileLedger) -> None:
    with pytest.raises(UserError, match="no first answer"):
        add(ledger, "review.decision", HIDDEN)
    add(ledger, "review.first_answer", FIRST)
    with pytest.raises(UserError, match="no first answer"):
        add(ledger, "review.first_answer", FIRST)
    add(ledger, "ai.revealed", PLACE)
    add(ledger, "review.decision", HIDDEN)


def test_after_the_suggestion_was_shown_no_answer_is_a_first_one(ledger: FileLedger) -> None:
    add(ledger, "ai.revealed", PLACE)
    with pytest.raises(UserError, match="was shown before"):
        add(ledger, "review.first_answer", FIRST)
    add(ledger, "review.first_answer", FIRST, "bob")
