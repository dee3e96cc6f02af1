"""Numbers that can be looked up: how many labels a promise needs, exact tests, and their agreement with scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from wild_aieval.oversight.risk import bounds

TABLE = {  # errors: smallest n at alpha = 1, 2, 5, 10, 20 %, for delta = 5 % and 1 %
    0: "299 459 149 228 59 90 29 44 14 21",
    1: "473 662 236 330 93 130 46 64 22 31",
    2: "628 838 313 418 124 165 61 81 30 39",
    3: "773 1001 386 499 153 198 76 97 37 47",
    5: "1049 1307 523 652 208 259 103 127 50 62",
    10: "1693 2010 845 1003 336 398 167 197 82 96",
    20: "2902 3304 1449 1649 577 656 286 325 141 159",
}


@pytest.mark.parametrize("errors", TABLE)
def test_smallest_samples(errors: int) -> None:
    found = [bounds.smallest_sample(errors, a, d) for a in (0.01, 0.02, 0.05, 0.1, 0.2) for d in (0.05, 0.01)]
    assert found == [int(n) for n in TABLE[errors].split()]


def test_smallest_samples_of_several_offices_together() -> None:
    found = {g: [bounds.smallest_sample(k, 0.05, 0.05 / g) for k in (0, 2, 5)] for g in (1, 3, 5, 8, 10, 20)}
    assert found == {
        1: [59, 124, 208], 3: [80, 153, 243], 5: [90, 165, 259], 8: [99, 177, 272], 10: [104, 182, 279],
        20: [117, 199, 299],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("n", "allowed", "power"),
    [
        (59, 0, (0.55, 0.30, 0.17, 0.09)), (100, 1, (0.74, 0.40, 0.20, 0.09)), (200, 4, (0.95, 0.63, 0.28, 0.10)),
        (300, 8, (1.0, 0.85, 0.45, 0.15)), (500, 16, (1.0, 0.97, 0.67, 0.22)), (1000, 38, (1.0, 1.0, 0.94, 0.41)),
        (2000, 83, (1.0, 1.0, 1.0, 0.66)),
    ],
)  # fmt: skip
def test_errors_that_are_allowed_and_the_power_they_give(n: int, allowed: int, power: tuple[float, ...]) -> None:
    rate = bounds.certifiable_rate(n, 0.05, 0.05)
    assert rate is not None
    assert round(rate * n) == allowed
    assert [stats.binom.cdf(allowed, n, e) for e in (0.01, 0.02, 0.03, 0.04)] == pytest.approx(power, abs=0.006)
    assert bounds.certifiable_rate(58, 0.05, 0.05) is None


def test_binomial_p_agrees_with_scipy_and_is_valid() -> None:
    n, k = np.meshgrid(np.arange(0, 60), np.arange(0, 60), indexing="ij")
    fitting = k <= n
    found = bounds.binomial_p(k[fitting], n[fitting], 0.07)
    assert found == pytest.approx(stats.binom.cdf(k[fitting], n[fitting], 0.07), abs=1e-12)
    assert float(bounds.binomial_p(np.array(0.0), np.array(0.0), 0.05)) == 1.0
    for alpha in (0.01, 0.05, 0.3):  # P(p <= delta) <= delta at the edge of the null
        counts = np.arange(201.0)
        p = bounds.binomial_p(counts, np.full(201, 200.0), alpha)
        assert stats.binom.pmf(counts, 200, alpha)[p <= 0.05].sum() <= 0.05


def test_hoeffding_bentkus_is_its_formula_and_never_better_than_exact() -> None:
    n, alpha = 300.0, 0.05
    for total in (0.0, 1.0, 3.5, 9.0, 14.0, 30.0):
        rate = min(total / n, alpha)
        h = (rate * math.log(rate / alpha) if rate else 0.0) + (1 - rate) * math.log((1 - rate) / (1 - alpha))
        expected = min(1.0, math.exp(-n * h), math.e * stats.binom.cdf(math.ceil(total), n, alpha))
        found = float(bounds.hoeffding_bentkus_p(np.array(total), np.array(n), alpha))
        assert found == pytest.approx(expected)
        assert found >= float(bounds.binomial_p(np.array(math.floor(total)), np.array(n), alpha)) - 1e-12
    assert float(bounds.hoeffding_bentkus_p(np.array(0.0), np.array(0.0), alpha)) == 1.0
    assert float(bounds.hoeffding_bentkus_p(np.array(0.1 + 0.2), np.array(300.0), alpha)) == pytest.approx(
        float(bounds.hoeffding_bentkus_p(np.array(0.3), np.array(300.0), alpha))
    )


def test_what_more_labels_would_do() -> None:
    assert bounds.error_free_needed(0, 41, 0.05, 0.05) == 18
    assert bounds.error_free_needed(2, 124, 0.05, 0.05) == 0
    assert bounds.error_free_needed(2.5, 124, 0.05, 0.05) == 29
    assert bounds.items_needed(0.0, 0.05, 0.05) == 59
    assert bounds.items_needed(0.05, 0.05, 0.05) is None
    needed = [bounds.items_needed(rate, 0.05, 0.05) for rate in (0.0, 0.01, 0.02, 0.03, 0.04)]
    assert needed == sorted(needed, key=lambda n: n or 0)


def test_clopper_pearson_agrees_with_scipy() -> None:
    for k, n in ((0, 10), (3, 40), (40, 40), (7, 300)):
        exact = stats.binomtest(k, n).proportion_ci(method="exact")
        assert bounds.clopper_pearson(k, n) == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert bounds.clopper_pearson(0, 0) == (0.0, 1.0)
