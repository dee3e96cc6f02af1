"""CPU seconds of short commands against Python's own start, interleaved, medians of seven rounds."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile

HARNESS = [sys.executable, "-m", "wild_aieval"]
COMMANDS = {
    "python alone": [sys.executable, "-c", "pass"],
    "--help": [*HARNESS, "--help"],
    "benchmark list": [*HARNESS, "benchmark", "list"],
    "misspelt setting": [*HARNESS, "modle=tfidf"],
    "floor candidate, no MLflow": [*HARNESS, "model=majority", "tracking=none"],
}
ROUNDS = 7


def cpu_seconds(command: list[str], environment: dict[str, str]) -> float:
    """User and system time of one child process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, env=environment, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Warm up once, then measure in turn."""
    with tempfile.TemporaryDirectory() as runs:
        environment = os.environ | {"WILD_AIEVAL_RUNS": runs}
        times: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for round_number in range(ROUNDS + 1):
            for name, command in COMMANDS.items():
                seconds = cpu_seconds(command, environment)
                if round_number:
                    times[name].append(seconds)
    base = statistics.median(times["python alone"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:28} {median:7.3f} s CPU ({min(values):.3f} to {max(values):.3f}), {median / base:6.1f} x Python")


if __name__ == "__main__":
    main()
