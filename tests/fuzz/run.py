"""Fuzz the readers: ``python tests/fuzz/run.py [--minutes N] [--target NAME]``; needs atheris (Linux, x86-64).

Each target runs in a process of its own with limits for one input (seconds), for memory and for all. Printed are the
executions, the coverage at the beginning and at the end, and the faults; inputs of faults are files. Nothing is
written into the repository unless ``--keep`` says so: then inputs that reach new code join the corpus.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ("office", "clefip", "tmx", "xliff", "workbook", "csv", "tsv", "jsonl", "journal", "ledger", "manifest")
MEGABYTES = 1_024
SECONDS_PER_INPUT = 10
LARGEST = 1 << 16  # bytes of an input
KEPT = 4_000  # bytes of an input that may join the corpus

_STATUS = re.compile(r"^#(\d+)\s+(\w+)\s+cov: (\d+) ft: (\d+)", re.MULTILINE)
_DONE = re.compile(r"^stat::number_of_executed_units:\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What came of one target. ``coverage``: edges of the code that were reached; ``faults``: the files of inputs."""

    target: str
    seconds: float
    executions: int
    coverage_at_first: int
    coverage: int
    faults: tuple[Path, ...]
    log: str

    def line(self) -> str:
        """In words."""
        return (
            f"{self.target}: {self.executions:,} executions in {self.seconds:.0f} s, coverage "
            f"{self.coverage_at_first:,} -> {self.coverage:,}, {len(self.faults)} faults"
        )


def available() -> bool:
    """Whether atheris is installed."""
    return importlib.util.find_spec("atheris") is not None


def fuzz(target: str, seconds: float, faults: Path, corpus: Path, seed: int = 0) -> Outcome:
    """Run one target for so long; ``corpus`` takes new inputs, that of the repository is only read."""
    faults.mkdir(parents=True, exist_ok=True)
    corpus.mkdir(parents=True, exist_ok=True)
    before = set(faults.iterdir())
    options = [
        f"-max_total_time={max(1, round(seconds))}",
        f"-timeout={SECONDS_PER_INPUT}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-max_len={LARGEST}",
        f"-artifact_prefix={faults}/{target}-",
        f"-seed={seed}",
        "-print_final_stats=1",
        str(corpus),
        *map(str, seeds(target)),
    ]
    command = [sys.executable, str(HERE / "worker.py"), target, str(faults), *options]
    # Started by a shell, so that the peak of this process is not taken for the fuzzer's own.
    command = ["sh", "-c", '"$@"; exit $?', "sh", *command]
    start = time.monotonic()
    done = subprocess.run(
        command, capture_output=True, timeout=seconds + 120, text=True, encoding="utf-8", errors="replace"
    )
    log = done.stdout + done.stderr
    new = sorted(path for path in set(faults.iterdir()) - before if path.suffix != ".txt")
    return _outcome(target, time.monotonic() - start, log, done.returncode, tuple(new))


def seeds(target: str) -> list[Path]:
    """Folders of the repository with inputs to begin with."""
    samples = HERE.parent / "benchmarks" / "office" / "samples"
    own = HERE / "corpus" / target
    return [own, *([samples] if target in ("office", "clefip") else [])]


def _outcome(target: str, seconds: float, log: str, code: int, faults: tuple[Path, ...]) -> Outcome:
    states = _STATUS.findall(log)
    done = _DONE.search(log)
    if not states or (code != 0 and not faults):
        raise RuntimeError(f"{target}: the fuzzer did not run (exit code {code}):\n{log[-3000:]}")
    inited = next((state for state in states if state[1] == "INITED"), states[0])
    executions = int(done[1]) if done else int(states[-1][0])
    return Outcome(target, seconds, executions, int(inited[2]), int(states[-1][2]), faults, log)


def keep(target: str, found: Path) -> int:
    """Let what reaches new code join the corpus of the repository; how many files did."""
    own = HERE / "corpus" / target
    before = set(own.iterdir())
    with tempfile.TemporaryDirectory() as chosen:
        small = [path for path in sorted(found.iterdir()) if path.stat().st_size <= KEPT]
        for path in small:
            (Path(chosen) / path.name).write_bytes(path.read_bytes())
        command = [sys.executable, str(HERE / "worker.py"), target, chosen, "-merge=1", f"-max_len={KEPT}"]
        subprocess.run([*command, str(own), chosen], capture_output=True, check=True)
    return len(set(own.iterdir()) - before)


def record(file: Path, outcomes: list[Outcome], minutes: float) -> None:
    """Write the figures for the page of reliability."""
    sys.path.insert(0, str(HERE.parents[1] / "perf"))
    from recording import record as write

    totals = {"inputs tried": sum(o.executions for o in outcomes), "faults found": sum(len(o.faults) for o in outcomes)}
    figures: dict[str, float | str] = {**totals}
    for outcome in outcomes:
        figures[f"inputs tried: {outcome.target}"] = outcome.executions
        figures[f"edges of code reached by the stored inputs: {outcome.target}"] = outcome.coverage_at_first
        figures[f"edges reached at the end: {outcome.target}"] = outcome.coverage
        figures[f"faults: {outcome.target}"] = len(outcome.faults)
    what = (
        "Every reader of files is given inputs that a fuzzer changes so that they reach new code. A fault is anything "
        f"but a readable error: another exception, more than {SECONDS_PER_INPUT} seconds, more than {MEGABYTES:,} MB."
    )
    write(file, what, f"python tests/fuzz/run.py --minutes {minutes:g}", figures)


def main() -> int:
    """1 where a fault was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=2.0, help="for all targets together")
    parser.add_argument("--target", choices=NAMES, action="append", help="only these")
    parser.add_argument("--faults", type=Path, default=Path("fuzz-faults"), help="folder for inputs of faults")
    parser.add_argument("--corpus", type=Path, help="folder that keeps new inputs; without it they are forgotten")
    parser.add_argument("--seed", type=int, default=0, help="0: by chance")
    parser.add_argument("--keep", action="store_true", help="let new inputs join the corpus of the repository")
    parser.add_argument("--record", type=Path, help="write the figures to this file (docs/reliability/fuzz.json)")
    chosen = parser.parse_args()
    if not available():
        print(
            "atheris is not installed; there are wheels for Linux on x86-64: pip install -e '.[dev]'", file=sys.stderr
        )
        return 2
    names = chosen.target or NAMES
    outcomes = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            corpus = (chosen.corpus or Path(scratch)) / name
            outcome = fuzz(name, 60 * chosen.minutes / len(names), chosen.faults.resolve(), corpus, chosen.seed)
            kept = f", {keep(name, corpus)} inputs kept" if chosen.keep else ""
            print(outcome.line() + kept, *(f"  {path}" for path in outcome.faults), sep="\n", flush=True)
            outcomes.append(outcome)
    if chosen.record:
        record(chosen.record, outcomes, chosen.minutes)
    return 1 if any(outcome.faults for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
