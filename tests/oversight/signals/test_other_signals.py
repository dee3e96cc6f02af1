"""Signals of classification, of search and of every task; none of them sees a label."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wild_aieval.items import Failure
from wild_aieval.metrics.judging import Collection
from wild_aieval.metrics.prior_art import Facts
from wild_aieval.oversight.policy import Policy
from wild_aieval.oversight.signals import classification, common, search
from wild_aieval.oversight.signals.background import FEWEST, Background, Lengths, Novelty
from wild_aieval.tasks import task_named

SCORES = st.lists(st.tuples(st.sampled_from(["A01B", "A01B 3/00", "H04L", "none", ""]), st.floats(0, 1)), min_size=1)


def test_how_many_suggestions_are_close() -> None:
    assert classification.set_size([("A01B", 0.4), ("A01C", 0.2), ("A01D", 0.1)]) == 2
    assert classification.set_size([("A01B", 0.0), ("A01C", 0.0)]) == 2


def test_scores_of_another_section_against_the_first() -> None:
    answer = [("A01B", 0.4), ("H01L", 0.35), ("H04L", 0.25)]
    assert classification.hierarchy_conflict(answer, "subclass") == pytest.approx(0.2)
    assert classification.hierarchy_conflict([("A01B", 0.4), ("A01C", 0.1)], "subclass") == -1
    assert classification.hierarchy_conflict(answer, "section") is None
    assert classification.hierarchy_conflict([("A01B", -0.1), ("H01L", -0.2)], "subclass") is None


def test_a_rare_class_is_rare_beside_others_only() -> None:
    uneven = Background([], ["x"] * 52, [["A01B"]] * 50 + [["H04L"]] * 2)
    even = Background([], ["x"] * 4, [["A01B"]] * 2 + [["H04L"]] * 2)
    assert classification.seen_in_training([("H04L", 1.0)], uneven.symbols, uneven.typical, "subclass") == 2
    assert classification.seen_in_training([("H04L 9/00", 1.0)], uneven.symbols, uneven.typical, "subclass") == 2
    assert classification.seen_in_training([("A01B", 1.0)], uneven.symbols, uneven.typical, "subclass") is None
    assert classification.seen_in_training([("H04L", 1.0)], even.symbols, even.typical, "subclass") is None
    assert classification.seen_in_training([("none", 1.0)], uneven.symbols, uneven.typical, "subclass") == 0


@given(SCORES)
def test_no_suggestion_makes_a_signal_raise(answer: list[tuple[str, float]]) -> None:
    assert classification.outside_edition(answer, "2023.01") >= 0
    assert -1 <= (classification.hierarchy_conflict(answer, "subclass") or 0) <= 1
    assert classification.small_margin(answer) <= classification.low_score(answer)


def test_lengths_are_ranked_among_known_ones() -> None:
    lengths = Lengths(["x" * n for n in range(1, 201)])
    assert lengths.outlier("x" * 100) == pytest.approx(0.0, abs=0.02)
    assert lengths.outlier("x" * 500) == 1
    assert lengths.outlier("") == 1
    assert Lengths(["x"] * (FEWEST - 1)).outlier("xxx") is None
    assert Lengths(["x"] * FEWEST).outlier("x") == 0


def test_what_is_unlike_the_training_part_ranks_high() -> None:
    words, parts = random.Random(1), ["shaft", "rotor", "wheel", "gear", "bearing", "axle", "motor", "housing"]
    known = [" ".join(words.choices(parts, k=6)) for _ in range(200)]
    novelty = Novelty(known)
    assert novelty.distance("polypeptide sequence of a virus") == 1
    assert (novelty.distance(known[3]) or 0) == 0
    assert (novelty.distance("") or 0) == 1
    assert Novelty(known[:20]).distance("anything") is None
    assert Novelty(["…"] * FEWEST).distance("…") is not None, "texts without words"


def test_search() -> None:
    query = Facts("2010-01-01", "F")
    assert search.eligible(["2000-01-01", "2009-12-31", "2010-01-01"], 2, query) == 4
    assert search.eligible([], 0, Facts("", "")) is None
    assert search.flat_scores([("a", 1.0)] * 9) is None
    assert search.flat_scores([("a", 0.0)] * 10) == 0
    found = Collection([("late", Facts("2010-01-01", "")), ("own", Facts("", "F")), ("other", Facts("", ""))])
    numbers = found.numbers(["other", "own", "late"])
    assert search.date_violations(found.late(numbers, query)) == 1
    assert search.family_self_hits(found.own(numbers, query)) == 1


@pytest.mark.parametrize(("text", "empty"), [("", 1), (" \n…—", 1), ("(12)", 0), ("部", 0), ("a", 0)])
def test_empty_input(text: str, empty: float) -> None:
    assert common.input_empty(text) == empty


def test_what_an_adapter_tells_and_what_the_manifest_says() -> None:
    assert common.input_truncated({"unread": 0.25}) == 0.25
    assert common.input_truncated({"seconds": 1}) is None
    assert common.input_truncated(None) is None
    assert [common.label_not_human(origin) for origin in ("H", "M", "G", None)] == [0, 1, 1, None]


def test_a_policy_names_items_and_sections() -> None:
    policy = Policy(name="p", audit_probability=0, always={"items": ["a"], "sections": ["C"]}, requested=["b"])  # type: ignore[arg-type]
    assert common.asked_for(policy, "a") == {"POLICY_ALWAYS": 1, "REVIEWER_REQUEST": 0}
    assert common.asked_for(policy, "b", "C07D 3/00") == {"POLICY_ALWAYS": 1, "REVIEWER_REQUEST": 1}
    assert common.asked_for(policy, "c", "A01B") == {"POLICY_ALWAYS": 0, "REVIEWER_REQUEST": 0}
    assert common.asked_for(policy, "c", "rubbish") == {"POLICY_ALWAYS": 0, "REVIEWER_REQUEST": 0}


def test_named_items_are_flagged_even_where_there_is_no_answer(place: Any) -> None:
    place.classification([{"id": f"d{n}", "text": f"text {n}", "main": "A01B"} for n in range(4)])
    named = {"always": {"items": ["d1"]}, "requested": ["d2"], "audit_probability": 0.0}
    _, run = place.run(place.tricky({"d1": "failure"}), oversight=named)
    reasons = {row["item_id"]: {reason["code"] for reason in row["reasons"]} for row in run.read_table("flags")}
    assert {"POLICY_ALWAYS", "MODEL_ERROR"} <= reasons["d1"]
    assert "REVIEWER_REQUEST" in reasons["d2"]
    assert not {"POLICY_ALWAYS", "REVIEWER_REQUEST"} & reasons["d0"]


def _benchmarks(place: Any, mark: str, symbol: str) -> dict[str, tuple[Any, list[Any]]]:
    """The same items with other labels, references and judgments, and answers to them."""
    train = [{"id": f"t{n}", "text": f"soil plough {n} of kind {n % 7}", "main": "A01B"} for n in range(120)]
    test = [{"id": f"d{n}", "text": f"a plough {n} for soil", "main": symbol} for n in range(4)]
    corpus = [{"id": f"c{n}", "text": "thing", "date": "2000-01-01"} for n in range(12)]
    queries = [{"id": "q", "text": "a thing that turns", "date": "2010-01-01"}]
    segments = [{"id": f"s{n}", "source": f"claim {n} does not hold", "target": f"{mark} {n}"} for n in range(4)]
    hits = [[f"c{n}", 1.0 - n / 20] for n in range(12)]
    return {
        "classification": (
            place.open(place.classification(test, train, name=f"n{mark}")),
            [[["A01B", 0.5], ["H04L", 0.4]], [], Failure("no"), [["A01C", 0.9]]],
        ),
        "translation": (
            place.open(place.translation(segments, name=f"n{mark}")),
            [
                {"text": "reivindicación 0", "score": 0.5},
                {"text": "", "score": None},
                Failure("no"),
                {"text": "no", "score": 1},
            ],
        ),
        "search": (place.open(place.search(corpus, queries, [("q", f"c{len(mark)}", "X")], name=f"n{mark}")), [hits]),
    }


def test_no_signal_sees_a_label_or_the_order_of_the_items(place: Any) -> None:
    one, other = _benchmarks(place, "uno", "A01B"), _benchmarks(place, "segundo", "H04L")
    for name in one:
        found = []
        for benchmark, answers in (one[name], other[name]):
            task = task_named(name)
            items = list(task.items(benchmark))
            together = task.signals(benchmark, items, answers)
            forward = {item.id: signals for item, signals in zip(items, together, strict=True)}
            again = task_named(name)
            pairs = reversed(list(zip(items, answers, strict=True)))
            assert forward == {item.id: again.signals(benchmark, [item], [answer])[0] for item, answer in pairs}
            found.append(forward)
        assert found[0] == found[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=130), st.text(max_size=40))
def test_no_text_makes_the_background_raise(known: list[str], text: str) -> None:
    background = Background(known, known)
    for value in (background.lengths.outlier(text), background.novelty.distance(text)):
        assert value is None or 0 <= value <= 1
