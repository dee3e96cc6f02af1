"""What the harness itself costs: a run without work, MLflow, an item, the journal, scores, the size of what it keeps.

The candidate answers at once from the text (``told.py``), so that what is measured is the harness. Beside it stand the
costs of an item in Inspect and in lm-eval, with models that cost as little.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from measuring import Sheet, Spent, arguments, command, function, interleaved, peer
from told import Told

from wild_aieval.asking import entry_of
from wild_aieval.records.journal import Journal
from wild_aieval.tasks import task_named

HERE = Path(__file__).resolve().parent
FEW, MANY = 1_000, 11_000
PEERS = {"inspect": ("Inspect", 50, 350), "lm-eval": ("lm-eval", 200, 2_200)}
WORK = 1.5  # seconds for each question of the candidate that makes MLflow's import wait for nothing
SYMBOLS = ("A01B 3/00", "A61B 5/0205", "B60L 50/60", "C07D 401/04", "G06F 16/35", "H04L 9/32", "F16H 1/00")
Cases = dict[str, Callable[[], Spent]]


def main() -> None:
    """Fixed costs, then costs of an item."""
    options = arguments(__doc__ or "", rounds=3)
    sheet = Sheet("harness", "CPU of the harness around a candidate that costs nothing, and of others beside it.")
    rounds = 1 if options.smoke else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        fixed(sheet, place, rounds, options.smoke)
        items(
            sheet, place, rounds, {} if options.smoke else {name: peer(options, name) for name in PEERS}, options.smoke
        )
        journal(sheet, place, rounds, 1_000 if options.smoke else 20_000)
        scoring(sheet, place, rounds, 500 if options.smoke else 10_000)
    sheet.write(options)


def fixed(sheet: Sheet, place: Path, rounds: int, smoke: bool) -> None:
    """A run of a few items: without MLflow, with it, and how much longer it takes for a user."""
    told, waiting = Told(place / "few", 8), Told(place / "waiting", 96, 0.0 if smoke else WORK)
    store = f"tracking.uri=sqlite:///{place / 'store.db'}"
    cases: Cases = {
        "Python alone": lambda: command([sys.executable, "-c", "pass"]),
        "without MLflow": lambda: command(told.command("tracking=none"), told.environment),
        "with MLflow": lambda: command(told.command("tracking=mlflow", store), told.environment),
        "a new store": lambda: command(
            told.command("tracking=mlflow", f"tracking.uri=sqlite:///{told.run}.db"), told.environment
        ),
        "working, without MLflow": lambda: command(waiting.command("tracking=none"), waiting.environment),
        "working, with MLflow": lambda: command(waiting.command("tracking=mlflow", store), waiting.environment),
    }
    if not smoke:
        cases["with MLflow"]()  # the store and the template of stores are made once
    found = interleaved({name: cases[name] for name in (list(cases)[:3] if smoke else cases)}, rounds)
    alone = statistics.median(spent.cpu for spent in found["Python alone"])
    sheet.add(
        "run of 8 items without MLflow, above Python", above(found["without MLflow"], alone), "s CPU", at_most=1.0
    )
    sheet.add("run of 8 items with MLflow, in all", [one.cpu for one in found["with MLflow"]], "s CPU", at_most=4.5)
    if not smoke:
        sheet.add("the same into a store that is not there yet", [one.cpu for one in found["a new store"]], "s CPU")
        pairs = zip(found["working, with MLflow"], found["working, without MLflow"], strict=True)
        sheet.add(
            "MLflow added to a run of 96 items", [one.wall - other.wall for one, other in pairs], "s wall", at_most=0.5,
            note=f"the candidate works {3 * WORK:g} s, while MLflow is imported; most of what is left are 96 traces",
        )  # fmt: skip


def above(found: Sequence[Spent], base: float) -> list[float]:
    """CPU beyond a base."""
    return [one.cpu - base for one in found]


def items(sheet: Sheet, place: Path, rounds: int, peers: Mapping[str, str | None], smoke: bool) -> None:
    """What one more item costs, from a small and a large run; of ours also how much of it is asking and journal."""
    sizes = (200, 1_200) if smoke else (FEW, MANY)
    runs = [Told(place / f"items{size}", size) for size in sizes]
    asking: dict[int, list[float]] = {size: [] for size in sizes}

    def ours(told: Told) -> Spent:
        spent = command(told.command("tracking=none"), told.environment)
        marks = told.marks()
        asking[told.items].append(marks["last"]["cpu"] - marks["first"]["cpu"])
        return spent

    cases: Cases = {f"ours, {told.items}": lambda told=told: ours(told) for told in runs}  # type: ignore[misc]
    for name, python in peers.items():
        script = str(HERE / "peers_scripts" / f"{name.replace('-', '_')}_items.py")
        for size in PEERS[name][1:] if python else ():
            words = [str(python), script, str(size)]
            cases[f"{name}, {size}"] = lambda words=words: command(words, {"HF_DATASETS_OFFLINE": "1"})  # type: ignore[misc]
    found = interleaved(cases, rounds)
    own = slopes(found, "ours", *sizes)
    sheet.add("an item in all: asking, journal, scores, flags, tables, page", own, "ms CPU", at_most=0.3)
    for name in (name for name in peers if f"{name}, {PEERS[name][1]}" in found):
        said, *between = PEERS[name]
        theirs = slopes(found, name, *between)
        sheet.add(f"an item in {said}", theirs, "ms CPU", note=f"between {between[0]:,} and {between[1]:,} items")
        sheet.add(f"ours, of {said}'s", [a / b for a, b in zip(own, theirs, strict=True)], "ratio")
    pairs = zip(asking[sizes[1]], asking[sizes[0]], strict=True)
    each = [1e6 * (many - few) / (sizes[1] - sizes[0]) for many, few in pairs]
    sheet.add("of that, asking and journal, first to last answer", each, "µs CPU", at_most=25)
    kept = (runs[1].run / "predictions.parquet").stat().st_size / sizes[1] / 10
    sheet.add("predictions of 100,000 items, without texts", kept, "MB", at_most=8)


def slopes(found: Mapping[str, Sequence[Spent]], name: str, few: int, many: int) -> list[float]:
    """Milliseconds for one more item, round by round."""
    pairs = zip(found[f"{name}, {many}"], found[f"{name}, {few}"], strict=True)
    return [1000 * (large.cpu - small.cpu) / (many - few) for large, small in pairs]


def answers(count: int) -> list[list[list[object]]]:
    """Ten suggestions each, the first of them right for two items of three."""
    return [
        [[SYMBOLS[(number + place) % 7], round(0.9 / (place + 1), 3)] for place in range(10)] for number in range(count)
    ]


def journal(sheet: Sheet, place: Path, rounds: int, count: int) -> None:
    """Entries made, written and synced 32 at a time."""
    outputs = answers(count)

    def write(path: Path) -> None:
        with Journal(path) as stream:
            for start in range(0, count, 32):
                stream.append(
                    entry_of(f"{number:064d}", "classification/many", f"d{number}", outputs[number], 0.001, None)
                    for number in range(start, min(start + 32, count))
                )

    spent = [function(lambda: write(place / f"journal{number}.jsonl")) for number in range(rounds)]  # noqa: B023
    sheet.add(
        "the journal alone, ten suggestions an item, 32 at a time", [1e6 * one.cpu / count for one in spent], "µs CPU",
        at_most=25,
    )  # fmt: skip


def scoring(sheet: Sheet, place: Path, rounds: int, count: int) -> None:
    """All measures of classification on ten suggestions for each text, at three levels, without intervals."""
    from wild_aieval.benchmarks.catalogue import Entry
    from wild_aieval.benchmarks.load import load

    told = Told(place / "scoring", count)
    folder = told.place / "benchmarks" / "classification" / "many"
    benchmark, task = load(Entry("classification/many", folder)), task_named("classification")
    documents, outputs = list(task.items(benchmark)), answers(count)

    def score() -> None:
        scorer = task.scorer(benchmark, documents)
        for start in range(0, count, 4_096):
            scorer.add(documents[start : start + 4_096], outputs[start : start + 4_096])

    score()
    spent = [function(score) for _ in range(rounds)]
    sheet.add("measures of classification, of a text", [1000 * one.cpu / count for one in spent], "ms CPU", at_most=0.1)


if __name__ == "__main__":
    main()
