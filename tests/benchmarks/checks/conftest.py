"""A small good benchmark for each task, made in the test's own folder, and ways to break it."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.run import Report, check

MANIFEST: dict[str, Any] = {
    "version": "1.0.0",
    "title": "A small one",
    "description": "For tests.",
    "languages": ["en"],
    "licence": "CC0-1.0",
    "creation": "Written by hand.",
    "contributor": "the tests",
    "created": "2024-05-01",
    "confidentiality": "open",
}
OWN: dict[str, dict[str, Any]] = {
    "classification": {"scheme": "IPC", "edition": "2023.01", "label_level": "class", "label_origin": "H"},
    "translation": {"languages": ["en", "es"], "source_language": "en", "target_language": "es"},
    "search": {"depth": 5},
}
THINGS = (
    ("A01B 3/00", "plough", "turns the soil with a share of steel whose angle a farmer sets by a lever at the handle"),
    ("A61B 3/02", "eye chart", "shows letters of falling size on a lit panel so that the sight of a patient is told"),
    ("B60L 50/60", "battery tray", "holds the cells of an electric car above a plate through which a coolant flows"),
    (
        "G06F 12/08",
        "cache memory",
        "keeps lines that a processor asked for lately and drops the one unused for longest",
    ),
    ("H04L 45/00", "packet router", "chooses for each packet the link whose queue is shortest and notes it in a table"),
)
WORDS = (
    "seven",
    "amber",
    "copper",
    "linen",
    "marble",
    "walnut",
    "velvet",
    "granite",
    "cotton",
    "silver",
    "bronze",
    "pewter",
)


@dataclass
class Good:
    """Rows and manifest of a good benchmark; a test changes them, then asks for the report."""

    task: str
    folder: Path
    manifest: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]]
    form: str = "jsonl"
    card: bool = True
    raw: dict[str, bytes] = field(default_factory=dict)

    def write(self) -> Path:
        """The folder, with digests that agree."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files = {part: f"{part}.{'tsv' if part == 'qrels' else self.form}" for part in self.rows}
        for part, name in files.items():
            self._rows(self.folder / name, self.rows[part])
        for name, content in self.raw.items():
            (self.folder / name).write_bytes(content)
        digests = {name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in files.values()}
        data = {"format": "beir" if self.task == "search" else self.form, "files": files, "sha256": digests}
        content = {"name": self.folder.name, "task": self.task, "data": data} | self.manifest
        kept = {key: value for key, value in content.items() if value is not None}
        (self.folder / "benchmark.yaml").write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
        if self.card:
            (self.folder / "README.md").write_text("# A small one\n", encoding="utf-8")
        return self.folder

    def _rows(self, path: Path, rows: list[dict[str, Any]]) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            if path.suffix == ".jsonl":
                stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                return
            separator = "\t" if path.suffix == ".tsv" else ","
            writer = csv.DictWriter(stream, list(rows[0]), delimiter=separator, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def report(self) -> Report:
        """What the check says."""
        return check(self.write())

    def found(self, code: str) -> Finding:
        """The one finding with this code."""
        report = self.report()
        hits = [finding for finding in report.findings if finding.code == code]
        assert len(hits) == 1, [finding.code for finding in report.findings]
        return hits[0]

    def says(self, code: str) -> str:
        """Everything that the finding says, in one line."""
        found = self.found(code)
        return " | ".join((found.where, found.message, *found.examples))


def text(thing: int, number: int) -> str:
    """A text of its own: what the thing does, in a variant that no other has."""
    _, name, does = THINGS[thing]
    extra = " ".join(WORDS[(number * 5 + thing * 3 + step * step) % len(WORDS)] for step in range(1, 9))
    return f"The {name} of kind {number} {does}, with parts named {extra} in variant {number * 7 + thing}."


def _classification() -> dict[str, list[dict[str, Any]]]:
    def row(part: str, thing: int, number: int, year: int) -> dict[str, Any]:
        name = f"{part}-{thing}-{number}"
        place = number if part == "train" else number + 50
        facts = {"main": THINGS[thing][0], "date": f"{year}-0{number}-1{thing}", "family": f"F-{name}"}
        return {"id": name, "title": f"{THINGS[thing][1].capitalize()} {place}", "text": text(thing, place), **facts}

    years = {"train": 2010, "test": 2012}
    return {part: [row(part, t, n, year) for n in range(1, 8) for t in range(5)] for part, year in years.items()}


def _translation() -> dict[str, list[dict[str, Any]]]:
    spanish = (
        "siete",
        "ámbar",
        "cobre",
        "lino",
        "mármol",
        "nogal",
        "tela",
        "granito",
        "lana",
        "plata",
        "bronce",
        "zinc",
    )

    def row(number: int) -> dict[str, Any]:
        one, other, sign = number % 12, (number * 7 + number // 12 + 3) % 12, 10 + number
        row = {
            "id": f"s{number}",
            "source": f"The valve ({sign}) of {WORDS[one]} and {WORDS[other]} opens at {number}.5 bar at the inlet.",
            "target": f"La válvula ({sign}) de {spanish[one]} y {spanish[other]} se abre despacio a {number},5 bar.",
        }
        return row | {"terms": [{"source": "valve", "targets": ["válvula"]}]}

    return {"test": [row(number) for number in range(1, 41)]}


def _search() -> dict[str, list[dict[str, Any]]]:
    def document(number: int) -> dict[str, Any]:
        metadata = {"date": f"200{number % 10}-01-02", "family_id": f"D{number}"}
        return {
            "_id": f"d{number}",
            "title": f"Document {number}",
            "text": text(number % 5, number),
            "metadata": metadata,
        }

    def query(number: int) -> dict[str, Any]:
        metadata = {"date": "2015-06-01", "family_id": f"Q{number}"}
        return {"_id": f"q{number}", "text": text(number % 5, number + 100), "metadata": metadata}

    steps = ((1, "X"), (3, "A"))
    steps = ((1, "X"), (3, "A"))
    judged = [(f"q{n}", f"d{(n * step) % 20 + 1}", grade) for n in range(1, 6) for step, grade in steps]
    return {
        "corpus": [document(number) for number in range(1, 21)],
        "queries": [query(number) for number in range(1, 6)],
        "qrels": [{"query-id": q, "corpus-id": d, "score": grade} for q, d, grade in judged],
    }


ROWS = {"classification": _classification, "translation": _translation, "search": _search}


@pytest.fixture
def good(tmp_path: Path) -> Callable[[str], Good]:
    """``good(task)``: a good benchmark that is not yet written."""
    return lambda task: Good(task, tmp_path / task / "small", MANIFEST | OWN[task], ROWS[task]())
