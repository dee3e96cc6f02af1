"""One result of a run folder with its rows: what figures, pages and the MLflow observer read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.confidentiality import Rules, leaving
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.records.tables import Table

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """``entry`` is one of ``results`` in ``summary.json`` as it may leave, ``spec`` its whole RunSpec.

    The rows are this benchmark's, all of them: ``rules`` says what of them may be shown.
    """

    entry: Mapping[str, Any]
    spec: Mapping[str, Any]
    items: Sequence[Row]
    flags: Sequence[Row]
    predictions: Sequence[Row]

    @property
    def rules(self) -> Rules:
        """What may be shown of the benchmark's items."""
        return leaving.rules_of(self.entry)

    @property
    def shared_spec(self) -> dict[str, Any]:
        """The RunSpec as it may leave."""
        return leaving.spec(self.spec, self.rules)

    @property
    def title(self) -> str:
        """Model and benchmark, as runs are named everywhere."""
        return f"{self.entry['model']} · {self.entry['benchmark']}"


def some(rows: Sequence[Row], *names: str) -> Iterable[Row]:
    """The rows with these columns, as far as there are any; of a table only they are read."""
    return rows.rows(names) if isinstance(rows, Table) else rows


def picked(rows: Iterable[Row], ids: Collection[Any]) -> dict[Any, Row]:
    """The rows of some items, by id; of a large table only these are kept."""
    return {row["item_id"]: row for row in rows if row["item_id"] in ids}


def read_results(folder: RunFolder) -> list[Result]:
    """Every result of a run folder, in the order of its summary, whose RunSpec is theirs.

    ``runspec.json`` may already be that of a later run that did not get to its end.
    """
    summary = folder.read_json(SUMMARY)
    spec = summary["runspec"]
    tables = {name: folder.read_table(name) for name in ("items", "flags", "predictions")}
    return [
        Result(
            leaving.entry(entry),
            spec,
            **{name: table.only(entry["benchmark"]) for name, table in tables.items()},
        )
        for entry in summary["results"]
    ]
