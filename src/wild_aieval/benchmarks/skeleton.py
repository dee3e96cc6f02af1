"""A new benchmark folder to fill in: manifest, card, and a few example rows that show the columns."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.card import UNKNOWN
from wild_aieval.benchmarks.checks.declarations import EXAMPLE as MARK
from wild_aieval.benchmarks.declared import GUARDED
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.benchmarks.manifest import TASKS
from wild_aieval.benchmarks.writer import NewBenchmark, publish
from wild_aieval.errors import UserError, nearest

Fields = dict[str, Any]

_DAY, _FAMILY = "2021-05-06", "family-1"
_ROWS: dict[str, dict[str, list[Fields]]] = {
    "classification": {
        "train": [
            {"id": f"{MARK}1", "title": "Plough with a turning share", "text": "A plough whose share can be turned.",
             "main": "A01B 3/16", "symbols": ["A01B 3/16"], "date": "2019-02-03", "family": "family-0"},
        ],
        "test": [
            {"id": f"{MARK}2", "title": "Battery of a vehicle", "text": "A traction battery in two modules.",
             "main": "B60L 50/60", "symbols": ["B60L 50/60", "H01M 50/20"], "date": _DAY, "family": _FAMILY},
        ],
    },
    "translation": {
        "test": [
            {"id": f"{MARK}1", "source": "the text to translate", "target": "its translation by a human",
             "register": "claim", "cluster": "document-1"},
        ],
    },
    "search": {
        "corpus": [
            {"id": f"{MARK}document", "title": "Plough", "text": "A plough whose share can be turned.",
             "date": "2001-02-03", "family": "family-0"},
        ],
        "queries": [
            {"id": f"{MARK}query", "title": "Plough", "text": "A plough whose share turns by itself.",
             "date": _DAY, "family": _FAMILY},
        ],
        "qrels": [{"query_id": f"{MARK}query", "document_id": f"{MARK}document", "grade": 3}],
    },
}  # fmt: skip
NOTES = (
    "The rows are examples that show the columns: put yours in their place, with ids of your own.",
    "'benchmark check' says what is wrong or missing; with --release it fixes the version.",
)


def make(task: str, name: str, root: Path, about: Mapping[str, Any]) -> Benchmark:
    """Write ``root/task/name`` with manifest, card and example rows; returns it as loaded.

    ``about``: further manifest fields, such as title or edition; empty ones are taken as unsaid.

    Raises:
        UserError: for a wrong field, or where the folder exists.
    """
    if task not in TASKS:
        raise UserError(f"--task '{task}': there is no such task. {nearest(task, TASKS)}")
    said = {key: value for key, value in about.items() if value not in ("", [], None, False)}
    parts = {part: [dict(row) for row in rows] for part, rows in _ROWS[task].items()}
    return publish(NewBenchmark(_fields(task, name, said), parts, NOTES, sealed=False), root)


def _fields(task: str, name: str, said: Fields) -> Fields:
    title = name.replace("-", " ").replace("_", " ").capitalize()
    fields: Fields = {
        "name": name,
        "task": task,
        "version": "0.1.0",
        "title": title,
        "description": "Say in a few sentences what the items are and which question they answer.",
        "languages": _languages(task, said),
        "licence": UNKNOWN,
        "creation": "Say who chose the items, from what, how, when, and who gave the labels, references or judgments.",
        "contributor": UNKNOWN,
        "created": datetime.date.today(),
        "confidentiality": GUARDED,
    }
    if task == "classification":
        fields |= {"scheme": "IPC", "edition": "2023.01", "label_level": "subclass", "clusters_are": "family"}
    return fields | {key: value for key, value in said.items() if key != "language"}


def _languages(task: str, said: Fields) -> list[str]:
    pair = [said.get("source_language", ""), said.get("target_language", "")]
    if task != "translation":
        return [said.get("language") or "en"]
    if not all(pair):
        raise UserError("benchmark init: a translation benchmark needs --source-language and --target-language.")
    return pair
