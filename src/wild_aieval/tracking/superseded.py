"""A run folder that was resumed or scored again says something new and gets another run in the store.

The earlier run stays as it is, with what people noted on it; its name and a tag say which run came in its place.
"""

from __future__ import annotations

from typing import Any

from wild_aieval.records import journal
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports.results import Result
from wild_aieval.runspec import digest

ORIGIN, BY = "wae.origin", "wae.superseded_by"
_MARK = " (superseded)"


def origin_of(folder: RunFolder, result: Result) -> str:
    """What all states of a result of one run folder share and no other folder has, '' where nothing was answered.

    The first line of a journal never changes, and the time that its answer took is in it.
    """
    first = next(journal.read(folder.journal), None)
    return "" if first is None else digest([first.key, first.seconds, result.entry["benchmark"]])


def runs_of(client: Any, experiment: str, origin: str) -> list[Any]:
    """The runs that were logged of it, the newest first."""
    return list(client.search_runs([experiment], filter_string=f"tags.`{ORIGIN}` = '{origin}'")) if origin else []


def mark(client: Any, experiment: str, origin: str, run_id: str) -> None:
    """Every other run of the origin says that this one came in its place; this one says no such thing."""
    for run in runs_of(client, experiment, origin):
        own, name = run.info.run_id == run_id, str(run.info.run_name).removesuffix(_MARK)
        if run.data.tags.get(BY) == (None if own else run_id):
            continue
        client.update_run(run.info.run_id, name=name if own else name + _MARK)
        if own:
            client.delete_tag(run_id, BY)
        else:
            client.set_tag(run.info.run_id, BY, run_id)
