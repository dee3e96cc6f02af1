"""Two systems on 10,000 items with 10,000 resamples: the whole command, and each form of measure beside a loop.

The loops do what is usual elsewhere, one resample at a time; they are timed on fewer resamples, and the ratio
is for the same number.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sacrebleu.metrics import CHRF
from sacrebleu.significance import PairedTest
from sklearn.metrics import f1_score

from wild_aieval.metrics import aggregates, labels, paired, translation
from wild_aieval.metrics.aggregates import Aggregate

ITEMS, RESAMPLES, IN_LOOPS = 10_000, 10_000, 50
SYMBOLS = [f"{section}{number:02d}{letter}" for section in "ABCH" for number in (1, 2, 4) for letter in "BCD"]
MANIFEST = """\
name: many
task: classification
version: 1.0.0
title: Many
description: Synthetic rows for a measurement of speed.
languages: [en]
scheme: IPC
edition: "2023.01"
licence: CC0-1.0
creation: Generated.
synthetic: true
contributor: perf
created: 2024-01-01
confidentiality: open
data: {format: jsonl, files: {train: train.jsonl, test: test.jsonl}}
"""


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """Median CPU seconds of this process."""
    found = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return sorted(found)[rounds // 2]


def whole_command(place: Path) -> None:
    """Wall seconds of ``compare`` on two run folders of 10,000 documents."""
    chance = random.Random(0)
    folder = place / "benchmarks" / "classification" / "many"
    folder.mkdir(parents=True)
    (folder / "benchmark.yaml").write_text(MANIFEST, encoding="utf-8")
    for part, size in (("train", 1000), ("test", ITEMS)):
        rows = []
        for number in range(size):
            symbol = chance.choice(SYMBOLS)
            words = " ".join(chance.choices([symbol.lower(), *(f"word{n}" for n in range(400))], k=12))
            rows.append(json.dumps({"id": f"{part}{number}", "text": words, "main": symbol}))
        (folder / f"{part}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    environment = os.environ | {"WILD_AIEVAL_RUNS": str(place / "runs")}
    harness = [sys.executable, "-m", "wild_aieval"]
    common = [f"benchmark_roots=[{place / 'benchmarks'}]", "benchmark=many", "tracking=none"]
    for model in ("majority", "tfidf"):
        subprocess.run(
            [*harness, f"model={model}", *common, f"hydra.run.dir={place / model}"],
            check=True, env=environment, capture_output=True,
        )  # fmt: skip
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [*harness, "compare", str(place / "majority"), str(place / "tfidf"), "--tracking", "none"]
    subprocess.run([*command, "--resamples", str(RESAMPLES)], check=True, env=environment, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    wall = time.perf_counter() - begun
    print(f"whole command, first guess     {wall:7.2f} s wall, {spent:6.2f} s CPU, peak {after.ru_maxrss // 1024} MB")


def show(name: str, mine: float, loop: float, what: str) -> None:
    """One line: own time, the loop's time for as many resamples, and their ratio."""
    whole = loop * RESAMPLES / IN_LOOPS
    print(f"{name:30} {mine:7.2f} s CPU, {what} {whole:8.1f} s: {whole / mine:6.0f} x")


def means(generator: np.random.Generator) -> None:
    """Mean nDCG against one resample at a time."""
    one = generator.random(ITEMS)
    other = np.clip(one + generator.normal(0, 0.2, ITEMS), 0, 1)

    def loop() -> None:
        for _ in range(IN_LOOPS):
            draw = generator.integers(0, ITEMS, ITEMS)
            one[draw].mean() - other[draw].mean()
            signs = generator.choice([-1.0, 1.0], ITEMS)
            (signs * (one - other)).mean()

    pair = aggregates.mean(one, "x"), aggregates.mean(other, "x")
    mine = seconds(lambda: paired.difference(*pair, None, 0, RESAMPLES))
    show("mean of per-item values", mine, seconds(loop, 1), "NumPy loop")


def macro_f1(generator: np.random.Generator) -> None:
    """Macro F1 of 120 classes against scikit-learn in a loop."""
    truths = generator.integers(0, 120, ITEMS)
    given = [
        np.where(generator.random(ITEMS) < share, truths, generator.integers(0, 120, ITEMS)) for share in (0.6, 0.58)
    ]
    sides = []
    for guesses in given:
        counts, classes = labels.class_counts([[str(g)] for g in guesses], [[str(t)] for t in truths])
        sides.append(Aggregate("macro_f1", counts, "x", classes))

    def loop() -> None:
        for _ in range(IN_LOOPS):
            draw = generator.integers(0, ITEMS, ITEMS)
            for guesses in given:
                f1_score(truths[draw], guesses[draw], average="macro", zero_division=0)

    mine = seconds(lambda: paired.difference(sides[0], sides[1], None, 0, RESAMPLES))
    show("macro F1, 120 classes", mine, seconds(loop, 1), "scikit-learn loop (bootstrap only)")


def corpus_chrf(generator: np.random.Generator) -> None:
    """chrF++ with extraction against sacreBLEU's paired bootstrap, which aggregates sentence statistics in a loop."""
    words = [f"word{number}" for number in range(500)]
    references = [" ".join(generator.choice(words, 12)) for _ in range(ITEMS)]
    texts = [
        [" ".join(w if generator.random() < share else "other" for w in text.split()) for text in references]
        for share in (0.8, 0.79)
    ]

    def loop(resamples: int) -> None:
        systems = [("one", texts[0]), ("other", texts[1])]
        PairedTest(systems, {"chrF": CHRF(word_order=2)}, [references], "bs", n_samples=resamples)()

    extraction = seconds(lambda: [translation.chrf(side, references) for side in texts], 1)
    sides = [translation.chrf(side, references) for side in texts]
    mine = seconds(lambda: paired.difference(sides[0], sides[1], None, 0, RESAMPLES))
    theirs = (seconds(lambda: loop(2001), 1) - seconds(lambda: loop(1), 1)) * IN_LOOPS / 2000
    show("corpus chrF++", mine, theirs, "sacreBLEU (bootstrap only)")
    print(f"{'':30} extraction of sentence statistics, once at scoring: {extraction:.1f} s CPU")


def main() -> None:
    """Everything in one run."""
    with tempfile.TemporaryDirectory() as place:
        whole_command(Path(place))
    generator = np.random.default_rng(0)
    for measure in (means, macro_f1, corpus_chrf):
        measure(generator)
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
