"""One evaluation over workers of Ray beside the same in one process: what the spreading itself costs.

Ray's own processes outlive the command that started them for a moment; they are waited for and counted.
``--encoder``: MiniLM answers, so that there is work to share; it takes minutes.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from measuring import Sheet, Spent, arguments, command, interleaved
from told import Told

WORKERS = 2
# Whatever a command leaves running is ours (PR_SET_CHILD_SUBREAPER), and we end after it. Its own seconds are
# written down.
ADOPTING = """
import ctypes, os, pathlib, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
begun = time.perf_counter()
code = subprocess.call(sys.argv[2:])
pathlib.Path(sys.argv[1]).write_text(str(time.perf_counter() - begun))
try:
    while True: os.wait()
except ChildProcessError:
    sys.exit(code)
"""


def main() -> None:
    """Few and many items, in one process and over workers."""
    options = arguments(__doc__ or "", items=20_000, rounds=3, encoder=0)
    many = 400 if options.smoke else options.items
    few = many // 20
    rounds = 1 if options.smoke else options.rounds
    model = "minilm" if options.encoder else "told"
    sheet = Sheet("spread", f"{many:,} invented documents in one process, and over {WORKERS} workers of Ray.")
    with tempfile.TemporaryDirectory() as folder:
        told = {size: Told(Path(folder) / str(size), size) for size in (few, many)}
        cases = {
            f"{way}, {size}": lambda size=size, way=way: run(told[size], way, model)  # type: ignore[misc]
            for size in (few, many)
            for way in ("local", "ray")
        }
        found = interleaved(cases, rounds)
        same(told[many], model)
    for name, size in (("a run of few items", few), ("a run of all items", many)):
        one, other = found[f"local, {size}"], found[f"ray, {size}"]
        sheet.add(f"{name}, one process", [spent.cpu for spent in one], "s CPU", note=f"{size:,}")
        sheet.add(f"{name}, Ray", [spent.cpu for spent in other], "s CPU")
        sheet.add(f"{name}, one process", [spent.wall for spent in one], "s wall")
        sheet.add(f"{name}, Ray", [spent.wall for spent in other], "s wall")
    for way, name in (("local", "one process"), ("ray", "Ray")):
        pairs = zip(found[f"{way}, {many}"], found[f"{way}, {few}"], strict=True)
        each = [1000 * (large.cpu - small.cpu) / (many - few) for large, small in pairs]
        sheet.add(f"one more item, {name}", each, "ms CPU")
    candidate = "MiniLM" if options.encoder else "a plug-in that answers at once"
    sheet.remark(f"The candidate is {candidate}; answers and measures were the same in both ways.")
    sheet.write(options)


def run(told: Told, way: str, model: str) -> Spent:
    """A run into a folder of its own; nothing that was computed before is found again."""
    words = told.command("tracking=none", f"inference={way}", *([f"inference.workers={WORKERS}"] * (way == "ray")))
    words = [word if word != "model=told" else f"model={model}" for word in words]
    seconds, results = told.place / "seconds", {"WILD_AIEVAL_RUNS": f"{told.run}-{way}-results"}
    spent = command([sys.executable, "-c", ADOPTING, str(seconds), *words], told.environment | results)
    return Spent(spent.cpu, float(seconds.read_text()))


def same(told: Told, model: str) -> None:
    """Answers of the last two runs, which were local and Ray."""
    runs = sorted((path for path in told.place.glob("run*") if (path / "summary.json").exists()), key=_number)[-2:]
    answers = [
        {line["item_id"]: line["output"] for line in map(json.loads, (run / "journal.jsonl").open(encoding="utf-8"))}
        for run in runs
    ]
    measures = [json.loads((run / "summary.json").read_text())["results"][0]["measures"] for run in runs]
    if answers[0] != answers[1] or measures[0] != measures[1]:
        raise SystemExit(f"{model}: workers of Ray gave other answers or measures than one process")


def _number(path: Path) -> int:
    return int(path.name.removeprefix("run"))


if __name__ == "__main__":
    main()
