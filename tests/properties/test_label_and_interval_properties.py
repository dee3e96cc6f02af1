"""What holds for every set of label answers and every interval, whatever the data."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wild_aieval.metrics import aggregates, labels, statistics
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.metrics.values import MeasureValue

CLASSES = "ABCDEF"
ranked = st.lists(st.sampled_from(CLASSES), unique=True, max_size=4)
assigned = st.lists(st.sampled_from(CLASSES), unique=True, min_size=1, max_size=3)
answers = st.lists(st.tuples(ranked, assigned), min_size=1, max_size=12)
rows_of_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)
ratios = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20)
Answers = list[tuple[list[str], list[str]]]


def _aggregates(items: Answers) -> dict[str, Aggregate]:
    guesses, truths = [guess for guess, _ in items], [truth for _, truth in items]
    firsts, mains = [guess[:1] for guess in guesses], [truth[:1] for truth in truths]
    counts, classes = labels.class_counts(firsts, mains)
    return {
        "first": aggregates.mean(labels.hits(guesses, mains, 1), "first"),
        "three": aggregates.mean(labels.hits(guesses, truths, 3), "three"),
        "micro": Aggregate("f1", labels.set_overlap(guesses, truths), "micro"),
        "macro": Aggregate("macro_f1", counts, "macro", classes),
    }


def _measures(items: Answers, clusters: list[str] | None = None) -> dict[str, MeasureValue]:
    return statistics.summarise(_aggregates(items), clusters, 0)


def _one(aggregate: Aggregate, clusters: list[str] | None = None, seed: int = 0) -> MeasureValue:
    return statistics.summarise({"m": aggregate}, clusters, seed)["m"]


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "RESAMPLES", 60)
    # A dozen items have no class that is not rare, and what holds for intervals holds for macro F1, too.
    monkeypatch.setattr(statistics, "MOST_RARE", 1.0)


def _values(measures: dict[str, MeasureValue]) -> dict[str, float | None]:
    return {name: measure.value for name, measure in measures.items()}


def _bounds(measure: MeasureValue) -> tuple[float, float]:
    """The interval; where there is none, the value."""
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
    found = _one(aggregates.mean(values, "mean"))
    low, high = _bounds(found)
    assert -1e-12 <= low <= found.value <= high <= 1 + 1e-12  # type: ignore[operator]


@given(ratios)
def test_a_ratio_lies_in_its_interval_or_is_not_measured(pairs: list[tuple[int, int]]) -> None:
    rows = np.array([(min(pair), max(pair)) for pair in pairs], dtype=np.float64)
    found = _one(Aggregate("ratio", rows, "ratio"))
    if rows[:, 1].sum() == 0:
        assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)
    else:
        low, high = _bounds(found)
        assert low <= found.value <= high  # type: ignore[operator]
        assert found.n == (rows[:, 1] > 0).sum()


@given(answers)
def test_clusters_of_one_item_give_the_same_values(items: Answers) -> None:
    single = [f"c{number:02d}" for number in range(len(items))]
    plain, clustered = _measures(items), _measures(items, single)
    assert _values(clustered) == pytest.approx(_values(plain), abs=1e-12)
    for name in ("micro", "macro"):  # names in item order: the very same resamples
        assert clustered[name].low == pytest.approx(plain[name].low, abs=1e-12)
        assert clustered[name].high == pytest.approx(plain[name].high, abs=1e-12)


@settings(max_examples=40)
@given(answers, st.randoms(use_true_random=False))
def test_the_order_of_many_like_items_changes_nothing(items: Answers, shuffler: random.Random) -> None:
    """Each item eight times: what is drawn are the distinct rows, which have no order."""
    repeated = items * 8
    assert _measures(shuffler.sample(repeated, len(repeated))) == _measures(repeated)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_unlike_items_moves_an_interval_by_resampling_noise_only(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "RESAMPLES", 2000)
    values = np.random.default_rng(seed).random(150)
    before, after = (_one(aggregates.mean(side, "mean")) for side in (values, np.sort(values)))
    assert after.value == pytest.approx(before.value, abs=1e-12)
    error = values.std() / np.sqrt(150)
    assert _bounds(after) != _bounds(before)
    assert _bounds(after) == pytest.approx(_bounds(before), abs=0.4 * error)


@given(answers)
def test_items_given_twice_as_clusters_of_two_have_the_interval_of_items_given_once(items: Answers) -> None:
    names = [f"c{number:02d}" for number in range(len(items))]
    once, twice = _measures(items), _measures(items + items, names + names)
    for name in ("micro", "macro"):
        assert twice[name].value == pytest.approx(once[name].value, abs=1e-12)
        assert _bounds(twice[name]) == pytest.approx(_bounds(once[name]), abs=1e-12)
        assert (once[name].n, twice[name].n) == (len(items), 2 * len(items))


@given(answers, st.data())
def test_the_measure_of_some_items_is_that_of_these_items_alone(items: Answers, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(items))), min_size=1))
    alone, some = _aggregates([items[number] for number in chosen]), _aggregates(items)
    for name, aggregate in alone.items():
        assert some[name].of_items(chosen).value() == pytest.approx(aggregate.value(), abs=1e-12)


@given(answers, st.data())
def test_the_names_of_clusters_change_no_value(items: Answers, data: st.DataObject) -> None:
    clusters = data.draw(st.lists(st.sampled_from("xyz"), min_size=len(items), max_size=len(items)))
    renamed = [{"x": "c", "y": "b", "z": "a"}[name] for name in clusters]
    before, after = _measures(items, clusters), _measures(items, renamed)
    assert _values(after) == pytest.approx(_values(before), abs=1e-12)
    assert [measure.n for measure in after.values()] == [measure.n for measure in before.values()]


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
    aggregate = aggregates.mean(values, "mean")
    assert _one(aggregate, seed=seed) == _one(aggregate, seed=seed)
