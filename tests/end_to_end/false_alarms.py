"""How often each reason calls on real data, and how often rightly: the tables of docs/false-alarms.md.

    python tests/end_to_end/false_alarms.py --work FOLDER [--data FOLDER] [--page docs/false-alarms.md]

Human translations are right, so whatever the rules of translation call there is a false alarm, or a fault of the text.
Answers of classification and search are right or wrong by the labels. A run that lies in ``--work`` is not run again.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import harness
import pyarrow.parquet as pq
import yaml
from harness import DATA, REPOSITORY, bring_in, call

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import load
from wild_aieval.oversight.policy import RULES, Policy
from wild_aieval.oversight.signals import polarity
from wild_aieval.tasks import task_named

PAIRS = {
    "ep-claims": (
        "translation/ep_claims_en_de_fr.jsonl",
        ("en-de", "de-en", "en-fr", "fr-en"),
        ["--column", "cluster=doc"],
    ),
    "ipc-titles": ("translation/ipc_titles_{}_{}.jsonl", ("en-es", "en-fr"), ["--column", "id=symbol"]),
}
RUNS = [
    ("tfidf", "classification/us-grants"),
    ("minilm", "classification/us-grants"),
    ("bm25", "search/us-citations"),
    ("minilm", "search/us-citations"),
]
WRONG = {
    "classification": ("no assigned symbol among three", "subclass.three_guesses.any"),
    "search": ("nothing relevant among ten", "recall_10"),
}
NOT_MEASURED = {"LABEL_NOT_H", "TERM_MISS"}  # the data name no origin of labels and no terms
EXTREME = 0.05  # share of the items that a reason without a limit is made to call
HEAD = (Path(__file__).parent / "false_alarms_head.md").read_text(encoding="utf-8")


class Measured(NamedTuple):
    """Signals of the items of one benchmark, and for each whether its answer is wrong (None: not known)."""

    signals: list[dict[str, float]]
    wrong: list[float | None]


def main() -> int:
    """Measure and print; writes the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    policy = Policy(**yaml.safe_load((REPOSITORY / "conf" / "oversight" / "default.yaml").read_text(encoding="utf-8")))
    text = HEAD + "".join(sections(given.data, given.work, policy))
    print(text)
    if given.page:
        given.page.write_text(text, encoding="utf-8")
    return 0


def sections(data: Path, work: Path, policy: Policy) -> Iterator[str]:
    """The tables, one by one."""
    pairs = list(_import_pairs(data, work))
    human = {name: _human(work, name, lambda item: str(item.row["target"])) for name in pairs}
    yield "\n## Translation: false alarms on human translations\n\n" + _alarms(human, policy)
    yield "\n## Translation: planted errors that are found\n\n" + PLANTED + _found(work, pairs, policy)
    root = bring_in(data, work, ("us-grants", "us-citations"))
    for model, benchmark in RUNS:
        measured = _run(work, root, model, benchmark)
        yield f"\n## {benchmark}, {model}\n\n" + _calls(measured, benchmark.split("/")[0], policy)


def _import_pairs(data: Path, work: Path) -> Iterator[str]:
    for kind, (file, ways, options) in PAIRS.items():
        for way in ways:
            source, target = way.split("-")
            name = f"{kind}-{way}"
            harness.IMPORTS[name] = [
                file.format(source, target), "--task", "translation", *options, "--column", f"source={source}",
                "--column", f"target={target}", "--source-language", source, "--target-language", target,
            ]  # fmt: skip
            bring_in(data, work, (name,))
            yield name


def _human(work: Path, name: str, say: Callable[[Any], str | None]) -> Measured:
    """Signals of texts made from the human translations; items for which none is made are left out."""
    benchmark = _open(work, f"translation/{name}")
    task = task_named("translation")
    said = [(item, text) for item in task.items(benchmark) if (text := say(item)) is not None]
    items, answers = [item for item, _ in said], [{"text": text, "score": None} for _, text in said]
    return Measured(task.signals(benchmark, items, answers), [])


def _alarms(human: dict[str, Measured], policy: Policy) -> str:
    limits = policy.limits("translation")
    rows = [["code", "kind", "limit", *human]]
    for code in _codes(human.values(), "translation"):
        cells = [_share(measured, code, limits.get(code)) for measured in human.values()]
        if any(cells):
            rows.append([f"`{code}`", RULES[code].kind, _limit(limits.get(code)), *cells])
    return _markdown(rows)


def _share(measured: Measured, code: str, limit: float | None) -> str:
    values = [row[code] for row in measured.signals if code in row]
    if not values or limit is None:
        return ""
    count = sum(_beyond(code, value, limit) for value in values)
    return f"{count} of {len(values):,} ({100 * count / len(values):.1f} %)"


def _number(item: Any) -> str | None:
    """The first number of two digits or more has its last digit changed."""
    found = re.search(r"\d+(?=\d)", item.row["target"])
    if found is None:
        return None
    text, place = item.row["target"], found.end()
    return f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}"


def _negation(item: Any) -> str | None:
    """All words that negate are left out."""
    words = polarity._TABLE[item.given.target_language]
    text = re.compile(words.negate.pattern + r"\w*", re.IGNORECASE).sub("", item.row["target"])
    return None if text == item.row["target"] else text


PLANTS: dict[str, Callable[[Any], str | None]] = {
    "a digit changed": _number,
    "negating words left out": _negation,
    "left in the source language": lambda item: item.row["source"] if len(item.row["source"].split()) > 3 else None,
    "second half left in the source language": lambda item: (
        _halves(item.row["target"])[0] + _halves(item.row["source"])[1]
    ),
    "second half lost": lambda item: _halves(item.row["target"])[0],
    "last three words five times more": lambda item: " ".join(
        [item.row["target"]] + item.row["target"].split()[-3:] * 5
    ),
    "the reference to claim n is to n + 1": lambda item: _claim(item.row["target"]),
}
PLANTED = (
    "Share of the texts with this one error that any reason calls; in brackets how many texts the error could be\n"
    "planted in. What calls on the translation without the error calls here too.\n\n"
)


def _halves(text: str) -> tuple[str, str]:
    words = text.split()
    return " ".join(words[: len(words) // 2]) + " ", " ".join(words[len(words) // 2 :])


def _claim(text: str) -> str | None:
    found = re.search(r"((?:claim|anspruch|revendication) )(\d+)", text, re.IGNORECASE)
    return None if found is None else f"{text[: found.start(2)]}{int(found[2]) + 1}{text[found.end(2) :]}"


def _found(work: Path, names: Sequence[str], policy: Policy) -> str:
    limits, rows = policy.limits("translation"), [["error", *names]]
    for plant, make in PLANTS.items():
        cells = []
        for name in names:
            signals = _human(work, name, make).signals
            called = sum(any(_beyond(c, v, limits[c]) for c, v in row.items() if c in limits) for row in signals)
            cells.append(f"{100 * called / len(signals):.0f} % ({len(signals):,})" if signals else "")
        rows.append([plant, *cells])
    return _markdown(rows)


def _run(work: Path, root: Path, model: str, benchmark: str) -> Measured:
    folder = work / "runs" / f"{model}-{benchmark.split('/')[1]}"
    if not (folder / "summary.json").exists():
        call(
            work, f"model={model}", f"benchmark={benchmark}", f"benchmark_roots=[{root}]", "tracking=none",
            f"hydra.run.dir={folder}",
        )  # fmt: skip
    opened, task = _open(work, benchmark), task_named(benchmark.split("/")[0])
    outputs = {
        row["item_id"]: json.loads(row["output"]) for row in _table(folder, "predictions") if row["status"] == "ok"
    }
    scores = {row["item_id"]: row[WRONG[task.name][1]] for row in _table(folder, "items")}
    items = [item for item in task.items(opened) if item.id in outputs]
    right = [scores[item.id] for item in items]
    return Measured(
        task.signals(opened, items, [outputs[item.id] for item in items]),
        [None if score is None else float(score == 0) for score in right],
    )


def _calls(measured: Measured, task: str, policy: Policy) -> str:
    limits, base = policy.limits(task), _mean(measured.wrong)
    text = f"{len(measured.signals):,} items, of which {100 * base:.0f} % are wrong ({WRONG[task][0]}).\n\n"
    rows = [["code", "limit", "called", "of these wrong", "not called: wrong"]]
    for code in _codes([measured], task):
        values = [row.get(code) for row in measured.signals]
        limit, mark = limits.get(code), ""
        if limit is None:
            limit, mark = _extreme(code, [value for value in values if value is not None]), " (off; the outer 5 %)"
        called = [value is not None and _beyond(code, value, limit) for value in values]
        rows.append(
            [
                f"`{code}`",
                _limit(limit) + mark,
                f"{sum(called)} ({100 * sum(called) / len(called):.1f} %)",
                _percent(wrong for wrong, yes in zip(measured.wrong, called, strict=True) if yes),
                _percent(wrong for wrong, yes in zip(measured.wrong, called, strict=True) if not yes),
            ]
        )
    return text + _markdown(rows)


def _extreme(code: str, values: list[float]) -> float:
    ranked = sorted(values, reverse=RULES[code].calls == "above")
    return ranked[math.floor(EXTREME * len(ranked))] if ranked else 0.0


def _codes(measured: Iterable[Measured], task: str) -> list[str]:
    seen = {code for part in measured for row in part.signals for code in row} - NOT_MEASURED
    return [code for code, rule in RULES.items() if code in seen and task in rule.tasks]


def _beyond(code: str, value: float, limit: float) -> bool:
    return value > limit if RULES[code].calls == "above" else value < limit


def _percent(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{100 * sum(known) / len(known):.0f} %" if known else ""


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known)


def _limit(limit: float | None) -> str:
    return "" if limit is None else f"{limit:.3g}"


def _table(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return rows


def _open(work: Path, benchmark: str) -> Any:
    return load(Entry(benchmark, work / "benchmarks" / benchmark), warn=False)


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
