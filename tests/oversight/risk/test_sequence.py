"""The sequence keeps its promise in simulations, gives what it should, and holds at the edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from wild_aieval.oversight.risk.sequence import Level, climb, counts_at, expected_counts, start_of, thresholds_of

NAN = float("nan")
# A score that is the probability of a right answer: Beta with mean 0.848 (the accuracy) and this total; then the best
# possible coverage at 5 % error is 49.6 %.
TOTAL = 6.1721071783293215
A, B = 0.848 * TOTAL, 0.152 * TOTAL
COVERAGE = {500: 0.12, 1000: 0.22, 2000: 0.34}  # of fixed sequences that start at 118 items, measured before


def risk_and_coverage(threshold: float) -> tuple[float, float]:
    above = stats.beta.sf(threshold, A, B)
    return 1 - 0.848 * stats.beta.sf(threshold, A + 1, B) / above, above


def draw(generator: np.random.Generator, n: int) -> tuple[Any, Any]:
    scores = generator.beta(A, B, n)
    return scores, (generator.random(n) > scores).astype(np.float64)


def test_the_synthetic_model_is_the_one_described() -> None:
    _, wrong = draw(np.random.default_rng(0), 400_000)
    assert 1 - wrong.mean() == pytest.approx(0.848, abs=0.002)
    threshold = stats.beta.isf(0.496, A, B)
    assert risk_and_coverage(threshold)[0] == pytest.approx(0.05, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("n", COVERAGE)
def test_the_promise_is_broken_in_at_most_five_per_cent_of_the_draws(n: int) -> None:
    generator, draws, broken, coverages = np.random.default_rng(n), 2_000, 0, []
    for _ in range(draws):
        tune, _ = draw(generator, n // 2)
        ladder = climb(tune, *draw(generator, n), Level(0.05, 0.05))
        risk, coverage = risk_and_coverage(ladder.chosen.threshold) if ladder.chosen else (0.0, 0.0)
        broken += risk > 0.05
        coverages.append(coverage)
    assert stats.binomtest(broken, draws, 0.05, alternative="greater").pvalue > 0.001
    assert np.mean(coverages) + 2 * np.std(coverages) / draws**0.5 >= COVERAGE[n]


@pytest.mark.slow
def test_the_promise_holds_where_the_score_says_nothing_and_where_scores_are_few() -> None:
    """At an error just above alpha everywhere, any certificate is false."""
    generator, false = np.random.default_rng(7), 0
    for number in range(2_000):
        n = 400
        levels = 4 if number % 2 else 10_000
        tune, scores = (generator.integers(0, levels, size).astype(np.float64) for size in (200, n))
        wrong = (generator.random(n) < 0.0501).astype(np.float64)
        false += climb(tune, scores, wrong, Level()).chosen is not None
    assert stats.binomtest(false, 2_000, 0.05, alternative="greater").pvalue > 0.001


@pytest.mark.slow
def test_the_naive_rule_would_break_it_in_about_half_of_the_draws() -> None:
    generator, broken = np.random.default_rng(3), 0
    for _ in range(500):
        tune, _ = draw(generator, 500)
        scores, wrong = draw(generator, 1000)
        thresholds = thresholds_of(tune)
        n, errors = counts_at(scores, wrong, thresholds)
        fitting = np.flatnonzero((n > 0) & (errors <= 0.05 * n))
        broken += bool(len(fitting)) and risk_and_coverage(thresholds[fitting[-1]])[0] > 0.05
    assert 0.35 < broken / 500 < 0.6


def test_mapie_certifies_the_same_threshold() -> None:
    """The same hypotheses in the same order, which MAPIE tests as precision >= 0.95 of the class 'right'."""
    from mapie.risk_control import BinaryClassificationController

    generator = np.random.default_rng(11)
    for _ in range(5):
        tune, _ = draw(generator, 500)
        scores, wrong = draw(generator, 2_000)
        ladder = climb(tune, scores, wrong, Level())
        grid = [step.threshold for step in ladder.steps[ladder.start :]]
        controller = BinaryClassificationController(
            predict_function=lambda x: np.column_stack([1 - x[:, 0], x[:, 0]]),
            risk="precision",
            target_level=0.95,
            confidence_level=0.95,
            best_predict_param_choice="recall",
            list_predict_params=np.array(grid),
            fwer_method="fixed_sequence",
        )
        controller.calibrate(scores[:, None], (1 - wrong).astype(int))
        theirs = sorted(np.atleast_1d(controller.valid_predict_params).tolist())
        ours = sorted(step.threshold for step in ladder.steps if step.passed)
        # MAPIE takes Hoeffding-Bentkus for precision, which allows less than the exact test: its choice is among ours.
        assert theirs
        assert set(theirs) <= set(ours)
        assert len(ours) - len(theirs) <= 3


def test_grid_is_made_of_scores_and_equal_ones_are_one_threshold() -> None:
    tune = np.array([0.9] * 5 + [0.5] * 3 + [0.1, NAN])
    assert thresholds_of(tune).tolist() == [0.9, 0.5, 0.1]
    assert expected_counts(tune, thresholds_of(tune), 100).tolist() == [50.0, 80.0, 90.0]
    assert thresholds_of(np.array([NAN, NAN])).tolist() == []
    assert thresholds_of(np.zeros(0)).tolist() == []


def test_counts_take_equal_scores_together_and_leave_out_what_has_none() -> None:
    n, errors = counts_at(np.array([0.5, 0.5, 0.9, NAN]), np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.9, 0.5]))
    assert n.tolist() == [1.0, 3.0]
    assert errors.tolist() == [0.0, 1.0]


def test_the_start_depends_on_no_calibration_score() -> None:
    assert start_of(np.array([50.0, 117.9, 118.0, 500.0]), Level()) == 2
    assert start_of(np.array([50.0, 60.0]), Level()) == 1  # too few for twice: the loosest alone is tested


@pytest.mark.parametrize(
    ("scores", "wrong", "certified"),
    [
        ([0.5] * 59, [0] * 59, True),  # one working point, just enough
        ([0.5] * 58, [0] * 58, False),  # too few labels
        ([0.5] * 200, [0] * 200, True),  # one class: all right
        ([0.5] * 200, [1] * 200, False),  # one class: all wrong
        ([NAN] * 200, [0] * 200, False),  # no scores
    ],
)
def test_edges(scores: list[float], wrong: list[int], certified: bool) -> None:
    column = np.array(scores)
    ladder = climb(column, column, np.array(wrong, dtype=np.float64), Level())
    assert (ladder.chosen is not None) == certified


def test_nothing_looser_than_the_first_failure_is_certified() -> None:
    scores = np.repeat([0.9, 0.6, 0.3], [400, 400, 3_200])
    wrong = np.concatenate([np.zeros(400), np.ones(400), np.zeros(3_200)])
    ladder = climb(scores, scores, wrong, Level())
    assert ladder.chosen is not None
    assert ladder.chosen.threshold == 0.9
    assert [step.passed for step in ladder.steps] == [True, False, False]
    assert ladder.steps[1].p_value is not None
    assert ladder.steps[2].p_value is None
