"""``sweep.html``: all candidates of a sweep, benchmark by benchmark, with links to their own pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wild_aieval.metrics.headline import headline
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.reports import page
from wild_aieval.reports.facts import counted, notes, of_benchmark, share
from wild_aieval.reports.headline import written
from wild_aieval.reports.page import REPORT, SWEEP, Cell, Link, drawing, element, table
from wild_aieval.reports.words import SUGGESTIONS, measure_in_words

_HOW_TO_READ = (
    "Intervals are 95 %, for each candidate by itself. Overlapping intervals are no proof that two candidates are "
    "equally good: the test on the differences item by item is sharper. It is made by: "
    "python -m wild_aieval compare FOLDER."
)
Entry = Mapping[str, Any]


def write_sweep(folder: Path, summaries: Sequence[Mapping[str, Any]], failed: Sequence[str] = ()) -> Path:
    """Write ``sweep.html`` beside the run folders of a sweep: per benchmark all candidates; returns its path.

    ``failed``: jobs that did not run. Their reasons, which may quote what must not leave, stay in their folders.
    """
    entries = [entry for summary in summaries for entry in summary["results"]]
    links = _reports_below(folder)
    parts = [
        element("h1", f"Comparison of candidates: sweep {folder.name}"),
        element("p", SUGGESTIONS, "note"),
        element("p", _HOW_TO_READ, "soft"),
    ]
    if failed:
        text = f"Did not run: {', '.join(failed)}. The reason stands in failure.txt in the folder of each."
        parts.append(element("p", text, "alarm"))
    for number, benchmark in enumerate(sorted({entry["benchmark"] for entry in entries})):
        parts += _comparison([entry for entry in entries if entry["benchmark"] == benchmark], links, number)
    if not entries:
        parts.append(element("p", "No run of this sweep has results.", "alarm"))
    return RunFolder(folder).write_text(SWEEP, page.frame(f"Comparison of candidates: {folder.name}", parts))


def _comparison(entries: Sequence[Entry], links: Mapping[tuple[str, str], str], number: int) -> list[str]:
    """One benchmark of a sweep: forest plot and table."""
    from wild_aieval.reports import forest

    rows = forest.ordered(entries)
    first = rows[0]
    names = headline(first["task"], first["measures"])
    parts = [element("h2", f"{first['benchmark']} {first['version']}"), of_benchmark(first)]
    parts += [note for entry in rows for note in notes(entry)]
    if len({entry["digest"] for entry in rows}) > 1:
        parts.append(
            element("p", "These results come from different contents of the benchmark: do not compare them.", "alarm")
        )
    if image := forest.of_entries(rows, "svg"):
        parts.append(drawing(image, f"forest-{number}", "Candidates with their 95 % intervals, best on top."))
    numbers = (*names, "Asked / answered / errors / scored", "Flagged", "Seconds")
    heads = ("Candidate", *(Cell(name, "number") for name in numbers))
    named = [
        Link(label, links.get((entry["model"], entry["benchmark"]), ""))
        for entry, label in zip(rows, forest.labels(rows), strict=True)
    ]
    lines = [[name, *_candidate(entry, names)] for name, entry in zip(named, rows, strict=True)]
    words = [(Cell(name, "code"), measure_in_words(name)) for name in names]
    return [
        *parts,
        table("Candidates with values and 95 % intervals, best first.", heads, lines),
        table("What the measures say.", ("Measure", "What it says"), words),
    ]


def _candidate(entry: Entry, names: Iterable[str]) -> list[object]:
    values = [written(name, entry["measures"].get(name)) for name in names]
    flagged = share(entry["flags"]["flagged"], entry["counts"]["asked"])
    shown = [*values, counted(entry), flagged, f"{entry['timing']['seconds']:.1f}"]
    return [Cell(value, "number") for value in shown]


def _reports_below(folder: Path) -> dict[tuple[str, str], str]:
    """Links by model and benchmark; where two runs share both, no link says which."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in sorted(folder.glob(f"*/{REPORT}")):
        for entry in RunFolder(file.parent).read_json(SUMMARY)["results"]:
            found.setdefault((entry["model"], entry["benchmark"]), []).append(f"{quote(file.parent.name)}/{REPORT}")
    return {key: paths[0] for key, paths in found.items() if len(paths) == 1}
