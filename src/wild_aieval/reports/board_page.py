"""The group's board on one page: candidates by benchmarks by offices, with intervals, ties, and what was not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wild_aieval.metrics.headline import headline
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import page
from wild_aieval.reports.facts import counted, notes, of_benchmark, share, withheld
from wild_aieval.reports.headline import written
from wild_aieval.reports.page import Cell, element, table
from wild_aieval.reports.words import SUGGESTIONS, measure_in_words

TITLE = "Board of the group"
NOT_RUN = "not run"
_HOW_TO_READ = (
    "Each cell: the main measure with its 95 % interval, who measured it, and letters. Candidates of one benchmark "
    "that share a letter could not be told apart, item by item, after Holm's correction. A cell without letters "
    "was not tested. Contents of a benchmark that differ stand in columns of their own and cannot be compared."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One result: who measured it, its entry as it may leave, and the letters of the ties it is part of."""

    office: str
    folder: Path
    entry: Mapping[str, Any]
    ties: str = ""

    @property
    def name(self) -> str:
        """The candidate with its revision, where it has one."""
        return str(self.entry["model"])


@dataclass(frozen=True, slots=True)
class BenchmarkBoard:
    """One content of a benchmark. ``measure``: by which ties were tested; ``untested``: why there are none."""

    benchmark: str
    version: str
    digest: str
    standings: list[Standing]
    measure: str = ""
    untested: str = ""


@dataclass(slots=True)
class Board:
    """All benchmarks by name, and the certificates by office."""

    benchmarks: list[BenchmarkBoard]
    certificates: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    @property
    def candidates(self) -> list[str]:
        """Names in the order of the alphabet."""
        return sorted({one.name for board in self.benchmarks for one in board.standings})


def write(file: Path, board: Board, created: str) -> Path:
    """Write the page, whole or not at all; returns its path."""
    offices = sorted({one.office for found in board.benchmarks for one in found.standings})
    parts = [
        element("h1", TITLE),
        element("p", f"Made on {created[:10]} from results of {', '.join(offices)}.", "soft"),
        element("p", SUGGESTIONS, "note"),
        element("p", _HOW_TO_READ, "soft"),
        _overview(board),
        *(part for found in board.benchmarks for part in _benchmark(found)),
        *_certificates(board),
    ]
    return RunFolder(file.parent).write_text(file.name, page.frame(TITLE, parts))


def _overview(board: Board) -> str:
    heads = ("Candidate", *(Cell(_column(found), "number") for found in board.benchmarks))
    rows = []
    for name in board.candidates:
        cells = [
            "; ".join(_figure(found, one) for one in found.standings if one.name == name) or NOT_RUN
            for found in board.benchmarks
        ]
        rows.append([name, *(Cell(cell, "number" if cell != NOT_RUN else "soft") for cell in cells)])
    return table("Main measure of each candidate on each benchmark.", heads, rows)


def _column(found: BenchmarkBoard) -> str:
    return f"{found.benchmark} {found.version} ({found.digest[:6]})"


def _figure(found: BenchmarkBoard, one: Standing) -> str:
    name = found.measure or headline(one.entry["task"], one.entry["measures"])[0]
    letters = f" {one.ties}" if one.ties else ""
    return f"{one.office} {written(name, one.entry['measures'].get(name))}{letters}"


def _benchmark(found: BenchmarkBoard) -> list[str]:
    first = found.standings[0].entry
    names = headline(first["task"], first["measures"])
    heads = ("Candidate", "Office", *(Cell(name, "number") for name in names))
    more = ("Ties", "Asked / answered / errors / scored", "Flagged", "Seconds", "Cost")
    rows = [
        [one.name, one.office, *(Cell(value, "number") for value in _values(one, names))]
        for one in sorted(found.standings, key=lambda one: (one.name, one.office))
    ]
    parts = [element("h2", f"{found.benchmark} {found.version}"), of_benchmark(first), *withheld(first)]
    parts += list(dict.fromkeys(note for one in found.standings for note in notes(one.entry)))
    if found.untested:
        parts.append(element("p", f"Not tested against each other: {found.untested}", "soft"))
    caption = "Results of all offices, each as the office measured it."
    words = [(Cell(name, "code"), measure_in_words(name)) for name in names]
    return [
        *parts,
        table(caption, (*heads, *(Cell(name, "number") for name in more)), rows),
        table("What the measures say.", ("Measure", "What it says"), words),
    ]


def _values(one: Standing, names: Sequence[str]) -> list[str]:
    entry = one.entry
    return [
        *(written(name, entry["measures"].get(name)) for name in names),
        one.ties or "not tested",
        counted(entry),
        share(entry["flags"]["flagged"], entry["counts"]["asked"]),
        f"{entry['timing']['seconds']:.1f}",
        _cost(entry),
    ]


def _cost(entry: Mapping[str, Any]) -> str:
    cost = entry.get("cost") or {}
    total = cost.get("total")
    return "not priced" if total is None else f"{total:.2f} {cost.get('currency', '')}"


def _certificates(board: Board) -> list[str]:
    """Bounds on the errors among what was not flagged; the only promises on this page."""
    rows = [
        [office, str(one["population"]["benchmark"]), str(one["candidate"]["name"]), str(one["statement"])]
        for office, content in board.certificates
        for one in content["certificates"]
    ]
    if not rows:
        return [element("h2", "Certificates"), element("p", "No office sent a certificate.", "soft")]
    heads = ("Office", "Benchmark", "Candidate", "What it says")
    return [element("h2", "Certificates"), table("Bounds on errors among unflagged answers.", heads, rows)]
