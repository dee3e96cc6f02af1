"""A queue of thousands: the ledger is read once, and a page reads one item."""

from __future__ import annotations

import datetime

from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.review.batch import Batch, BatchItem
from wild_aieval.review.desk.flow import Desk
from wild_aieval.review.desk.people import Person

ADA, BOB = (Person(name, "reviewer", "") for name in ("ada", "bob"))
EVE = Person("eve", "adjudicator", "")


class Counting(FileLedger):
    """A ledger that counts how often it is read as a whole."""

    reads = 0

    def events(self):
        self.reads += 1
        return super().events()


def desk_of(tmp_path, count, per_item=2, now=None):
    items = tuple(
        BatchItem(f"t{n:05d}", "classification/x", f"i{n}", "", "flagged", "hidden_first") for n in range(count)
    )
    batch = Batch("b", "r", "classification", "m", "", 7, per_item, items)
    clock = now or (lambda: datetime.datetime.now(datetime.UTC))
    ledger = Counting(tmp_path / "ledger.jsonl", clock=clock)
    return Desk(batch, ledger, lambda item: "subclass", clock), ledger


def test_opening_and_answering_reads_the_ledger_once(tmp_path):
    desk, ledger = desk_of(tmp_path, 5000)
    for _ in range(5):
        position = desk.next_open(ADA)
        item = desk.at(ADA, position)
        desk.open(ADA, item)
        desk.first_answer(ADA, item, {"symbols": ["A61B"]}, False, 1)
        desk.decide(ADA, item, {"symbols": ["A61B"]}, "agrees", "", 1)
    assert ledger.reads == 1
    assert (desk.standing(ADA).done, desk.standing(ADA).total) == (5, 5000)
    assert desk.next_open(ADA) == 6


def test_what_others_append_is_read_when_it_is_noticed(tmp_path):
    desk, ledger = desk_of(tmp_path, 3)
    other = FileLedger(ledger.path)
    payload = {"batch": "b", "token": "t00000", "answer": {"symbols": ["A61B"]}}
    other.append("review.first_answer", "bob", "reviewer", payload)
    desk.open(ADA, desk.at(ADA, 1))
    assert ledger.reads == 2
    assert desk.progress.look("t00000", "bob").first == {"symbols": ["A61B"]}


def test_a_desk_that_is_opened_again_goes_on_where_it_was(tmp_path):
    desk, _ = desk_of(tmp_path, 3)
    item = desk.at(ADA, 1)
    desk.open(ADA, item)
    desk.first_answer(ADA, item, {"symbols": ["A61B"]}, False, 7)
    again, _ = desk_of(tmp_path, 3)
    look = again.look(ADA, item)
    assert (look.first, look.first_seconds, look.revealed, look.said) == ({"symbols": ["A61B"]}, 7, True, None)
    again.decide(ADA, item, {"symbols": ["A61B"]}, "agrees", "", 3)
    assert again.standing(ADA).done == 1


def test_as_many_reviewers_as_wanted_and_a_claim_that_runs_out(tmp_path):
    now = [datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)]
    desk, _ = desk_of(tmp_path, 2, per_item=1, now=lambda: now[0])
    item = desk.batch.items[0]
    desk.open(ADA, item)
    assert desk.standing(BOB).total == 1
    now[0] += datetime.timedelta(hours=9)
    assert desk.standing(BOB).total == 2
    desk.open(BOB, item)
    desk.first_answer(BOB, item, {"symbols": []}, True, None)
    assert desk.look(ADA, item).opened
    assert desk.standing(ADA).total == 2  # who has opened an item keeps it


def test_a_correction_is_added_and_may_settle_a_disagreement(tmp_path):
    desk, ledger = desk_of(tmp_path, 1)
    item = desk.batch.items[0]
    for person, symbol in ((ADA, "A61B"), (BOB, "G06F")):
        desk.open(person, item)
        desk.first_answer(person, item, {"symbols": [symbol]}, False, None)
        desk.decide(person, item, {"symbols": [symbol]}, "differs", "so", None)
    assert desk.disputed(item)
    assert desk.next_open(EVE) == 1
    desk.decide(ADA, item, {"symbols": ["G06F"]}, "differs", "a computer", None)
    assert not desk.disputed(item)
    assert desk.next_open(EVE) is None
    last = list(ledger.events())[-1]
    assert last.kind == "review.superseded"
    assert last.payload["supersedes"] == [event for event in ledger.events() if event.actor == "ada"][-2].hash
