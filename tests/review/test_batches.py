"""Batches: who is in them and why, with which probability, and that nothing a reviewer sees tells."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.review import store
from wild_aieval.review.audit import allocated
from wild_aieval.review.batch import Batch
from wild_aieval.review.content import Contents, content
from wild_aieval.review.planting import _another_number, _shorter
from wild_aieval.review.queue import Plan, chosen, make_batch
from wild_aieval.review.run import ReviewedRun
from wild_aieval.review.titles import SchemeTitles

OFFICES = ("AA", "BB")
SYMBOLS = ("A01B", "A61B", "B60L", "C07D", "E04H", "F16H", "G06F", "H04L")


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"d{n}",
            "title": f"Thing {n}",
            "text": f"words of thing {n}",
            "main": SYMBOLS[n % 8],
            "office": OFFICES[n % 2],
        }
        for n in range(count)
    ]


def classified(place: Any, count: int = 120, failing: int = 10, **settings: Any) -> ReviewedRun:
    """A run of a confident candidate, which fails on the first few items."""
    place.classification(rows(count))
    place.run(place.tricky({f"d{n}": "failure" for n in range(failing)}), max_error_rate=1, **settings)
    return ReviewedRun(place.root / "run")


def translated(place: Any, count: int = 60) -> ReviewedRun:
    place.translation(
        [
            {"id": f"s{n}", "source": f"The shaft ({n}), of steel, has {n} rings, at rest.", "target": "x y z"}
            for n in range(count)
        ]
    )
    place.run(place.tricky(), oversight={"translation": {}})
    return ReviewedRun(place.root / "run")


def searched(place: Any, count: int = 30) -> ReviewedRun:
    corpus = [
        {"id": f"c{n}", "title": f"Doc {n}", "text": f"text {n}", "date": f"20{n % 20:02}-01-01"} for n in range(60)
    ]
    queries = [{"id": f"q{n}", "text": f"query {n}", "date": "2030-01-01"} for n in range(count)]
    place.search(corpus, queries, [(f"q{n}", f"c{n}", "1") for n in range(count)], depth=20)
    place.run(place.tricky(), oversight={"search": {}})
    return ReviewedRun(place.root / "run")


def ledger_of(run: ReviewedRun) -> FileLedger:
    return FileLedger(store.default_ledger(run.path))


def test_flagged_ones_an_audit_and_planted_errors(place: Any) -> None:
    run = classified(place)
    batch = make_batch(run, ledger_of(run), Plan(seeds=0.05))
    counts = Counter(item.purpose for item in batch.items)
    assert counts["flagged"] == sum(record["flagged"] for record in run.flags.values()) == 10
    assert counts["audit"] == 60
    assert counts["seeded"] == 4
    assert {item.mode for item in batch.items} == {"hidden_first"}
    assert len({item.token for item in batch.items}) == len({(i.benchmark, i.item_id) for i in batch.items})
    assert all((item.planted is not None) == (item.purpose == "seeded") for item in batch.items)


def test_the_file_is_for_its_owner_alone_and_tells_of_changes(place: Any) -> None:
    run = classified(place)
    batch = make_batch(run, ledger_of(run))
    file = run.path / "review" / batch.id / "batch.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert store.read(run.path, batch.id) == batch
    file.write_text(file.read_text(encoding="utf-8").replace('"audit"', '"flagged"', 1), encoding="utf-8")
    with pytest.raises(UserError, match="was changed"):
        store.read(run.path, batch.id)
    with pytest.raises(UserError, match="no batch"):
        store.read(run.path, "other")


def test_the_ledger_hears_of_it_but_not_of_what_is_planted(place: Any) -> None:
    run = classified(place)
    ledger = ledger_of(run)
    batches = [make_batch(run, ledger), make_batch(run, ledger)]
    events = list(ledger.events())
    assert [event.kind for event in events] == ["run.flagged", "batch.exported", "batch.exported"]
    assert events[0].payload["flagged"] == 10
    assert [event.payload["digest"] for event in events[1:]] == [batch.digest for batch in batches]
    said = json.dumps([dict(event.payload) for event in events])
    assert "seed" not in said
    assert not any(item.token in said or item.item_id in said.split('"') for item in batches[0].items)


def test_probabilities_are_those_of_the_draw(place: Any) -> None:
    """Over many draws, each unflagged item is audited as often as its probability says."""
    run = classified(place, 80, 8)
    for record in run.flags.values():
        record["audit_selected"] = False  # the run's own draw is by chance too, but only once
    drawn: Counter[str] = Counter()
    stated: Counter[str] = Counter()
    weights, draws = 0.0, 400
    for seed in range(draws):
        for item in chosen(run, Plan(seed=seed, audit_least=20, seeds=0.1)).items:
            if item.purpose == "audit":
                drawn[item.item_id] += 1
                stated[item.item_id] += item.audit_probability / draws
                weights += 1 / item.audit_probability
    unflagged = {name for (_, name), record in run.flags.items() if not record["flagged"]}
    assert weights / draws == pytest.approx(len(unflagged), rel=0.05)
    assert set(drawn) == unflagged
    for name in unflagged:
        probability = stated[name] / (drawn[name] / draws)
        assert abs(drawn[name] / draws - probability) <= 4.5 * math.sqrt(probability * (1 - probability) / draws) + 0.01


def test_what_the_run_drew_for_its_audit_comes_first(place: Any) -> None:
    run = classified(place)
    wanted = {name for (_, name), record in run.flags.items() if record["audit_selected"] and not record["flagged"]}
    batch = chosen(run, Plan(seeds=0))
    assert wanted
    assert wanted <= {item.item_id for item in batch.items if item.purpose == "audit"}


def test_the_same_seed_draws_the_same_items_under_other_tokens(place: Any) -> None:
    run = classified(place)
    one, other = (chosen(run, Plan(seed=4, shown=0.3)) for _ in range(2))

    def told(batch: Batch) -> set[tuple[Any, ...]]:
        return {(item.item_id, item.purpose, item.mode, str(item.planted)) for item in batch.items}

    assert told(one) == told(other) != told(chosen(run, Plan(seed=5, shown=0.3)))
    assert {item.token for item in one.items}.isdisjoint(item.token for item in other.items)
    assert Counter(item.mode for item in one.items)["shown"] == round(0.3 * len(one.items))


def test_each_reviewer_has_an_own_order_that_stays(place: Any) -> None:
    run = classified(place)
    batch = chosen(run, Plan())
    anna, bob = ([item.token for item in store.order(batch, name)] for name in ("anna", "bob"))
    assert anna != bob
    assert sorted(anna) == sorted(bob)
    assert anna == [item.token for item in store.order(batch, "anna")]


@pytest.mark.parametrize("made", [classified, translated, searched])
def test_a_planted_suggestion_looks_like_any_other(place: Any, made: Any) -> None:
    run = made(place)
    batch = chosen(run, Plan(seeds=0.2, audit_least=20, seed=1))
    contents = Contents(run, batch, SchemeTitles({}))
    seeded = [item for item in batch.items if item.purpose == "seeded"]
    others = [item for item in batch.items if item.purpose == "audit"]
    assert seeded

    def shape(token: str) -> tuple[Any, ...]:
        suggestion, shown = contents.suggestion(token), contents.content(token)
        scores = tuple(symbol.score for symbol in suggestion.symbols)
        return scores, len(suggestion.documents), bool(suggestion.translation), tuple(shown.texts), tuple(shown.facts)

    assert {shape(item.token) for item in seeded} <= {shape(item.token) for item in others}
    for item in seeded:
        own = run.output((item.benchmark, item.item_id))
        assert item.planted != own
        assert type(item.planted) is type(own)
        text = repr(contents.content(item.token)) + repr(contents.suggestion(item.token))
        assert "seed" not in text
        assert "plant" not in text


def test_planted_symbols_are_wrong_and_the_candidates_own_words(place: Any) -> None:
    run = classified(place)
    said = {symbol for key in run.predictions for symbol, _ in run.output(key) or ()}
    for item in chosen(run, Plan(seeds=0.2, audit_least=20)).items:
        if item.purpose == "seeded":
            right = run.row((item.benchmark, item.item_id))["symbols"]
            assert {symbol for symbol, _ in item.planted} <= said - set(right)


def test_planted_documents_are_not_relevant_and_early_enough(place: Any) -> None:
    run = searched(place)
    relevant = {(row["query_id"], row["document_id"]) for row in run.benchmark("search/tiny").parts["qrels"]}
    for item in chosen(run, Plan(seeds=0.2, audit_least=10)).items:
        if item.purpose == "seeded":
            assert not {(item.item_id, name) for name, _ in item.planted} & relevant


@given(st.text(alphabet="ab 0123456789,.;", min_size=1), st.integers(0, 2**32))
def test_a_planted_translation_differs(text: str, chance: int) -> None:
    changed = _another_number(text, chance)
    assert changed is None or (changed != text and len(changed) == len(text))
    shorter = _shorter(text)
    assert shorter is None or shorter != text


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(0, 200))
def test_an_allocation_gives_what_is_there_and_leaves_no_stratum_out(sizes: list[int], wanted: int) -> None:
    wanted = min(wanted, sum(sizes))
    counts = allocated(sizes, wanted)
    assert sum(counts) == wanted
    assert all(0 <= count <= size for count, size in zip(counts, sizes, strict=True))
    if wanted >= sum(map(bool, sizes)):
        assert all(count or not size for count, size in zip(counts, sizes, strict=True))


def test_contents_hide_the_suggestion_the_label_and_the_reason(place: Any) -> None:
    run = classified(place)
    batch = make_batch(run, ledger_of(run))
    token = batch.items[0].token
    shown = content(run.path, batch, token)
    assert set(shown.texts) == {"title", "text"}
    assert shown.facts["edition"] == "2023.01"
    suggestion = Contents.open(run.path, batch).suggestion(token)
    assert suggestion.empty == (run.output((batch.items[0].benchmark, batch.items[0].item_id)) is None)


def test_titles_stand_beside_symbols_where_they_are_known(tmp_path: Path) -> None:
    file = tmp_path / "titles.csv"
    file.write_text("symbol,title\nA61,Medical\nA61B,Diagnosis\nA61B 5/00,Measuring\n", encoding="utf-8")
    assert SchemeTitles.of(file).path("A61B 5/0205") == ("Medical", "Diagnosis", "Measuring")
    assert SchemeTitles({}).path("A61B") == ()


def test_hits_come_with_title_text_and_date_in_an_order_that_tells_no_rank(place: Any) -> None:
    run = searched(place)
    batch = chosen(run, Plan(seeds=0))
    contents = Contents(run, batch)
    orders = []
    for item in batch.items:
        found = contents.suggestion(item.token).documents
        assert len(found) == 10
        assert found[0].title.startswith("Doc")
        assert found[0].date
        ranked = [name for name, _ in run.output((item.benchmark, item.item_id))[:10]]
        orders.append([ranked.index(document.id) for document in found])
        assert sorted(orders[-1]) == list(range(10))
    firsts = Counter(order[0] for order in orders)
    assert max(firsts.values()) < len(orders) / 2


def test_a_batch_of_other_answers_is_refused(place: Any) -> None:
    run = classified(place)
    batch = chosen(run, Plan())
    with pytest.raises(UserError, match="other answers"):
        Contents(run, replace(batch, run="0" * 16))


def test_a_benchmark_that_has_changed_is_refused(place: Any) -> None:
    run = classified(place)
    batch = make_batch(run, ledger_of(run))
    place.classification([*rows(119), {"id": "new", "text": "other", "main": "A01B"}])
    with pytest.raises(UserError, match="not what this run measured"):
        Contents.open(run.path, batch).content(batch.items[0].token)


@pytest.mark.parametrize(
    "plan",
    [{"seeds": 0.5}, {"shown": 2}, {"audit_share": -1}, {"per_item": 0}, {"flagged": -1}],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: Mapping[str, Any]) -> None:
    with pytest.raises(UserError, match="--"):
        Plan(**plan)


def test_hard_reasons_come_first(place: Any) -> None:
    run = classified(place, failing=5, oversight={"classification": {"LOW_SCORE": 0.95}})
    batch = chosen(run, Plan(flagged=5, seeds=0))
    flagged = {item.item_id for item in batch.items if item.purpose == "flagged"}
    assert flagged == {f"d{n}" for n in range(5)}


def test_an_item_that_must_be_looked_at_is_never_spent_on_a_planted_error(place: Any) -> None:
    run = classified(place, 30, 0, oversight={"classification": {"LOW_SCORE": 0.95}})
    batch = chosen(run, Plan(seeds=0.2))
    assert {item.purpose for item in batch.items} == {"flagged"}
