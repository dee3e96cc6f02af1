"""Several candidates in one command (Hydra multirun): one fault does not stop the others, one table ends it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from hydra.experimental.callback import Callback

from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import SUMMARY, RunFolder

FAILURE = "failure.txt"


def guarded(work: Callable[[], int], folder: RunFolder) -> int:
    """Run one job of a sweep; what it raises is written into its folder and printed, and the sweep goes on."""
    (folder.path / FAILURE).unlink(missing_ok=True)
    try:
        return work()
    except UserError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001  a fault of one candidate is no reason to drop the others
        reason = f"unexpected {type(error).__name__}: {error}. Run it alone with debug=true for the traceback."
    folder.create()
    folder.write_text(FAILURE, f"{reason}\n")
    print(f"failed: {reason}", file=sys.stderr)
    return 1


class SweepReport(Callback):
    """Prints the common table when all jobs are done, whatever launcher ran them.

    Hydra makes this object itself and hands nothing back, hence the class attribute for the exit code.
    """

    codes: ClassVar[list[int]] = []

    def on_multirun_end(self, config: Any, **kwargs: Any) -> None:
        """Collect the summaries of the sweep's folder."""
        from wild_aieval.reports import console, html

        sweep = Path(config.hydra.sweep.dir)
        done = [path.parent for path in sorted(sweep.glob(f"*/{SUMMARY}")) if not (path.parent / FAILURE).exists()]
        summaries = [RunFolder(path).read_json(SUMMARY) for path in done]
        failures = {
            path.parent.name: path.read_text(encoding="utf-8").strip() for path in sorted(sweep.glob(f"*/{FAILURE}"))
        }
        console.print_results(summaries)
        console.print_failures(failures)
        page = html.write_sweep(sweep, summaries)
        console.print_next_steps(sweep, page, config.tracking.name, config.tracking.uri)
        partial = any(result["partial"] for summary in summaries for result in summary["results"])
        SweepReport.codes = [1 if failures else 2 if partial else 0]
