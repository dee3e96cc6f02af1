"""Files that an office would hand in: outputs of a run in each format that is read, and titles of symbols."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from wild_aieval.records.run_folder import RunFolder

Row = tuple[str, Any]


def titles(source: Path, target: Path) -> None:
    """English titles of IPC groups."""
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps({"symbol": row["symbol"], "title": row["en"]}) for row in rows]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write(target: Path, run: Path) -> None:
    """The answers of a run, by the name of the file that is wanted."""
    found = RunFolder(run).read_table("predictions")
    rows = [(row["item_id"], json.loads(row["output"])) for row in found]
    if target.name == "gaps.jsonl":
        rows = rows[10:] + [(f"nobody-{number}", answer) for number, (_, answer) in enumerate(rows[:5])]
    FORMS[target.suffix](target, rows)


def _jsonl(target: Path, rows: list[Row]) -> None:
    lines = [json.dumps({"id": name, "suggestions": answer}) for name, answer in rows]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _csv(target: Path, rows: list[Row]) -> None:
    with target.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(_table(rows))


def _workbook(target: Path, rows: list[Row]) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in _table(rows):
        book.active.append(row)
    book.save(target)


def _table(rows: list[Row]) -> Iterator[list[str]]:
    yield ["id", "symbols", "scores"]
    for name, answer in rows:
        yield [name, ";".join(symbol for symbol, _ in answer), ";".join(repr(score) for _, score in answer)]


def _trec(target: Path, rows: list[Row]) -> None:
    lines = [
        f"{name} Q0 {document} {rank} {score!r} run"
        for name, hits in rows
        for rank, (document, score) in enumerate(hits, 1)
    ]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _lines(target: Path, rows: list[Row]) -> None:
    target.write_text("\n".join(answer["text"] for _, answer in rows) + "\n", encoding="utf-8")


FORMS: dict[str, Callable[[Path, list[Row]], None]] = {
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".xlsx": _workbook,
    ".trec": _trec,
    ".txt": _lines,
}
