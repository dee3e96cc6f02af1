"""Wilson and bootstrap intervals against SciPy, against loops over scikit-learn, and by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.metrics import f1_score

from wild_aieval.metrics import aggregates, labels, statistics
from wild_aieval.metrics.aggregates import Aggregate, Floats
from wild_aieval.metrics.values import MeasureValue

SHARES = [0.0, 0.01, 0.3, 0.5, 0.99, 1.0]


def one(aggregate: Aggregate, clusters: list[str] | None = None, seed: int = 0) -> MeasureValue:
    """One measure alone."""
    return statistics.summarise({"m": aggregate}, clusters, seed)["m"]


def ratio(top: Any, bottom: Any) -> Aggregate:
    return Aggregate("ratio", np.column_stack([top, bottom]).astype(np.float64), "ratio")


def macro(guesses: Any, truths: Any) -> Aggregate:
    counts, classes = labels.class_counts([[str(guess)] for guess in guesses], [[str(truth)] for truth in truths])
    return Aggregate("macro_f1", counts, "macro", classes)


def samples(aggregate: Aggregate, clusters: list[str] | None = None, seed: int = 0, resamples: int = 2000) -> Floats:
    units = statistics.units_of(aggregate.rows, clusters)
    return statistics.bootstrap({"m": (units, aggregate.measure)}, seed, resamples)["m"]


@pytest.mark.parametrize("n", [1, 2, 10, 97, 1000, 100_000])
@pytest.mark.parametrize("share", SHARES)
def test_wilson_equals_scipy(n: int, share: float) -> None:
    successes = round(share * n)
    expected = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert statistics.wilson(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("n", range(1, 60))
def test_wilson_ends_are_exact(n: int) -> None:
    assert statistics.wilson(0, n)[0] == 0.0
    assert statistics.wilson(n, n)[1] == 1.0


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_what_is_no_proportion(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="items"):
        statistics.wilson(successes, n)


@pytest.mark.parametrize("share", SHARES)
def test_a_share_of_items_has_the_interval_of_wilson(share: float) -> None:
    hits = np.arange(300) < round(300 * share)
    value = one(aggregates.mean([*hits.astype(float), None, None], "share"))
    assert value == MeasureValue(
        pytest.approx(hits.mean(), abs=1e-12), *statistics.wilson(hits.sum(), 300), 300, "share|ci:wilson95"
    )


def _assert_scipy_agrees(
    data: tuple[Any, ...], statistic: Callable[..., Any], aggregate: Aggregate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SciPy's BCa on resamples of its own, and on ours, where it must agree to the last digits."""
    theirs = stats.bootstrap(
        data, statistic, paired=len(data) > 1, vectorized=False, n_resamples=4000, method="BCa", rng=1
    )
    mine = one(aggregate, seed=2)
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert mine.low == pytest.approx(theirs.confidence_interval.low, abs=0.06 * width)
    assert mine.high == pytest.approx(theirs.confidence_interval.high, abs=0.06 * width)

    monkeypatch.setattr(statistics, "_expanded_z", lambda count: statistics.Z_95)
    ours = dataclasses.replace(theirs, bootstrap_distribution=samples(aggregate, seed=2))
    expected = stats.bootstrap(
        data, statistic, paired=len(data) > 1, vectorized=False, n_resamples=0, method="BCa", bootstrap_result=ours
    ).confidence_interval
    mine = one(aggregate, seed=2)
    assert (mine.low, mine.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert ",2000,bca,items:" in mine.signature


@pytest.mark.parametrize("seed", range(3))
def test_bootstrap_of_a_mean_equals_scipy(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(seed).beta(0.4, 0.8, 300)
    aggregate = aggregates.mean(values, "mean")
    assert one(aggregate).value == pytest.approx(values.mean(), abs=1e-12)
    _assert_scipy_agrees((values,), np.mean, aggregate, monkeypatch)


def test_bootstrap_of_a_ratio_equals_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(8)
    wanted = generator.integers(1, 6, 300)
    kept = generator.binomial(wanted, 0.8)
    aggregate = ratio(kept, wanted)
    assert one(aggregate).value == pytest.approx(kept.sum() / wanted.sum(), abs=1e-12)
    _assert_scipy_agrees((kept, wanted), lambda top, bottom: top.sum() / bottom.sum(), aggregate, monkeypatch)


def test_bootstrap_of_macro_f1_equals_scipy_over_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(4)
    truths = generator.integers(0, 4, 300)
    guesses = np.where(generator.random(300) < 0.6, truths, generator.integers(0, 4, 300))

    def statistic(true: Any, given: Any) -> float:
        # scikit-learn takes milliseconds for each of the thousands of resamples, and bincount microseconds.
        counts = np.bincount(4 * true + given, minlength=16).reshape(4, 4)
        return float((2 * np.diag(counts) / (counts.sum(axis=0) + counts.sum(axis=1))).mean())

    expected = f1_score(truths, guesses, average="macro", zero_division=0)
    assert statistic(truths, guesses) == pytest.approx(expected, abs=1e-12)
    assert one(macro(guesses, truths)).value == pytest.approx(expected, abs=1e-12)
    _assert_scipy_agrees((truths, guesses), statistic, macro(guesses, truths), monkeypatch)


def test_resamples_of_macro_f1_are_those_of_a_loop_over_scikit_learn() -> None:
    generator = np.random.default_rng(4)
    truths = generator.integers(0, 6, 200).astype(str)
    guesses = np.where(generator.random(200) < 0.6, truths, generator.integers(0, 7, 200).astype(str))
    draws = generator.integers(0, 200, (400, 200))
    loop = [f1_score(truths[draw], guesses[draw], average="macro", zero_division=0) for draw in draws]
    low, high = np.percentile(loop, [2.5, 97.5])
    mine = np.percentile(samples(macro(guesses, truths), seed=2), [2.5, 97.5])
    assert mine == pytest.approx([low, high], abs=0.12 * (high - low))


def test_acceleration_by_hand() -> None:
    # Values 0, 0, 0, 1, 4. The mean without one of them: 5/4 three times, 1, 1/4; their mean is 1. Away from it:
    # -1/4 three times, 0, 3/4. Squares sum to 3/4, cubes to 3/8: (3/8) / (6 * (3/4)^1.5) = 1 / (6 * sqrt(3)).
    rows = np.column_stack([[0.0, 1, 0, 4, 0], np.ones(5)])
    items = statistics.Units(rows, np.ones(5), 5)
    cells = statistics.Units(np.array([[0.0, 1], [1, 1], [4, 1]]), np.array([3.0, 1, 1]), 5)
    for units in (items, cells, items._replace(rows=sparse.csr_array(rows))):
        assert statistics._acceleration(units, aggregates.ratio_of_sums) == pytest.approx(1 / (6 * np.sqrt(3)))
    mirrored = items._replace(rows=np.column_stack([4 - rows[:, 0], np.ones(5)]))
    assert statistics._acceleration(mirrored, aggregates.ratio_of_sums) == pytest.approx(-1 / (6 * np.sqrt(3)))


def test_levels_by_hand() -> None:
    # 64 of 100 resamples lie below the value and 2 at it: bias z(0.65). The rest of the formula is Efron's.
    known = np.array([0.0] * 64 + [1.0] * 2 + [2.0] * 34)
    units = statistics.Units(np.column_stack([[0.0, 1, 0, 4, 0], np.ones(5)]), np.ones(5), 5)
    bias, acceleration = stats.norm.ppf(0.65), 1 / (6 * np.sqrt(3))
    expected = []
    for tail in (0.025, 0.975):
        moved = bias + np.sqrt(5 / 4) * stats.t(4).ppf(tail)
        expected.append(stats.norm.cdf(bias + moved / (1 - acceleration * moved)))
    assert statistics._levels(known, 1.0, units, aggregates.ratio_of_sums) == pytest.approx(tuple(expected))


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_few_units_widen_the_levels_as_students_t_does(n: int) -> None:
    # A mean's bootstrap SD is sqrt((n - 1) / n) of the standard error: expanded, z times it is t times the error.
    low, high = statistics._expanded(n)
    assert stats.norm.ppf(low) * np.sqrt((n - 1) / n) == pytest.approx(stats.t(n - 1).ppf(0.025))
    assert low + high == pytest.approx(1)


@pytest.mark.parametrize("few", [0, 10**9])
def test_resamples_do_not_depend_on_the_chunks(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "_FEW", few)
    aggregate = ratio(*np.random.default_rng(0).random((2, 57)))
    whole = samples(aggregate, seed=5)
    monkeypatch.setattr(statistics, "_CHUNK_CELLS", 500)
    assert samples(aggregate, seed=5) == pytest.approx(whole, abs=1e-12)


def test_acceleration_does_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    units = statistics.units_of(np.random.default_rng(0).random((57, 2)), None)
    whole = statistics._acceleration(units, aggregates.ratio_of_sums)
    monkeypatch.setattr(statistics, "_CHUNK_CELLS", 20)
    assert statistics._acceleration(units, aggregates.ratio_of_sums) == pytest.approx(whole, abs=1e-12)


def test_drawing_cells_has_the_distribution_of_drawing_items(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(3)
    wanted = generator.integers(1, 3, 60)
    aggregate = ratio(generator.binomial(wanted, 0.8), wanted)
    monkeypatch.setattr(statistics, "_FEW", 0)
    assert len(statistics.units_of(aggregate.rows, None).times) == len(np.unique(aggregate.rows, axis=0)) < 6
    cells = samples(aggregate, seed=1, resamples=40_000)
    monkeypatch.setattr(statistics, "_FEW", 10**9)
    assert len(statistics.units_of(aggregate.rows, None).times) == 60
    items = samples(aggregate, seed=1, resamples=40_000)
    assert cells.std() == pytest.approx(items.std(), rel=0.015)
    levels = [0.005, 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 0.995]
    assert np.quantile(cells, levels) == pytest.approx(np.quantile(items, levels), abs=0.1 * items.std())
    assert stats.ks_2samp(cells, items).pvalue > 0.01


def test_sparse_rows_equal_dense_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_RARE", 1.0)
    rows = np.random.default_rng(1).integers(0, 2, (80, 9)).astype(np.float64)
    clusters = [f"f{number % 13}" for number in range(80)]
    for chosen in (None, clusters):
        for few in (8, 0):
            monkeypatch.setattr(statistics, "_FEW", few)
            dense = one(Aggregate("macro_f1", rows, "x", ("a", "b", "c")), chosen, 1)
            thin = one(Aggregate("macro_f1", sparse.csr_array(rows), "x", ("a", "b", "c")), chosen, 1)
            assert (thin.value, thin.low, thin.high) == pytest.approx((dense.value, dense.low, dense.high), abs=1e-12)
            assert thin.signature == dense.signature
            assert "bca" in dense.signature


def test_clusters_resample_whole_clusters_by_hand() -> None:
    # Two clusters, all right (3 items) and all wrong (1 item): a resample has both (3/4), or the first
    # twice (1), or the second twice (0), so the interval is all of [0, 1].
    value = one(aggregates.mean([1.0, 1, 1, 0], "m"), ["a", "a", "a", "b"])
    assert (value.value, value.low, value.high, value.n) == (0.75, 0.0, 1.0, 4)
    assert "clusters:2" in value.signature


def test_clusters_have_the_interval_of_their_sums() -> None:
    generator = np.random.default_rng(6)
    hits, clusters = generator.integers(0, 2, 90), [f"c{number:02d}" for number in generator.integers(0, 25, 90)]
    names = list(dict.fromkeys(clusters))  # in the order in which they come
    sums = [[hit for hit, cluster in zip(hits, clusters, strict=True) if cluster == name] for name in names]
    # Each cluster by hand as one item of a ratio.
    whole = one(ratio([sum(hits) for hits in sums], [len(hits) for hits in sums]), seed=4)
    value = one(aggregates.mean(hits.astype(np.float64), "m"), clusters, 4)
    assert (value.value, value.low, value.high) == (whole.value, whole.low, whole.high)
    assert (value.n, whole.n) == (90, len(names))


def test_items_that_have_no_part_in_a_measure_are_no_clusters_of_it() -> None:
    values = [1.0, 0.0, 1.0, None, None, 1.0]
    clusters = ["a", "a", "b", "c", "c", "b"]
    value = one(aggregates.mean(values, "m"), clusters)
    assert value == one(aggregates.mean([1.0, 0.0, 1.0, 1.0], "m"), ["a", "a", "b", "b"])
    assert (value.n, "clusters:2," in value.signature) == (4, True)


def test_all_right_in_clusters_is_not_certainty() -> None:
    value = one(aggregates.mean(np.ones(40), "p"), [str(number // 4) for number in range(40)])
    assert (value.low, value.high) == statistics.wilson(10, 10)
    assert (value.value, value.n, value.signature) == (1.0, 40, "p|ci:wilson95,clusters:10")


def test_one_item_or_one_cluster_has_no_interval() -> None:
    for rows, clusters in (([[1.0, 2.0]], None), ([[1.0, 2.0], [0.0, 1.0]], ["a", "a"])):
        value = one(Aggregate("ratio", np.array(rows), "r"), clusters)
        assert value.value is not None
        assert (value.low, value.high) == (None, None)
        assert value.signature.endswith("|ci:none,clusters:1" if clusters else "|ci:none,items:1")


# Rows of an item that fails and of one that succeeds entirely; a TER of 100 is the failure.
EXTREMES: dict[str, tuple[list[float], list[float]]] = {
    "ratio": ([0, 2], [2, 2]),
    "f1": ([0, 2, 1], [2, 2, 2]),
    "macro_f1": ([0, 0, 1], [1, 1, 1]),
    "bleu": ([5, 6, 0, 0, 0, 0, 5, 4, 3, 2], [6, 6, 6, 5, 4, 3, 6, 5, 4, 3]),
    "chrf": ([0, 5, 0, 0, 4, 0], [5, 5, 5, 4, 4, 4]),
    "ter": ([0, 7], [7, 7]),
}


@pytest.mark.parametrize("extreme", [0, 1])
@pytest.mark.parametrize("form", EXTREMES)
def test_nothing_but_failures_or_successes_is_not_certainty(form: str, extreme: int) -> None:
    rows = np.array([EXTREMES[form][extreme]] * 30, dtype=np.float64)
    aggregate = Aggregate(form, rows, "r", ("a",) if form == "macro_f1" else ())
    value = one(aggregate)
    low, high = statistics.wilson(30 * extreme, 30)
    scale = aggregate.scale
    assert (value.value, value.low, value.high) == (scale * extreme, scale * low, scale * high)
    assert value.signature == "r|ci:wilson95,items:30"


def test_resamples_without_a_value_are_left_out() -> None:
    # One item of three carries all labels: resamples without it have no F1.
    rows = np.array([[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    drawn = samples(Aggregate("f1", rows, "f1"))
    assert 0 < np.isnan(drawn).sum() < len(drawn)
    value = one(Aggregate("f1", rows, "f1"))
    assert (value.value, value.low, value.high) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def _zipf(classes: int, n: int) -> Aggregate:
    """A classifier that is right in 6 of 10 items, on classes whose frequencies fall as 1 / rank."""
    generator = np.random.default_rng(0)
    weights = 1 / np.arange(1, classes + 1)
    truths, others = generator.choice(classes, (2, n), p=weights / weights.sum())
    return macro(np.where(generator.random(n) < 0.6, truths, others), truths)


def test_macro_f1_of_many_rare_classes_has_no_interval_and_says_why() -> None:
    aggregate = _zipf(60, 200)
    value = one(aggregate)
    rare = int((np.asarray(aggregate.rows.sum(axis=0))[2::3] < 5).sum())
    assert rare > len(aggregate.columns) / 2
    assert (value.value, value.low, value.high, value.n) == (aggregate.value(), None, None, 200)
    assert value.signature == f"macro|ci:none,rare classes:{rare}"


def test_macro_f1_of_frequent_classes_has_an_interval() -> None:
    value = one(_zipf(6, 1000))
    assert value.low is not None
    assert value.high is not None
    assert 0.3 < value.low < value.high < 0.9


def test_a_measure_that_resamples_miss_has_no_interval_and_says_why() -> None:
    # 120 classes with eight items each are not rare, but macro F1 of a resample lies about one SD too low.
    generator = np.random.default_rng(0)
    truths = np.arange(960) % 120
    aggregate = macro(np.where(generator.random(960) < 0.5, truths, generator.integers(0, 120, 960)), truths)
    drawn = samples(aggregate)
    bias = (aggregate.value() - drawn.mean()) / drawn.std()
    assert bias > 0.75
    value = one(aggregate)
    assert (value.value, value.low, value.high, value.n) == (aggregate.value(), None, None, 960)
    assert value.signature == f"macro|ci:none,bias:{bias:.2f} SD,items:960"


@pytest.mark.parametrize("width", [3, 26, 60])
def test_equal_rows_are_one_cell_wherever_they_stand(width: int) -> None:
    generator = np.random.default_rng(width)
    for n in (37, 1001, 5003):
        rows = generator.integers(0, 300, (7, width)).astype(np.float64)[generator.integers(0, 7, n)]
        first, inverse = statistics._distinct(rows)
        assert len(first) == 7
        assert (rows[first][inverse] == rows).all()


def test_one_rare_class_in_ten_is_allowed_and_two_are_not() -> None:
    for rare, measured in ((0, True), (1, True), (2, False)):
        truths = [number % (10 - rare) for number in range(100)] + [10 - place for place in range(1, rare + 1)] * 4
        value = one(macro([*reversed(truths)], truths))
        assert statistics.rare_classes(macro([*reversed(truths)], truths)) == rare
        assert (value.low is not None) == measured


def test_a_measure_has_the_same_interval_alone_and_among_others() -> None:
    generator = np.random.default_rng(9)
    found = {
        "mean": aggregates.mean(generator.random(90), "mean"),
        "other": aggregates.mean(generator.random(90), "other"),
        "fewer": aggregates.mean([*generator.random(50), *[None] * 40], "fewer"),
        "share": aggregates.mean(generator.integers(0, 2, 90).astype(np.float64), "share"),
        "cells": ratio(generator.integers(0, 2, 90), np.full(90, 2)),
        "macro": macro(generator.integers(0, 3, 90), generator.integers(0, 3, 90)),
    }
    for clusters in (None, [f"c{number // 3}" for number in range(90)]):
        together = statistics.summarise(found, clusters, 3)
        assert list(together) == list(found)
        assert together == {name: one(aggregate, clusters, 3) for name, aggregate in found.items()}


def test_measures_of_the_same_items_share_their_resamples() -> None:
    values = np.random.default_rng(2).random(70)
    drawn = statistics.bootstrap(
        {
            name: (statistics.units_of(aggregates.mean(side, "m").rows, None), aggregates.ratio_of_sums)
            for name, side in (("value", values), ("rest", 1 - values))
        },
        0,
        500,
    )
    assert drawn["value"] + drawn["rest"] == pytest.approx(np.ones(500), abs=1e-12)
    assert drawn["value"].std() > 0.01
