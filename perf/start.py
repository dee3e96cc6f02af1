"""What commands cost before they do any work: Python alone, help, lists, and a run up to its first item."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measuring import HARNESS, Sheet, Spent, arguments, command, interleaved
from told import Told

GOALS = {"--help": 0.1, "benchmark list": 0.2, "from settings to the first item": 0.7}


def main() -> None:
    """Every command in turn."""
    options = arguments(__doc__ or "", rounds=7)
    sheet = Sheet("start", "CPU seconds of short commands, and of a run until its candidate is first asked.")
    with tempfile.TemporaryDirectory() as folder:
        told = Told(Path(folder), 8)

        def first_item() -> Spent:
            spent = command(told.command("tracking=none"), told.environment)
            return Spent(told.marks()["first"]["cpu"], spent.wall)

        cases = {
            "Python alone": lambda: command([sys.executable, "-c", "pass"]),
            "--help": lambda: command([*HARNESS, "--help"]),
            "--version": lambda: command([*HARNESS, "--version"]),
            "benchmark list": lambda: command([*HARNESS, "benchmark", "list"]),
            "models": lambda: command([*HARNESS, "models"]),
            "from settings to the first item": first_item,
        }
        for case in cases.values():
            case()  # what is compiled and kept once
        found = interleaved(cases, 1 if options.smoke else options.rounds)
    for name, spent in found.items():
        sheet.add(name, [one.cpu for one in spent], "s CPU", at_most=GOALS.get(name))
    sheet.remark("The first item is asked of a candidate without a library of its own; MLflow is switched off.")
    sheet.write(options)


if __name__ == "__main__":
    main()
