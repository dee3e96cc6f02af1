"""Figures of a benchmark, counted by hand; the smallest difference, held against a simulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.checks.describe import describe, smallest_difference
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.metrics import paired


def opened(good: Any) -> Benchmark:
    folder = good.write()
    return load(Entry(f"{good.task}/small", folder))


def test_classification(good: Callable[[str], Any]) -> None:
    found = describe(opened(good("classification")))
    assert found.rows == {"train": 35, "test": 35}
    assert found.labels["test"].classes == 5
    assert found.labels["test"].head[0] == ("A01", 7)
    assert (found.labels["test"].rare, found.labels["test"].single) == (0, 0)
    assert found.dates["test"] == ("2012-01-10", "2012-07-14", 35)
    assert found.families == {"train": 35, "test": 35}
    assert found.clusters == {}
    assert found.languages == {"train": {"en": 35}, "test": {"en": 35}}
    assert found.smallest_difference.measure == "class.first_guess.main"
    spread = found.lengths["test"]["text"]
    assert spread.least <= spread.low <= spread.quarter <= spread.median <= spread.high <= spread.greatest
    assert found.as_dict()["labels"]["train"]["per_item"]["median"] == 1


def test_translation(good: Callable[[str], Any]) -> None:
    benchmark = good("translation")
    for number, row in enumerate(benchmark.rows["test"]):
        row["cluster"] = f"c{number // 4}"
    found = describe(opened(benchmark))
    assert found.length_ratio is not None and 0.8 < found.length_ratio.median < 1.2
    assert found.clusters == {"test": 10}
    assert found.smallest_difference.units == 10
    assert found.smallest_difference.items == 40
    assert found.smallest_difference.unit == "clusters"


def test_search(good: Callable[[str], Any]) -> None:
    found = describe(opened(good("search")))
    assert found.judgments is not None
    assert found.judgments.grades == {"3": 5, "1": 5}
    assert found.judgments.per_query is not None and found.judgments.per_query.mean == 2
    assert found.judgments.unjudged_queries == 0
    assert found.smallest_difference.measure == "recall_10"
    assert found.smallest_difference.value == pytest.approx(0.35 * (1.959964 + 0.841621) / math.sqrt(5), rel=1e-5)


def test_what_two_systems_differ_by_can_be_said(good: Callable[[str], Any]) -> None:
    benchmark = opened(good("classification"))
    assert smallest_difference(benchmark, discordant=0.02).value is None
    wide, narrow = (smallest_difference(benchmark, discordant=share).value for share in (0.5, 0.3))
    assert wide is not None and narrow is not None and wide > narrow


@pytest.mark.parametrize(("units", "discordant"), [(200, 0.2), (1_500, 0.2), (400, 0.4)])
def test_a_difference_of_that_size_is_found_in_four_cases_of_five(units: int, discordant: float) -> None:
    effect = paired.smallest_share(units, discordant)
    assert effect is not None
    shares = [(discordant + effect) / 2, (discordant - effect) / 2, 1 - discordant]
    counts = np.random.default_rng(3).multinomial(units, shares, size=4_000)
    found = np.abs(counts[:, 0] - counts[:, 1]) / np.sqrt(counts[:, 0] + counts[:, 1]) > 1.959964
    assert found.mean() == pytest.approx(0.8, abs=0.03)


def test_a_mean_difference_of_that_size_is_found_in_four_cases_of_five() -> None:
    effect = paired.smallest_deviating(300, 0.35)
    means = np.random.default_rng(4).normal(effect, 0.35 / math.sqrt(300), size=20_000)
    assert (np.abs(means) > 1.959964 * 0.35 / math.sqrt(300)).mean() == pytest.approx(0.8, abs=0.01)
