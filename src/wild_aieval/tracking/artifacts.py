"""Files of a run in MLflow: the records, the report, the figures and the table of items."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wild_aieval.confidentiality import leaving
from wild_aieval.records import item_statistics
from wild_aieval.records.run_folder import RUNSPEC, SUMMARY, RunFolder
from wild_aieval.reports import html
from wild_aieval.reports.drawing import alone
from wild_aieval.reports.explorer import MOST_ITEMS, most_urgent
from wild_aieval.reports.figures import figures_of
from wild_aieval.reports.page import cut
from wild_aieval.reports.results import Result, picked
from wild_aieval.reports.words import reasons_in_words

ITEMS = "items.json"
_LONGEST = 300
_TEXTS = ("input", "expected", "predicted")
_NO_MEASURES = ("benchmark", "item_id", "status", "flagged", "audit", *_TEXTS)


def log_files(mlflow: Any, folder: RunFolder, result: Result) -> None:
    """Upload the files, each as the class of the benchmark lets it leave."""
    rules, summary = result.rules, leaving.summary(folder.read_json(SUMMARY))
    if not leaving.strictest(summary["results"]).texts or not (folder.path / html.REPORT).is_file():
        html.write(folder)  # a page that an older version left may show more than it should
    with tempfile.TemporaryDirectory() as place:
        RunFolder(Path(place)).write_json(RUNSPEC, summary["runspec"])
        RunFolder(Path(place)).write_json(SUMMARY, summary)
        shutil.copyfile(folder.path / html.REPORT, Path(place) / html.REPORT)
        figures = Path(place) / "figures"
        figures.mkdir()
        for name, image in figures_of(result).items():
            (figures / f"{name}.svg").write_bytes(alone(image))
        if rules.rows:
            for name, without in (("flags", ()), ("items", () if rules.texts else _TEXTS)):
                table = folder.read_table(name).only(result.entry["benchmark"])
                table.copy(Path(place) / f"{name}.parquet", without)
            if (folder.path / item_statistics.FILE).is_file():  # runs of older versions have none
                found = item_statistics.read(folder)[result.entry["benchmark"]]
                item_statistics.write(
                    RunFolder(Path(place)), [found if rules.texts else item_statistics.without_labels(found)]
                )
        mlflow.log_artifacts(place)
    if rules.rows and result.items:
        mlflow.log_table(items_table(result), artifact_file=ITEMS)


def items_table(result: Result) -> dict[str, list[Any]]:
    """Columns for the item-by-item comparison in the UI: the id first, the suggestion second, no long texts.

    Of very many items those that are flagged or in error come first; ``items.parquet`` has all.
    """
    chosen = most_urgent(result.items, MOST_ITEMS)
    flags = picked(result.flags, {row["item_id"] for row in chosen})
    rows = [_item_row(row, flags[row["item_id"]], result.rules.texts) for row in chosen]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in columns if any(row.get(name) is not None for row in rows)}


def _item_row(item: Mapping[str, Any], record: Mapping[str, Any], texts: bool) -> dict[str, Any]:
    measures = {name: value for name, value in item.items() if name not in _NO_MEASURES}
    return {
        "item_id": item["item_id"],
        "predicted": _suggested(item) if texts else item["status"],
        "expected": cut(item["expected"], _LONGEST) if texts else None,
        "score": record["score"],
        "flagged": record["flagged"],
        "reasons": reasons_in_words(record["reasons"]),
        **measures,
    }


def _suggested(item: Mapping[str, Any]) -> str:
    return cut(item["predicted"], _LONGEST) if item["status"] == "ok" else "(error)"
