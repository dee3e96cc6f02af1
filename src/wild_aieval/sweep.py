"""Several candidates in one command (Hydra multirun): one fault does not stop the others, one table ends it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from hydra.experimental.callback import Callback

from wild_aieval.confidentiality import leaving
from wild_aieval.errors import UserError, no_memory, no_room
from wild_aieval.records.run_folder import SUMMARY, RunFolder

FAILURE = "failure.txt"


def guarded(work: Callable[[], int], folder: RunFolder, sweep: Path) -> int:
    """Run one job of a sweep; what it raises is written into its folder and printed, and the sweep goes on."""
    try:
        (folder.path / FAILURE).unlink(missing_ok=True)
        return work()
    except KeyboardInterrupt:
        raise KeyboardInterrupt(how_to_go_on(sweep)) from None
    except UserError as error:
        reason = str(error)
    except BaseException as error:  # noqa: BLE001  a fault of one candidate is no reason to drop the others
        reason = no_room_left(error, str(folder.path)) or (
            f"unexpected {type(error).__name__}: {error}. Run it alone with debug=true for the traceback."
        )
    print(f"failed: {reason}", file=sys.stderr)  # first, for the folder may be what cannot be written
    folder.create()
    folder.write_text(FAILURE, f"{reason}\n")
    return 1


def how_to_go_on(sweep: Path) -> str:
    """What to do with a sweep that was interrupted."""
    return (
        f"What was answered is kept; finished candidates stay in {sweep}. Continue with the same command and, beside "
        f"its model=…, hydra.sweep.dir={sweep}"
    )


def no_room_left(error: BaseException, folder: str = "RUN_FOLDER") -> str:
    """One paragraph where the disk is full, a quota is used up or memory came to its end, else ''."""
    if no_memory(error):
        return (
            f"this machine has no memory left ({type(error).__name__}). Answers that were journalled are kept. Close "
            "other programs, ask less at a time (inference.chunk_size) or take a machine with more, then continue "
            f"with: python -m wild_aieval resume {folder}"
        )
    if not isinstance(error, OSError) or not no_room(error, alone=False):
        return ""
    place = f"{error.filename}: " if error.filename else ""
    return (
        f"{place}cannot be written ({error.strerror}). Answers that were journalled are kept. Make room on the disk, "
        f"then continue with: python -m wild_aieval resume {folder}"
    )


class SweepReport(Callback):
    """Prints the common table when all jobs are done, whatever launcher ran them.

    Hydra makes this object itself, hands nothing back and turns what it raises into a warning, hence the
    class attributes: the exit code, the fault that the application raises afterwards, the locked folder.
    """

    codes: ClassVar[list[int]] = []
    faults: ClassVar[list[Exception]] = []
    held: ClassVar[list[tuple[Path, Any]]] = []

    def on_multirun_start(self, config: Any, **kwargs: Any) -> None:
        """Lock the sweep's folder before Hydra writes into it."""
        sweep = Path(config.hydra.sweep.dir).resolve()
        try:
            sweep.mkdir(parents=True, exist_ok=True)
            SweepReport.held = [(sweep, _locked(sweep))]
        except OSError:  # Hydra meets the same and the application tells it
            return

    def on_multirun_end(self, config: Any, **kwargs: Any) -> None:
        """Collect the summaries of the sweep's folder."""
        try:
            _report(config)
        except Exception as error:  # noqa: BLE001  raised again by the application
            SweepReport.faults = [error]


class Refused(BaseException):
    """Another sweep is at work in the folder. No Exception, for Hydra makes warnings of those in callbacks."""


def _locked(sweep: Path) -> Any:
    from filelock import FileLock, Timeout

    lock = FileLock(sweep / ".sweep.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Refused(
            f"{sweep}: another sweep is at work in this folder. Wait for it, or choose another hydra.sweep.dir."
        ) from None
    return lock


def _report(config: Any) -> None:
    from wild_aieval.reports import console, html

    sweep = Path(config.hydra.sweep.dir)
    done = [path.parent for path in sorted(sweep.glob(f"*/{SUMMARY}")) if not (path.parent / FAILURE).exists()]
    failures = {
        path.parent.name: path.read_text(encoding="utf-8").strip() for path in sorted(sweep.glob(f"*/{FAILURE}"))
    }
    SweepReport.codes = [1 if failures else 0]
    summaries = [leaving.summary(RunFolder(path).read_json(SUMMARY)) for path in done]
    partial = any(result["partial"] for summary in summaries for result in summary["results"])
    SweepReport.codes = [1 if failures else 2 if partial else 0]
    console.print_results(summaries)
    console.print_failures(failures)
    page = html.write_sweep(sweep, summaries, list(failures))
    console.print_next_steps(sweep, page, console.where_logged(summaries), config.tracking.uri)
    measured = [result["benchmark"] for summary in summaries for result in summary["results"]]
    if len(set(measured)) < len(measured):
        print(f"Which is better: python -m wild_aieval compare {sweep}")
