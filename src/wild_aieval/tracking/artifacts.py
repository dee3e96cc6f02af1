"""Files of a run in MLflow: the records, the report, the figures and the table of items."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wild_aieval.records import item_statistics
from wild_aieval.records.run_folder import RUNSPEC, SUMMARY, RunFolder
from wild_aieval.reports import html
from wild_aieval.reports.figures import figures_of
from wild_aieval.reports.page import cut
from wild_aieval.reports.results import Result
from wild_aieval.reports.words import reasons_in_words

ITEMS = "items.json"
_LONGEST = 300
_NO_MEASURES = ("benchmark", "item_id", "status", "flagged", "audit", "input", "expected", "predicted")


def log_files(mlflow: Any, folder: RunFolder, result: Result) -> None:
    """Upload the files; what lists single items goes with open benchmarks only."""
    if not (folder.path / html.REPORT).is_file():
        html.write(folder)
    with tempfile.TemporaryDirectory() as place:
        RunFolder(Path(place)).write_json(RUNSPEC, result.spec)
        for name in (SUMMARY, html.REPORT):
            shutil.copyfile(folder.path / name, Path(place) / name)
        figures = Path(place) / "figures"
        figures.mkdir()
        for name, image in figures_of(result).items():
            (figures / f"{name}.png").write_bytes(image)
        if result.is_open:
            for name in ("flags", "items"):
                folder.read_table(name).only(result.entry["benchmark"]).copy(Path(place) / f"{name}.parquet")
            if (folder.path / item_statistics.FILE).is_file():  # runs of older versions have none
                item_statistics.write(RunFolder(Path(place)), [item_statistics.read(folder)[result.entry["benchmark"]]])
        mlflow.log_artifacts(place)
    if result.is_open and result.items:
        mlflow.log_table(items_table(result), artifact_file=ITEMS)


def items_table(result: Result) -> dict[str, list[Any]]:
    """Columns for the item-by-item comparison in the UI: the id first, the suggestion second, no long texts."""
    flags = {row["item_id"]: row for row in result.flags}
    rows = [_item_row(row, flags[row["item_id"]]) for row in result.items]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in columns if any(row.get(name) is not None for row in rows)}


def _item_row(item: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    measures = {name: value for name, value in item.items() if name not in _NO_MEASURES}
    return {
        "item_id": item["item_id"],
        "predicted": cut(item["predicted"], _LONGEST) if item["status"] == "ok" else "(error)",
        "expected": cut(item["expected"], _LONGEST),
        "score": record["score"],
        "flagged": record["flagged"],
        "reasons": reasons_in_words(record["reasons"]),
        **measures,
    }
