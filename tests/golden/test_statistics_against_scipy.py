"""Wilson and bootstrap intervals against SciPy and against loops over scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.metrics import f1_score

from wild_aieval.metrics import labels, statistics


@pytest.mark.parametrize("n", [1, 2, 10, 97, 1000, 100_000])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.99, 1.0])
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


@pytest.mark.parametrize("seed", range(3))
def test_bootstrap_of_a_mean_is_close_to_scipy(seed: int) -> None:
    values = np.random.default_rng(seed).beta(0.4, 0.8, 300)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=1).confidence_interval
    mine = statistics.mean(values, "mean", clusters=None, seed=2)
    assert mine.value == pytest.approx(values.mean(), abs=1e-12)
    width = theirs.high - theirs.low
    assert mine.low == pytest.approx(theirs.low, abs=0.06 * width)
    assert mine.high == pytest.approx(theirs.high, abs=0.06 * width)


def test_bootstrap_of_a_ratio_is_close_to_scipy() -> None:
    generator = np.random.default_rng(8)
    wanted = generator.integers(0, 6, 250)
    kept = generator.binomial(wanted, 0.8)
    theirs = stats.bootstrap(
        (kept, wanted),
        lambda top, bottom, axis: top.sum(axis=axis) / bottom.sum(axis=axis),
        paired=True,
        n_resamples=4000,
        method="percentile",
        rng=1,
    ).confidence_interval
    rows = np.column_stack([kept, wanted]).astype(np.float64)
    mine = statistics.from_sums(rows, lambda s: s[:, 0] / s[:, 1], "ratio", clusters=None, seed=2)
    width = theirs.high - theirs.low
    assert mine.low == pytest.approx(theirs.low, abs=0.06 * width)
    assert mine.high == pytest.approx(theirs.high, abs=0.06 * width)


def test_bootstrap_of_macro_f1_is_close_to_a_loop_over_scikit_learn() -> None:
    generator = np.random.default_rng(4)
    truths = generator.integers(0, 6, 200).astype(str)
    guesses = np.where(generator.random(200) < 0.6, truths, generator.integers(0, 7, 200).astype(str))
    draws = generator.integers(0, 200, (400, 200))
    loop = [f1_score(truths[draw], guesses[draw], average="macro", zero_division=0) for draw in draws]
    low, high = np.percentile(loop, [2.5, 97.5])

    indicators, classes = labels.class_counts([[guess] for guess in guesses], [[truth] for truth in truths])
    mine = statistics.from_sums(indicators, labels.macro_f1(classes), "f1", clusters=None, seed=2)
    assert mine.value == pytest.approx(f1_score(truths, guesses, average="macro", zero_division=0), abs=1e-12)
    assert mine.low == pytest.approx(low, abs=0.12 * (high - low))
    assert mine.high == pytest.approx(high, abs=0.12 * (high - low))


def test_resamples_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).random((57, 2))
    whole = statistics.bootstrap(rows, lambda s: s[:, 0] / s[:, 1], 5)
    monkeypatch.setattr(statistics, "_CHUNK_CELLS", 500)
    assert statistics.bootstrap(rows, lambda s: s[:, 0] / s[:, 1], 5) == pytest.approx(whole, abs=1e-12)


def test_sparse_rows_equal_dense_rows() -> None:
    rows = np.random.default_rng(1).integers(0, 2, (80, 9)).astype(np.float64)
    clusters = [f"f{number % 13}" for number in range(80)]
    for chosen in (None, clusters):
        dense = statistics.from_sums(rows, labels.macro_f1(3), "x", clusters=chosen, seed=1)
        thin = statistics.from_sums(sparse.csr_array(rows), labels.macro_f1(3), "x", clusters=chosen, seed=1)
        assert (thin.value, thin.low, thin.high) == pytest.approx((dense.value, dense.low, dense.high), abs=1e-12)
        assert thin.signature == dense.signature


def test_clusters_resample_whole_clusters_by_hand() -> None:
    # Two clusters, all right (3 items) and all wrong (1 item): a resample has both (3/4), or the first
    # twice (1), or the second twice (0), so the interval is all of [0, 1].
    value = statistics.mean(np.array([1.0, 1, 1, 0]), "m", clusters=["a", "a", "a", "b"], seed=0)
    assert (value.value, value.low, value.high, value.n) == (0.75, 0.0, 1.0, 4)
    assert "clusters:2" in value.signature


def test_all_right_in_clusters_is_not_certainty() -> None:
    value = statistics.proportion(np.ones(40), "p", clusters=[str(number // 4) for number in range(40)], seed=0)
    assert (value.low, value.high) == statistics.wilson(10, 10)
    assert (value.value, value.n, value.signature) == (1.0, 40, "p|ci:wilson95,clusters:10")


def test_one_item_or_one_cluster_has_no_interval() -> None:
    for rows, clusters in ((np.array([[1.0, 2.0]]), None), (np.array([[1.0, 2.0], [0.0, 1.0]]), ["a", "a"])):
        value = statistics.from_sums(rows, lambda s: s[:, 0] / s[:, 1], "r", clusters=clusters, seed=0)
        assert value.value is not None
        assert (value.low, value.high) == (None, None)
        assert value.signature.endswith("|ci:none,clusters:1" if clusters else "|ci:none,items:1")


@pytest.mark.parametrize(("hit", "scale"), [(0.0, 1.0), (1.0, 1.0), (0.0, 100.0), (1.0, 100.0)])
def test_nothing_but_failures_or_successes_is_not_certainty(hit: float, scale: float) -> None:
    rows = np.column_stack([np.full(30, hit), np.ones(30)])
    value = statistics.from_sums(rows, lambda s: scale * s[:, 0] / s[:, 1], "r", clusters=None, seed=0, scale=scale)
    low, high = statistics.wilson(30 * hit, 30)
    assert (value.value, value.low, value.high) == (scale * hit, scale * low, scale * high)
    assert value.signature == "r|ci:wilson95,items:30"


def test_resamples_without_a_value_are_left_out() -> None:
    # One item of three carries the whole denominator: resamples without it have no ratio.
    rows = np.array([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]])
    value = statistics.from_sums(rows, lambda s: s[:, 0] / s[:, 1], "r", clusters=None, seed=0)
    assert (value.value, value.low, value.high) == (0.5, 0.5, 0.5)
