"""Intervals of 10,000 resamples on 10,000 items: one measure, all measures of a run, and loops that do the same."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is imported: spinning threads are no work

import numpy as np
from measuring import Sheet, arguments, function, interleaved, ratios
from sacrebleu.metrics import BLEU, CHRF
from sklearn.metrics import f1_score

from wild_aieval.metrics import aggregates, labels, statistics, translation
from wild_aieval.metrics.aggregates import Aggregate

ITEMS, RESAMPLES, CORPUS, LOOP = 10_000, 10_000, 1_000, 20


def macro_f1(generator: np.random.Generator, classes: int, items: int) -> tuple[Aggregate, np.ndarray, np.ndarray]:
    """A candidate that is right in 70 % of the items."""
    truths = generator.integers(0, classes, items)
    guesses = np.where(generator.random(items) < 0.7, truths, generator.integers(0, classes, items))
    counts, names = labels.class_counts([[str(g)] for g in guesses], [[str(t)] for t in truths])
    return Aggregate("macro_f1", counts, "x", names), truths, guesses


def per_item(generator: np.random.Generator, items: int) -> dict[str, Aggregate]:
    """Twenty means with many different values, as nDCG at several depths has them."""
    base = generator.random(items)
    return {
        f"m{number}": aggregates.mean(np.clip(base + generator.normal(0, 0.2, items), 0, 1), "x")
        for number in range(20)
    }


def sentences(generator: np.random.Generator, items: int) -> tuple[list[str], list[str]]:
    """Translations of 27 words, a fifth of them wrong."""
    words = np.array([f"word{number}" for number in range(2_000)])
    wanted = generator.integers(0, len(words), (items, 27))
    given = np.where(generator.random(wanted.shape) < 0.8, wanted, generator.integers(0, len(words), wanted.shape))
    return [" ".join(words[row]) for row in given], [" ".join(words[row]) for row in wanted]


def interval(measures: dict[str, Aggregate], resamples: int) -> dict[str, object]:
    """As the harness computes it when a run is scored."""
    return dict(statistics.summarise(measures, None, 0, resamples))


def main() -> None:
    """Intervals first, then the loops."""
    chosen = arguments(__doc__ or "", rounds=3)
    items, resamples, rounds = (500, 200, 1) if chosen.smoke else (ITEMS, RESAMPLES, chosen.rounds)
    generator = np.random.default_rng(0)
    sheet = Sheet("intervals", f"95 % intervals from {resamples:,} resamples of {items:,} items, one thread.")
    right = aggregates.mean((generator.random(items) < 0.7).astype(float), "x")
    few, truths, guesses = macro_f1(generator, 8, items)
    many, _, _ = macro_f1(generator, 120, items)
    together = per_item(generator, items)
    hypotheses, references = sentences(generator, items)
    bleu, chrf = translation.bleu(hypotheses, references, "en"), translation.chrf(hypotheses, references)
    corpus = min(CORPUS, resamples)

    def scikit_learn() -> None:
        for _ in range(LOOP):
            draw = generator.integers(0, items, items)
            f1_score(truths[draw], guesses[draw], average="macro", zero_division=0)

    found = interleaved(
        {
            "accuracy": lambda: function(lambda: interval({"x": right}, resamples)),
            "macro F1, 8 classes": lambda: function(lambda: interval({"x": few}, resamples)),
            "macro F1, 120 classes": lambda: function(lambda: interval({"x": many}, resamples)),
            "20 per-item measures together": lambda: function(lambda: interval(together, resamples)),
            f"BLEU, {corpus:,} resamples": lambda: function(lambda: interval({"x": bleu}, corpus)),
            f"chrF++, {corpus:,} resamples": lambda: function(lambda: interval({"x": chrf}, corpus)),
            "loop scikit-learn": lambda: function(scikit_learn),
            "sacreBLEU BLEU": lambda: function(
                lambda: BLEU().corpus_score(hypotheses, [references], n_bootstrap=corpus)
            ),
            "sacreBLEU chrF++": lambda: function(
                lambda: CHRF(word_order=2).corpus_score(hypotheses, [references], n_bootstrap=corpus)
            ),
        },
        rounds,
    )
    goals = dict(zip(list(found)[:6], (0.01, 0.2, 3.0, 2.0, 0.3, 0.3), strict=True))
    for name, goal in goals.items():
        sheet.add(name, [spent.cpu for spent in found[name]], "s CPU", at_most=goal)
    loop = [ratio * LOOP / resamples for ratio in ratios(found, "macro F1, 8 classes", "loop scikit-learn")]
    sheet.add("macro F1, 8 classes, beside scikit-learn in a loop", loop, "ratio", note=f"from {LOOP} resamples")
    for name, base in (
        (f"BLEU, {corpus:,} resamples", "sacreBLEU BLEU"),
        (f"chrF++, {corpus:,} resamples", "sacreBLEU chrF++"),
    ):
        sheet.add(
            f"{name}, beside sacreBLEU", ratios(found, name, base), "ratio", note="which extracts statistics again"
        )
    sheet.write(chosen)


if __name__ == "__main__":
    main()
