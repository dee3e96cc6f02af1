"""The group's board on one page: candidates by benchmarks by offices, with intervals, ties, and what was not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wild_aieval.metrics.headline import headline
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import board_words, page
from wild_aieval.reports.facts import counted, duration, notes, of_benchmark, share, withheld
from wild_aieval.reports.headline import written
from wild_aieval.reports.page import Cell, element, folded, table
from wild_aieval.reports.words import SUGGESTIONS, measure_in_words

TITLE = "Board of the group"
NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Standing:
    """One result: who measured it, its entry as it may leave, and the letters of the ties it is part of.

    ``variant``: digits that tell it from another candidate of its name, '' where there is none. ``rank``: place among
    those that were tested, best first; ``untested``: why it is not among them. ``ledger``: number of events and head of
    the ledger of reviews, where one was sent.
    """

    office: str
    folder: Path
    entry: Mapping[str, Any]
    origin: str = ""
    identity: str = ""
    variant: str = ""
    ties: str = ""
    rank: int = 0
    untested: str = ""
    ledger: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The candidate, as it was called."""
        return f"{self.entry['model']} #{self.variant}" if self.variant else str(self.entry["model"])


@dataclass(frozen=True, slots=True)
class BenchmarkBoard:
    """One content of a benchmark.

    ``measure``: by which ties were tested, in so many ``pairs`` on so many ``items``; ``untested``: why they were not.
    """

    benchmark: str
    version: str
    digest: str
    standings: list[Standing]
    measure: str = ""
    items: int = 0
    pairs: int = 0
    untested: str = ""

    @property
    def task(self) -> str:
        """What candidates are asked to do."""
        return str(self.standings[0].entry["task"])

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.benchmark} {self.version}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as an office sent it, and in words whether it is in force; ``covers``: runs on the board."""

    office: str
    entry: Mapping[str, Any]
    state: str
    covers: Sequence[str] = ()


@dataclass(slots=True)
class Board:
    """All benchmarks by name, and the certificates by office."""

    benchmarks: list[BenchmarkBoard]
    certificates: list[Certificate] = field(default_factory=list)

    @property
    def candidates(self) -> list[str]:
        """Names in the order of the alphabet."""
        return sorted({one.name for board in self.benchmarks for one in board.standings})

    @property
    def offices(self) -> list[str]:
        """Codes of those that measured."""
        return sorted({one.office for board in self.benchmarks for one in board.standings})


def write(file: Path, board: Board, created: str) -> Path:
    """Write the page, whole or not at all; returns its path."""
    parts = [
        element("h1", TITLE),
        element("p", f"Made on {created[:10]} from results of {board_words.listed(board.offices)}.", "soft"),
        element("p", SUGGESTIONS, "note"),
        *board_words.conclusions(board),
        element("h2", "Candidates by benchmarks"),
        element("p", board_words.HOW_TO_READ, "soft"),
        _overview(board),
        *_not_run(board),
        *(part for found in board.benchmarks for part in _benchmark(found, board)),
        *_certificates(board),
    ]
    return RunFolder(file.parent).write_text(file.name, page.frame(TITLE, parts))


def _overview(board: Board) -> str:
    """A row for each result, a column for each content of a benchmark."""
    heads = ("Candidate", "Office", *(Cell(name, "number") for name in _columns(board)))
    rows = []
    for name in board.candidates:
        for office in board.offices:
            cells = [_cells(found, name, office) for found in board.benchmarks]
            if any(cell != NOT_RUN for cell in cells):
                rows.append([name, office, *(Cell(cell, "number") for cell in cells)])
    return table("Main measure with its 95 % interval, and letters of ties.", heads, rows)


def _columns(board: Board) -> list[str]:
    """Titles; with some digits of the digest where two contents have the same one."""
    titles = [found.title for found in board.benchmarks]
    return [
        f"{found.title} ({found.digest[:6]})" if titles.count(found.title) > 1 else found.title
        for found in board.benchmarks
    ]


def _cells(found: BenchmarkBoard, name: str, office: str) -> str:
    own = [one for one in found.standings if (one.name, one.office) == (name, office)]
    return "; ".join(_figure(found, one) for one in own) or NOT_RUN


def _figure(found: BenchmarkBoard, one: Standing) -> str:
    name = main_measure(found)
    marks = f" {one.ties}" if one.ties else ""
    marks += " †" if one.entry.get("notes") else ""
    return written(name, one.entry["measures"].get(name)) + marks


def main_measure(found: BenchmarkBoard) -> str:
    """The measure that ties were tested by, else the one to compare by."""
    first = found.standings[0].entry
    return found.measure or headline(first["task"], first["measures"])[0]


def _not_run(board: Board) -> list[str]:
    """By candidate, what nobody ran; tasks that a candidate ran nowhere are left out, since it may not do them."""
    lines = []
    for name in board.candidates:
        tasks = {one.entry["task"] for found in board.benchmarks for one in found.standings if one.name == name}
        missing = [
            column
            for column, found in zip(_columns(board), board.benchmarks, strict=True)
            if found.task in tasks and all(one.name != name for one in found.standings)
        ]
        lines += [f"{name}: {board_words.listed(missing)}"] if missing else []
    if not lines:
        return []
    items = "".join(element("li", line) for line in lines)
    return [element("h3", "Not run by anybody, of tasks that the candidate does"), f"<ul>{items}</ul>"]


def _benchmark(found: BenchmarkBoard, board: Board) -> list[str]:
    first = found.standings[0].entry
    names = headline(first["task"], first["measures"])
    heads = ("Candidate", "Office", *(Cell(name, "number") for name in names), "Ties")
    columns = sorted(found.standings, key=lambda one: (not one.ties, one.rank, one.name, one.office))
    figures = [
        [one.name, one.office, *(Cell(written(name, one.entry["measures"].get(name)), "number") for name in names),
         one.ties or one.untested or "not tested"]
        for one in columns
    ]  # fmt: skip
    parts = [element("h2", found.title), element("p", board_words.tested(found), "sentence"), of_benchmark(first)]
    parts += withheld(first)
    parts += list(dict.fromkeys(note for one in columns for note in notes(one.entry)))
    if found.untested:
        parts.append(element("p", f"Not tested against each other: {found.untested}", "soft"))
    words = table(
        "What the measures say.",
        ("Measure", "What it says"),
        [(Cell(name, "code"), measure_in_words(name)) for name in names],
    )
    return [
        *parts,
        table(f"Figures on {found.title}, each as the office measured it.", heads, figures),
        _effort(found, columns, board),
        folded("What the measures say", words),
    ]


def _effort(found: BenchmarkBoard, columns: Sequence[Standing], board: Board) -> str:
    heads = ("Candidate", "Office", "Asked / answered / errors / scored", "Flagged for a human", "Time", "Cost",
             "Certificate", "Ledger of reviews")  # fmt: skip
    rows = [
        [one.name, one.office, Cell(counted(one.entry), "number"),
         Cell(share(one.entry["flags"]["flagged"], one.entry["counts"]["asked"]), "number"),
         Cell(duration(one.entry["timing"]["seconds"]), "number"), Cell(_cost(one.entry), "number"),
         _certificate_of(one, board), _ledger(one)]
        for one in columns
    ]  # fmt: skip
    return table(f"Counts, effort and oversight on {found.title}.", heads, rows)


def _certificate_of(one: Standing, board: Board) -> str:
    benchmark = (one.entry["benchmark"], one.entry["digest"])
    covering = [
        found.state
        for found in board.certificates
        if found.office == one.office
        and one.origin in found.covers  # which all benchmarks of a run share
        and (found.entry["benchmark"], found.entry["digest"]) == benchmark
    ]
    return covering[0] if covering else "none in force"


def _ledger(one: Standing) -> str:
    if not one.ledger:
        return "none sent"
    events = one.ledger["events"]
    return f"{events:,} {'event' if events == 1 else 'events'}, head {one.ledger['head'][:12]}"


def _cost(entry: Mapping[str, Any]) -> str:
    cost = entry.get("cost") or {}
    total = cost.get("total")
    return "not priced" if total is None else f"{total:.2f} {cost.get('currency', '')}"


def _certificates(board: Board) -> list[str]:
    """Bounds on the errors among what was not flagged; the only promises on this page."""
    if not board.certificates:
        return [element("h2", "Certificates"), element("p", "No office sent a certificate.", "soft")]
    rows = [
        [one.office, one.entry["candidate"]["name"], f"{one.entry['benchmark']} {one.entry['version']}",
         one.state, Cell(_statement(one.entry), "text")]
        for one in board.certificates
    ]  # fmt: skip
    heads = ("Office", "Candidate", "Benchmark", "State", "What it says")
    return [
        element("h2", "Certificates"),
        element("p", board_words.CERTIFICATES, "soft"),
        table("Bounds on errors among answers that are not flagged.", heads, rows),
    ]


def _statement(entry: Mapping[str, Any]) -> str:
    return " ".join(part for part in (entry["statement"], entry.get("check", "")) if part)
