"""Paired tests against SciPy's permutation test and bootstrap, sacreBLEU's paired tests, and cases worked by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest
from scipy import stats

from wild_aieval.metrics import aggregates, labels, paired, translation
from wild_aieval.metrics.aggregates import Aggregate, Floats


def _mean(values: Floats) -> Aggregate:
    return aggregates.mean(values, "x")


def _two(seed: int, n: int, shift: float) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(seed)
    one = generator.beta(2, 2, n)
    return one, np.clip(one + generator.normal(-shift, 0.15, n), 0, 1)


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.12])
def test_randomisation_equals_all_swaps_of_a_small_sample(shift: float) -> None:
    one, other = _two(3, 12, shift)
    away = one - other
    signs = np.array(list(itertools.product([1, -1], repeat=12)))
    exact = (np.abs(signs @ away) >= abs(away.sum()) - 1e-12).mean()
    found = paired.difference(_mean(one), _mean(other), None, seed=1)
    assert found.p == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 10_000) + 1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_randomisation_equals_scipys_permutation_test(seed: int) -> None:
    one, other = _two(seed, 150, 0.02)
    theirs = stats.permutation_test(
        (one, other),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        permutation_type="samples",
        n_resamples=9999,
        vectorized=True,
        rng=5,
    )
    found = paired.difference(_mean(one), _mean(other), None, seed=seed)
    assert found.effect == pytest.approx(theirs.statistic, abs=1e-12)
    assert found.p == pytest.approx(theirs.pvalue, abs=0.02)


def test_the_interval_of_a_difference_equals_scipys_bca() -> None:
    one, other = _two(7, 400, 0.03)
    theirs = stats.bootstrap((one - other,), np.mean, n_resamples=9999, method="BCa", rng=2).confidence_interval
    found = paired.difference(_mean(one), _mean(other), None, seed=2)
    width = theirs.high - theirs.low
    assert found.low == pytest.approx(theirs.low, abs=0.05 * width)
    assert found.high == pytest.approx(theirs.high, abs=0.05 * width)
    assert found.deviation == pytest.approx((one - other).std() / math.sqrt(400), rel=0.03)


TEXT = "the housing (12) comprises a first valve and two springs of 10,000 kPa , wherein claim 1 method"
WORDS = TEXT.split()


def _translations(seed: int, keeping: float, n: int = 120) -> tuple[list[str], list[str]]:
    references_of = np.random.default_rng(0)
    generator = np.random.default_rng(seed)
    references = [references_of.choice(WORDS, references_of.integers(4, 20)).tolist() for _ in range(n)]
    guesses = [[w if generator.random() < keeping else str(generator.choice(WORDS)) for w in r] for r in references]
    return [" ".join(guess) for guess in guesses], [" ".join(reference) for reference in references]


@pytest.mark.parametrize("worse", [0.78, 0.7])
@pytest.mark.parametrize("name", ["BLEU", "chrF2++"])
def test_randomisation_equals_sacrebleus(name: str, worse: float) -> None:
    one, references = _translations(1, 0.8)
    other, _ = _translations(2, worse)
    if name == "BLEU":
        mine, metric = [translation.bleu(texts, references, "en") for texts in (one, other)], BLEU()
    else:
        mine, metric = [translation.chrf(texts, references) for texts in (one, other)], CHRF(word_order=2)
    _, results = PairedTest(
        [("one", one), ("other", other)], {name: metric}, [references], test_type="ar", n_samples=10_000
    )()
    theirs = results[name][1].p_value
    assert theirs is not None
    found = paired.difference(*mine, None, seed=4)
    assert found.p == pytest.approx(theirs, abs=0.02)
    assert found.effect == pytest.approx(results[name][0].score - results[name][1].score, abs=1e-9)


def test_many_equal_rows_give_the_same_test_as_rows_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(9)
    one = (generator.random(400) < 0.62).astype(float)
    other = np.where(generator.random(400) < 0.8, one, generator.random(400) < 0.5).astype(float)
    cells = paired.difference(_mean(one), _mean(other), None, seed=0)
    monkeypatch.setattr("wild_aieval.metrics.statistics._FEW", 10**9)
    rows = paired.difference(_mean(one), _mean(other), None, seed=0)
    assert rows.p == pytest.approx(cells.p, abs=0.015)
    assert (rows.low, rows.high) == pytest.approx((cells.low, cells.high), abs=0.004)
    assert rows.deviation == pytest.approx(cells.deviation, rel=0.03)


def test_macro_f1_of_systems_with_other_classes_is_swapped_class_by_class() -> None:
    # The same truths; the systems guess classes of their own, so their columns differ.
    truths = [["a"], ["a"], ["b"], ["b"], ["c"]] * 6
    one = [["a"], ["x"], ["b"], ["b"], ["c"]] * 6
    other = [["a"], ["y"], ["b"], ["a"], ["z"]] * 6
    sides = []
    for guesses in (one, other):
        counts, classes = labels.class_counts(guesses, truths)
        sides.append(Aggregate("macro_f1", counts, "m", classes))
    found = paired.difference(sides[0], sides[1], None, seed=0)
    # One: a 2*1/(1+2), b 1, c 1, x 0 over 4 classes; other: a 2/(2+2), b 2/(1+2), c 0, y 0, z 0 over 5.
    assert found.effect == pytest.approx((2 / 3 + 2) / 4 - (1 / 2 + 2 / 3) / 5)
    assert found.p is not None
    assert found.p < 0.01
    assert found.above is None


def test_whole_clusters_swap() -> None:
    # 12 clusters of 5 items that all agree: only 12 coins, and 2 of 4,096 outcomes are as extreme.
    one, other = np.ones(60), np.zeros(60)
    clusters = [f"c{number // 5:02d}" for number in range(60)]
    found = paired.difference(_mean(one), _mean(other), clusters, seed=0)
    assert found.p == pytest.approx(2 / 4096, abs=1.2e-3)
    assert found.p > 1 / 10_001
    assert (found.items, found.units) == (60, 12)
    assert paired.difference(_mean(one), _mean(other), None, seed=0).p == 1 / 10_001


def test_p_is_never_0_and_the_same_answers_are_never_apart() -> None:
    one, other = np.ones(5000), np.zeros(5000)
    apart = paired.difference(_mean(one), _mean(other), None, seed=0, resamples=1000)
    assert apart.p == 1 / 1001
    assert apart.low is not None
    assert 0.99 < apart.low < apart.effect == apart.high == 1.0
    same = paired.difference(_mean(one), _mean(one), None, seed=0)
    assert (same.effect, same.low, same.high, same.p, same.deviation) == (0.0, 0.0, 0.0, 1.0, 0.0)


def test_below_ten_units_there_is_an_effect_but_no_test() -> None:
    found = paired.difference(_mean(np.ones(9)), _mean(np.zeros(9)), None, seed=0)
    assert (found.effect, found.above, found.equal, found.below) == (1.0, 9, 0, 0)
    assert found.low is found.high is found.p is found.deviation is None
    assert paired.smallest_effect(found, 1) is paired.items_needed(found, 1) is None


def test_items_without_the_measure_stay_out() -> None:
    one = aggregates.mean([1.0] * 12 + [None] * 50, "x")
    other = aggregates.mean([0.0] * 12 + [None] * 50, "x")
    found = paired.difference(one, other, None, seed=0)
    assert (found.items, found.units, found.above, found.equal) == (12, 12, 12, 0)
    with pytest.raises(ValueError, match="applies to no item"):
        paired.difference(one.of_items(slice(20, 40)), other.of_items(slice(20, 40)), None, seed=0)


def test_unlike_measures_are_refused() -> None:
    with pytest.raises(ValueError, match="same measure on the same items"):
        paired.difference(_mean(np.ones(20)), _mean(np.ones(19)), None, seed=0)
    with pytest.raises(ValueError, match="same measure on the same items"):
        paired.difference(_mean(np.ones(20)), Aggregate("f1", np.ones((20, 3)), "x"), None, seed=0)


def test_holm_by_hand() -> None:
    # Sorted .005, .01, .03, .04 times 4, 3, 2, 1 is .02, .03, .06, .04; the last is raised to .06.
    assert paired.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert paired.holm([0.6, 0.5]) == pytest.approx([1.0, 1.0])
    assert paired.holm([]) == []


def test_tie_groups_by_hand() -> None:
    def apart(*pairs: str) -> set[frozenset[str]]:
        return {frozenset(pair) for pair in pairs}

    assert paired.tie_groups("ABC", set()) == {"A": "a", "B": "a", "C": "a"}
    assert paired.tie_groups("ABC", apart("AB", "AC", "BC")) == {"A": "a", "B": "b", "C": "c"}
    # A and C are apart, B is apart from neither: it belongs to both groups.
    assert paired.tie_groups("ABC", apart("AC")) == {"A": "a", "B": "ab", "C": "b"}
    # Piepho's property, whatever the pattern: a shared letter exactly where a pair is not apart.
    names = "ABCDE"
    every = list(itertools.combinations(names, 2))
    for seed in range(60):
        chosen = {frozenset(pair) for pair in every if np.random.default_rng([seed, *map(ord, pair)]).random() < 0.5}
        letters = paired.tie_groups(names, chosen)
        for one, other in every:
            assert bool(set(letters[one]) & set(letters[other])) == (frozenset((one, other)) not in chosen)


def test_power_by_hand() -> None:
    # Effect .1, deviation .05 with 100 items: (1.959964 + .841621) * .05 = .140079; 100 * 1.40079^2 = 196.2.
    found = paired.Difference(0.1, 0.0, 0.2, 0.05, 0.05, 100, 100, None, None, None)
    assert paired.smallest_effect(found, 1) == pytest.approx(0.1400793, abs=1e-6)
    assert paired.items_needed(found, 1) == 197
    assert paired.smallest_effect(found, 6) == pytest.approx((2.638257 + 0.841621) * 0.05, abs=1e-6)
    no_effect = paired.Difference(0.0, -0.1, 0.1, 1.0, 0.05, 100, 100, None, None, None)
    assert paired.items_needed(no_effect, 1) is None
