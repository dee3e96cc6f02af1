"""How often 95 % intervals hold the truth: samples of known populations, through the production function.

A population has a few thousand items (or clusters of items) with the statistics of each measure; the
truth is the measure of all of them. Samples are drawn with replacement. ``pytest -s`` shows the figures.
"""

from __future__ import annotations

import functools
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from wild_aieval.metrics import aggregates, labels, ranking, statistics, translation
from wild_aieval.metrics.aggregates import Aggregate
from wild_aieval.standards import ipc

pytestmark = pytest.mark.slow

DRAWS, RESAMPLES, ITEMS, CLUSTERS = 2_000, 999, 4_000, 1_500  # the share of 2,000 draws has an error of 0.005
SYMBOLS = ("A61K", "A61B", "G06F", "G06N", "H04L", "H04W", "C07D", "B60L")
FREQUENCIES = (0.22, 0.18, 0.16, 0.14, 0.1, 0.08, 0.07, 0.05)
LABELS = ("first_guess", "three_guesses", "micro_f1", "hierarchical_f1", "macro_f1.main", "macro_f1.three")
RANKINGS = ("recall_10", "recall_nearly_all", "ndcg_10", "map_100", "mrr_100", "pres_100", "judged_10")
TEXTS = ("bleu", "chrf2pp", "ter", "terms_kept", "numbers_kept")
IN_CLUSTERS = ("share_0.4", "share_0.83", "recall_10", "ndcg_10", "micro_f1", "macro_f1.main", *TEXTS)
CASES = [
    *((False, n, name) for n in (200, 1_000) for name in (*LABELS, *RANKINGS, *TEXTS)),
    # Clusters of 1 to 8 items: about 200 and 1,000 items.
    *((True, n, name) for n in (45, 220) for name in IN_CLUSTERS),
    # Proven for many clusters only: where some seven of 45 have a hit, the interval holds the truth in 92 %.
    (True, 220, "share_0.05"),
]


class Coverage(NamedTuple):
    """Of the intervals: how many hold the truth, or have it below or above; of the draws: how many have none."""

    inside: float
    below: float
    above: float
    none: float
    methods: dict[str, int]


def _ranked_symbols(generator: np.random.Generator) -> tuple[list[list[str]], list[list[str]]]:
    """Truths, the main symbol first, and up to eight guesses: half of the first ones right, some items in error."""
    truths, guesses = [], []
    for _ in range(ITEMS):
        order = generator.choice(8, 8, replace=False, p=FREQUENCIES).tolist()
        main = int(generator.choice(8, p=FREQUENCIES))
        others = generator.choice(8, generator.choice(3, p=[0.5, 0.3, 0.2]), replace=False)
        truths.append([SYMBOLS[main], *(SYMBOLS[other] for other in others if other != main)])
        place = int(generator.choice(4, p=[0.5, 0.15, 0.1, 0.25]))
        if place < 3:
            order.remove(main)
            order.insert(place, main)
        guesses.append([] if generator.random() < 0.01 else [SYMBOLS[at] for at in order[: generator.integers(1, 9)]])
    return guesses, truths


def _closures(symbols: list[list[str]]) -> list[set[str]]:
    return [{ancestor for symbol in row for ancestor in ipc.ancestors(symbol, "subclass")} for row in symbols]


def _labels(generator: np.random.Generator) -> dict[str, Aggregate]:
    guesses, truths = _ranked_symbols(generator)
    mains, firsts, three = ([row[:depth] for row in side] for side, depth in ((truths, 1), (guesses, 1), (guesses, 3)))
    first_counts, first_classes = labels.class_counts(firsts, mains)
    counts, classes = labels.class_counts(three, truths)
    return {
        "first_guess": aggregates.mean(labels.hits(guesses, mains, 1), "first_guess"),
        "three_guesses": aggregates.mean(labels.hits(guesses, truths, 3), "three_guesses"),
        "micro_f1": Aggregate("f1", labels.set_overlap(three, truths), "micro_f1"),
        "hierarchical_f1": Aggregate("f1", labels.set_overlap(_closures(three), _closures(truths)), "hierarchical_f1"),
        "macro_f1.main": Aggregate("macro_f1", first_counts, "macro_f1.main", first_classes),
        "macro_f1.three": Aggregate("macro_f1", counts, "macro_f1.three", classes),
        **{f"share_{share}": _share(generator, share) for share in (0.05, 0.4, 0.83)},
    }


def _share(generator: np.random.Generator, share: float) -> Aggregate:
    return aggregates.mean(generator.permutation(np.arange(ITEMS) < round(share * ITEMS)).astype(np.float64), "share")


def _rankings(generator: np.random.Generator) -> dict[str, Aggregate]:
    """1 to 6 relevant documents of grades 1 to 3; queries of unlike difficulty, some without an answer."""
    grades = np.where(generator.random((ITEMS, 100)) < 0.1, 0.0, -1.0)
    relevant = generator.integers(1, 7, ITEMS)
    ideal = np.sort(generator.integers(1, 4, (ITEMS, 6)) * (np.arange(6) < relevant[:, None]), axis=1)[:, ::-1]
    ease = generator.beta(1.2, 1.2, ITEMS)
    returned = np.where(generator.random(ITEMS) < 0.02, 0, generator.choice([6, 8, 100], ITEMS, p=[0.05, 0.05, 0.9]))
    for query in range(ITEMS):
        places = generator.permutation(generator.geometric(0.02 + 0.3 * ease[query], 6).cumsum() - 1)
        for place, grade in zip(places[: relevant[query]], ideal[query], strict=False):
            if place < 100 and generator.random() < 0.3 + 0.7 * ease[query]:
                grades[query, place] = grade
        grades[query, returned[query] :] = -1
    count = relevant.astype(np.float64)
    found = {
        "recall_10": ranking.recall(grades, count, 10),
        # 4 of 100 queries miss a part.
        "recall_nearly_all": np.where(generator.random(ITEMS) < 0.04, ranking.recall(grades, count, 10), 1.0),
        "ndcg_10": ranking.ndcg(grades, ideal.astype(np.float64), 10),
        "map_100": ranking.average_precision(grades, count, 100),
        "mrr_100": ranking.reciprocal_rank(grades, 100),
        "pres_100": ranking.pres(grades, count, 100),
        "judged_10": ranking.judged(grades, returned.astype(np.float64), 10),
    }
    return {name: aggregates.mean(values, name) for name, values in found.items()}


def _sentences(generator: np.random.Generator) -> tuple[list[str], list[str]]:
    """References of 4 to 35 words; hypotheses of unlike quality with words lost, replaced, added and moved."""
    words = [first + last for first in ("ba", "ko", "tel", "mi", "su", "ran", "vol") for last in ("ra", "nim", "tos")]
    weights = 1 / np.arange(1, len(words) + 1)
    hypotheses, references = [], []
    for quality in generator.beta(4, 2, ITEMS):
        reference = generator.choice(words, generator.integers(4, 36), p=weights / weights.sum()).tolist()
        fates = generator.choice(4, len(reference), p=[quality, *((1 - quality) * np.array([0.5, 0.2, 0.3]))])
        others = generator.choice(words, len(reference)).tolist()
        rendered = [
            ([word], [other], [word, other], [])[fate]
            for word, other, fate in zip(reference, others, fates, strict=True)
        ]
        hypothesis = [word for part in rendered for word in part]
        if generator.random() < 0.3:
            hypothesis[1:4] = hypothesis[3:0:-1]
        references.append(" ".join(reference))
        hypotheses.append("" if generator.random() < 0.01 else " ".join(hypothesis))
    return hypotheses, references


@functools.cache
def _texts() -> dict[str, Aggregate]:
    generator = np.random.default_rng(12)
    hypotheses, references = _sentences(generator)
    terms = generator.integers(0, 6, ITEMS) * (generator.random(ITEMS) < 0.6)
    kept = generator.binomial(terms, generator.beta(4, 1, ITEMS))
    numbers = np.where(generator.random(ITEMS) < 0.4, np.nan, generator.random(ITEMS) < 0.9)
    return {
        "bleu": translation.bleu(hypotheses, references, "en"),
        "chrf2pp": translation.chrf(hypotheses, references),
        "ter": translation.ter(hypotheses, references),
        "terms_kept": Aggregate("ratio", np.column_stack([kept, terms]).astype(np.float64), "terms_kept"),
        "numbers_kept": aggregates.mean(numbers, "numbers_kept"),
    }


@functools.cache
def _population() -> dict[str, Aggregate]:
    generator = np.random.default_rng(11)
    return _labels(generator) | _rankings(generator) | _texts()


@functools.cache
def _clustered() -> tuple[dict[str, Aggregate], NDArray[np.int64]]:
    """Items with the cluster of each: half of the variance of how good an item is belongs to its cluster."""
    generator = np.random.default_rng(13)
    cluster = np.repeat(np.arange(CLUSTERS), generator.integers(1, 9, CLUSTERS))
    good = generator.normal(size=CLUSTERS)[cluster] + generator.normal(size=len(cluster))
    rank = (stats.norm.cdf(good / np.sqrt(2)) * ITEMS).astype(np.int64)
    found = {}
    for name in dict.fromkeys(name for in_clusters, _, name in CASES if in_clusters):  # in one order in every process
        aggregate = _population()[name]
        judge = _population()["first_guess"] if aggregate.form == "macro_f1" else aggregate
        alone = np.nan_to_num(judge.measure(judge.rows), nan=0.5)
        found[name] = aggregate.of_items(np.lexsort((generator.random(ITEMS), alone))[rank])
    return found, cluster


@functools.cache
def _coverages(in_clusters: bool, n: int) -> dict[str, Coverage]:
    """All measures on the same samples of ``n`` items or clusters."""
    population, cluster = _clustered() if in_clusters else (_population(), np.arange(ITEMS))
    measures = {name: population[name] for which, size, name in CASES if (which, size) == (in_clusters, n)}
    truths = {name: aggregate.value() for name, aggregate in measures.items()}
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in measures}
    methods: dict[str, Counter[str]] = {name: Counter() for name in measures}
    members = np.split(np.arange(len(cluster)), np.flatnonzero(np.diff(cluster)) + 1)
    generator = np.random.default_rng(n)
    with pytest.MonkeyPatch.context() as patch:
        _draw_counts_once(patch)
        for draw in range(DRAWS):
            chosen = [members[number] for number in generator.integers(0, len(members), n)]
            items = np.concatenate(chosen)
            names = [str(place) for place, group in enumerate(chosen) for _ in group] if in_clusters else None
            sample = {name: aggregate.of_items(items) for name, aggregate in measures.items()}
            for name, found in statistics.summarise(sample, names, draw, RESAMPLES).items():
                if found.low is None or found.high is None:
                    outcomes[name]["none"] += 1
                    continue
                side = "below" if truths[name] < found.low else "above" if truths[name] > found.high else "inside"
                outcomes[name][side] += 1
                methods[name][next(m for m in ("wilson", "bca", "percentile") if m in found.signature)] += 1
    return {name: _coverage(outcomes[name], methods[name]) for name in measures}


def _coverage(outcomes: Counter[str], methods: Counter[str]) -> Coverage:
    none = outcomes.pop("none", 0)
    shares = {side: outcomes[side] / outcomes.total() for side in ("inside", "below", "above")}
    return Coverage(**shares, none=none / DRAWS, methods=dict(methods))


def _draw_counts_once(patch: pytest.MonkeyPatch) -> None:
    """Counts of resampled units do not depend on the data: those of eight seeds serve all draws."""
    production = statistics._unit_counts
    drawn = functools.lru_cache(maxsize=64)(lambda *arguments: list(production(*arguments)))
    patch.setattr(statistics, "_unit_counts", lambda units, seed, *rest: drawn(units, seed % 8, *rest))


@pytest.mark.parametrize(("in_clusters", "n", "name"), CASES)
def test_ninety_five_percent_of_the_intervals_hold_the_truth(in_clusters: bool, n: int, name: str) -> None:
    found = _coverages(in_clusters, n)[name]
    print(
        f"\n{name:18} {n:5} {'clusters' if in_clusters else 'items':8} {found.inside:.4f}"
        f"  truth below {found.below:.4f}, above {found.above:.4f}, no interval {found.none:.4f}  {found.methods}"
    )
    assert 0.93 <= found.inside <= 0.97
    assert max(found.below, found.above) < 0.05
    assert found.none < 0.1


@pytest.mark.parametrize("n", [200, 1_000])
def test_wilson_holds_the_truth_in_ninety_five_percent_exactly(n: int) -> None:
    hits = [aggregates.mean((np.arange(n) < count).astype(np.float64), "share") for count in range(n + 1)]
    values = statistics.summarise({str(count): aggregate for count, aggregate in enumerate(hits)}, None, 0).values()
    low, high = np.array([(value.low, value.high) for value in values], dtype=np.float64).T

    def coverage(share: float) -> float:
        return float(stats.binom.pmf(np.arange(n + 1), n, share)[(low <= share) & (share <= high)].sum())

    for share in (0.05, 0.4, 0.83, 0.95):
        print(f"\nshare {share} {n:5} items {coverage(share):.4f}")
        assert 0.93 <= coverage(share) <= 0.97
    everywhere = np.array([coverage(share) for share in np.linspace(0.03, 0.97, 471)])
    assert everywhere.mean() == pytest.approx(0.95, abs=0.005)
    assert everywhere.min() >= 0.93


@pytest.mark.parametrize("name", ["bleu", "chrf2pp"])
def test_the_interval_of_a_corpus_measure_has_the_width_of_the_bootstrap_sd(name: str) -> None:
    """The SD of the resampled scores is the standard error. Divided by the root of their number it is nothing."""
    population, n = _texts()[name], 300
    generator = np.random.default_rng(5)
    corpora = generator.multinomial(n, np.full(ITEMS, 1 / ITEMS), size=1_000).astype(np.float64)
    error = population.measure(corpora @ population.rows).std()
    samples = {str(number): population.of_items(generator.integers(0, ITEMS, n)) for number in range(20)}
    found = statistics.summarise(samples, None, 0).values()
    half = np.mean(
        [(value.high - value.low) / 2 for value in found if value.high is not None and value.low is not None]
    )
    assert half / statistics.Z_95 == pytest.approx(error, rel=0.1)
    assert half / statistics.Z_95 > 10 * error / np.sqrt(statistics.RESAMPLES)
