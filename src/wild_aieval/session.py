"""One run from settings to the last line on the screen: evaluate, print, report, log."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from wild_aieval import logs
from wild_aieval.addresses import redacted
from wild_aieval.confidentiality import Rules, leaving, quoting
from wild_aieval.errors import Unavailable, UserError
from wild_aieval.evaluate import evaluate
from wild_aieval.records import versions
from wild_aieval.records.run_folder import RUNSPEC, SUMMARY, RunFolder
from wild_aieval.settings import Settings, Tracking

OK, NO_REPORT, TOO_MANY_ERRORS = 0, 1, 2
_LOG = logging.getLogger(__name__)
Show = Literal["tables", "line", "json", "nothing"]


def perform(settings: Settings, folder: RunFolder, show: Show = "tables") -> int:
    """Run one candidate; returns the exit code."""
    log_of = settings.log
    with (
        logs.kept(log_of.level, log_of.format, log_of.file, folder.path),
        logs.milestones(folder.path, settings.model.name) as ended,
    ):
        ended["code"] = _perform(settings, folder, show)
        return ended["code"]


def _perform(settings: Settings, folder: RunFolder, show: Show) -> int:
    versions.refuse_others(folder)
    try:
        summary = evaluate(settings, folder, lambda: _meanwhile(settings.tracking))
        return finish(settings, folder, summary, show)
    except Unavailable as error:
        if not settings.skip_unavailable:
            raise
        print(f"skipped {settings.model.name}: {error}", file=sys.stderr)
        return OK
    except SystemExit as stop:
        raise UserError(
            f"{settings.model.name}: the candidate, or a library that it uses, ended the program (SystemExit: "
            f"{stop.code}). What was answered is kept. Mend it, then give the same command again."
        ) from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(how_to_go_on(folder)) from None


def _meanwhile(tracking: Tracking) -> None:
    """While the candidate works on."""
    if tracking.name == "mlflow":
        from wild_aieval.tracking import ahead

        ahead.begin(tracking.uri)


def how_to_go_on(folder: RunFolder) -> str:
    """What to do with a run that was interrupted."""
    if not (folder.path / RUNSPEC).is_file():
        return "Nothing was asked yet. Give the same command again."
    return f"What was answered is kept; continue with: python -m wild_aieval resume {folder.path}"


def finish(settings: Settings, folder: RunFolder, summary: dict[str, Any], show: Show = "tables") -> int:
    """Print, write the report and log into MLflow; 1 without a report, 2 where a result has too many errors.

    The figures are on the screen before anything is written that a full disk could stop. JSON is one document
    and waits for the ids that MLflow gives.
    """
    from wild_aieval.reports import console

    shown = leaving.summary(summary)
    if show == "line":
        console.print_line(shown)
    elif show == "tables":
        console.print_results([shown])
    with folder.locked():
        page = _report(settings, folder, leaving.strictest(summary["results"]))
    if settings.tracking.name == "mlflow":
        summary = log(folder, settings.tracking)
    if show == "json":
        print(json.dumps(leaving.summary(summary), ensure_ascii=False, indent=1))
    elif show == "tables":
        console.print_next_steps(folder.path, page, console.where_logged([summary]), settings.tracking.uri)
    if page is None:
        return NO_REPORT
    return TOO_MANY_ERRORS if any(result["partial"] for result in summary["results"]) else OK


def log(folder: RunFolder, tracking: Tracking) -> dict[str, Any]:
    """Log the run folder into MLflow; where that fails the run is kept and the remedy is printed."""
    from wild_aieval.tracking.store import TrackingError, log_run

    try:
        summary = log_run(folder, tracking.uri, tracking.experiment, tracking.max_traces)
        _LOG.info("logged into MLflow", extra={"facts": {"runs": len(summary["results"])}})
        return summary
    except (TrackingError, UserError) as error:
        address = " --uri ADDRESS" if tracking.uri and redacted(tracking.uri) != tracking.uri else ""
        print(
            f"MLflow: {error}\nThe run is complete and kept in {folder.path}\n"
            f"Log it later with: python -m wild_aieval log {folder.path}{address}",
            file=sys.stderr,
        )
        return folder.read_json(SUMMARY)


def _report(settings: Settings, folder: RunFolder, rules: Rules) -> Path | None:
    """Write ``report.html``; where that fails the results are kept, an older report goes and the remedy is printed."""
    from wild_aieval.reports import html

    try:
        with quoting.quiet(rules, tuple):
            return html.write(folder)
    except Exception as error:  # figures and fonts fail in many ways; the results must survive them all
        if settings.debug:
            raise
        with suppress(OSError):
            (folder.path / html.REPORT).unlink(missing_ok=True)
        said = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        print(
            f"The report could not be written. {said}\nThe results are kept in {folder.path}\n"
            f"Write it with: python -m wild_aieval rescore {folder.path}",
            file=sys.stderr,
        )
        return None
