"""One run from settings to the last line on the screen: evaluate, report, log, print."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal

from wild_aieval.errors import Unavailable
from wild_aieval.evaluate import evaluate
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.settings import Settings, Tracking

OK, TOO_MANY_ERRORS = 0, 2


Show = Literal["tables", "line", "json"]


def perform(settings: Settings, folder: RunFolder, show: Show = "tables") -> int:
    """Run one candidate; returns the exit code."""
    try:
        summary = evaluate(settings, folder)
    except Unavailable as error:
        if not settings.skip_unavailable:
            raise
        print(f"skipped {settings.model.name}: {error}", file=sys.stderr)
        return OK
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"continue with: python -m wild_aieval resume {folder.path}") from None
    return finish(settings, folder, summary, show)


def finish(settings: Settings, folder: RunFolder, summary: dict[str, Any], show: Show = "tables") -> int:
    """Write the report, log into MLflow and print; 2 where a result has too many errors."""
    from wild_aieval.reports import console, html

    page = html.write(folder)
    if settings.tracking.name == "mlflow":
        summary = log(folder, settings.tracking)
    if show == "line":
        console.print_line(summary)
    elif show == "json":
        print(json.dumps(summary, ensure_ascii=False, indent=1))
    else:
        console.print_results([summary])
        console.print_next_steps(folder.path, page, settings.tracking.name, settings.tracking.uri)
    return TOO_MANY_ERRORS if any(result["partial"] for result in summary["results"]) else OK


def log(folder: RunFolder, tracking: Tracking) -> dict[str, Any]:
    """Log the run folder into MLflow; where that fails the run is kept and the remedy is printed."""
    from wild_aieval.tracking.store import TrackingError, log_run

    try:
        return log_run(folder, tracking.uri, tracking.experiment, tracking.max_traces)
    except TrackingError as error:
        print(
            f"MLflow: {error}\nThe run is complete and kept in {folder.path}\n"
            f"Log it later with: python -m wild_aieval log {folder.path}",
            file=sys.stderr,
        )
        return folder.read_json(SUMMARY)
