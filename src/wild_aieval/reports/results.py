"""One result of a run folder with its rows: what figures, pages and the MLflow observer read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.records.run_folder import SUMMARY, RunFolder

Row = Mapping[str, Any]
OPEN = "open"


@dataclass(frozen=True, slots=True)
class Result:
    """``entry`` is one of ``results`` in ``summary.json``, ``spec`` its RunSpec; the rows are this benchmark's."""

    entry: Mapping[str, Any]
    spec: Mapping[str, Any]
    items: Sequence[Row]
    flags: Sequence[Row]
    predictions: Sequence[Row]

    @property
    def is_open(self) -> bool:
        """Whether single items of the benchmark may be shown."""
        return bool(self.entry["confidentiality"] == OPEN)

    @property
    def title(self) -> str:
        """Model and benchmark, as runs are named everywhere."""
        return f"{self.entry['model']} · {self.entry['benchmark']}"


def read_results(folder: RunFolder) -> list[Result]:
    """Every result of a run folder, in the order of its summary, whose RunSpec is theirs.

    ``runspec.json`` may already be that of a later run that did not get to its end.
    """
    summary = folder.read_json(SUMMARY)
    spec = summary["runspec"]
    tables = {name: folder.read_table(name) for name in ("items", "flags", "predictions")}
    return [
        Result(entry, spec, **{name: table.only(entry["benchmark"]) for name, table in tables.items()})
        for entry in summary["results"]
    ]
