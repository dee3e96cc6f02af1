"""What holds for every set of label answers and every interval, whatever the data."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wild_aieval.metrics import labels, statistics
from wild_aieval.metrics.values import MeasureValue

CLASSES = "ABCDEF"
ranked = st.lists(st.sampled_from(CLASSES), unique=True, max_size=4)
assigned = st.lists(st.sampled_from(CLASSES), unique=True, min_size=1, max_size=3)
answers = st.lists(st.tuples(ranked, assigned), min_size=1, max_size=12)
rows_of_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)
ratios = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20)
Answers = list[tuple[list[str], list[str]]]


def _measures(items: Answers, clusters: list[str] | None = None) -> dict[str, MeasureValue]:
    guesses, truths = [guess for guess, _ in items], [truth for _, truth in items]
    firsts, mains = [guess[:1] for guess in guesses], [truth[:1] for truth in truths]
    indicators, classes = labels.class_counts(firsts, mains)
    common: dict[str, Any] = {"clusters": clusters, "seed": 0}
    return {
        "first": statistics.proportion(labels.hits(guesses, mains, 1), "first", **common),
        "three": statistics.proportion(labels.hits(guesses, truths, 3), "three", **common),
        "micro": statistics.from_sums(labels.set_overlap(guesses, truths), labels.f1_of_overlap, "micro", **common),
        "macro": statistics.from_sums(indicators, labels.macro_f1(classes), "macro", **common),
    }


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "RESAMPLES", 60)


def _values(measures: dict[str, MeasureValue]) -> dict[str, float | None]:
    return {name: measure.value for name, measure in measures.items()}


def _bounds(measure: MeasureValue) -> tuple[float, float]:
    """The interval; where one unit alone gives none, the value."""
    if measure.low is None or measure.high is None:
        assert "|ci:none," in measure.signature
        assert measure.value is not None
        return measure.value, measure.value
    return measure.low, measure.high


@given(answers, st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(items: Answers, shuffler: random.Random) -> None:
    shuffled = shuffler.sample(items, len(items))
    assert _values(_measures(shuffled)) == pytest.approx(_values(_measures(items)), abs=1e-12)


@given(answers)
def test_label_measures_and_intervals_stay_in_bounds(items: Answers) -> None:
    for measure in _measures(items).values():
        low, high = _bounds(measure)
        assert 0 <= low <= measure.value <= high <= 1  # type: ignore[operator]
        assert measure.n == len(items)


@given(answers, st.data())
def test_an_item_in_error_never_raises_a_share(items: Answers, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, len(items) - 1))
    broken = [([], truth) if number == lost else (guess, truth) for number, (guess, truth) in enumerate(items)]
    before, after = _values(_measures(items)), _values(_measures(broken))
    for name in ("first", "three"):
        assert after[name] <= before[name]  # type: ignore[operator]


@given(answers, st.data())
def test_losing_a_right_answer_never_raises_f1(items: Answers, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, len(items) - 1))
    right = [(truth if number == lost else guess, truth) for number, (guess, truth) in enumerate(items)]
    broken = [([], truth) if number == lost else (guess, truth) for number, (guess, truth) in enumerate(items)]
    before, after = _values(_measures(right)), _values(_measures(broken))
    for name in ("micro", "macro"):
        assert after[name] <= before[name] + 1e-12  # type: ignore[operator]


@given(answers)
def test_more_guesses_never_lose_a_hit(items: Answers) -> None:
    guesses, truths = [guess for guess, _ in items], [truth for _, truth in items]
    at = [labels.hits(guesses, truths, depth) for depth in range(5)]
    assert all((deeper >= shallower).all() for shallower, deeper in itertools.pairwise(at))


@given(rows_of_values)
def test_a_mean_lies_in_its_interval(values: list[float]) -> None:
    found = statistics.mean(np.array(values), "mean", clusters=None, seed=0)
    low, high = _bounds(found)
    assert -1e-12 <= low <= found.value <= high <= 1 + 1e-12  # type: ignore[operator]


@given(ratios)
def test_a_ratio_lies_in_its_interval_or_is_not_measured(pairs: list[tuple[int, int]]) -> None:
    rows = np.array([(min(pair), max(pair)) for pair in pairs], dtype=np.float64)
    found = statistics.from_sums(rows, lambda s: s[:, 0] / s[:, 1], "ratio", clusters=None, seed=0)
    if rows[:, 1].sum() == 0:
        assert (found.value, found.low, found.high) == (None, None, None)
    else:
        low, high = _bounds(found)
        assert low <= found.value <= high  # type: ignore[operator]


@given(answers)
def test_clusters_of_one_item_give_the_same_values(items: Answers) -> None:
    single = [f"c{number:02d}" for number in range(len(items))]
    plain, clustered = _measures(items), _measures(items, single)
    assert _values(clustered) == pytest.approx(_values(plain), abs=1e-12)
    for name in ("micro", "macro"):  # names in item order: the very same resamples
        assert clustered[name].low == pytest.approx(plain[name].low, abs=1e-12)
        assert clustered[name].high == pytest.approx(plain[name].high, abs=1e-12)


@given(answers, st.data())
def test_clusters_change_no_value(items: Answers, data: st.DataObject) -> None:
    clusters = data.draw(st.lists(st.sampled_from("xyz"), min_size=len(items), max_size=len(items)))
    assert _values(_measures(items, clusters)) == pytest.approx(_values(_measures(items)), abs=1e-12)


@given(st.integers(1, 500), st.data())
def test_wilson_holds_its_share_and_is_symmetric(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    low, high = statistics.wilson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1
    mirrored = statistics.wilson(n - successes, n)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-12)


@settings(max_examples=30)
@given(rows_of_values, st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_interval(values: list[float], seed: int) -> None:
    first = statistics.mean(np.array(values), "mean", clusters=None, seed=seed)
    assert first == statistics.mean(np.array(values), "mean", clusters=None, seed=seed)
