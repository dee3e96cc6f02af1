"""``report.html``: one self-contained page per run folder, and one that compares the candidates of a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wild_aieval.metrics.headline import headline
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.reports import page
from wild_aieval.reports.headline import NO_INTERVAL, interval, written
from wild_aieval.reports.page import Cell, Link, cards, cut, element, facts, folded, picture, table
from wild_aieval.reports.results import Result, read_results
from wild_aieval.reports.words import (
    SUGGESTIONS,
    items_in_words,
    measure_in_words,
    reason_in_words,
    reasons_in_words,
)

REPORT, SWEEP = "report.html", "sweep.html"
SHOWN_ITEMS = 200
_HOW_TO_READ = (
    "Intervals are 95 %, for each candidate by itself. Overlapping intervals are no proof that two candidates are "
    "equally good: a test on the differences item by item would be sharper than what is seen here."
)
Entry = Mapping[str, Any]


def write(folder: RunFolder) -> Path:
    """Write ``report.html`` into the run folder; returns its path."""
    results = read_results(folder)
    model = folder.read_json(SUMMARY)["model"]
    parts = [element("h1", f"{model}: evaluation report"), element("p", SUGGESTIONS, "note"), *_what_was_run(results)]
    if len(results) > 1:
        parts += [element("h2", "Benchmarks of this run"), _contents(results)]
    for number, result in enumerate(results):
        parts += _section(result, number)
    return folder.write_text(REPORT, page.frame(f"{model}: evaluation report", parts))


def write_sweep(folder: Path, summaries: Sequence[Mapping[str, Any]]) -> Path:
    """Write ``sweep.html`` beside the run folders of a sweep: per benchmark all candidates; returns its path."""
    entries = [entry for summary in summaries for entry in summary["results"]]
    links = _reports_below(folder)
    parts = [
        element("h1", f"Comparison of candidates: sweep {folder.name}"),
        element("p", SUGGESTIONS, "note"),
        element("p", _HOW_TO_READ, "soft"),
    ]
    for benchmark in sorted({entry["benchmark"] for entry in entries}):
        parts += _comparison([entry for entry in entries if entry["benchmark"] == benchmark], links)
    if not entries:
        parts.append(element("p", "No run of this sweep has results.", "alarm"))
    return RunFolder(folder).write_text(SWEEP, page.frame(f"Comparison of candidates: {folder.name}", parts))


def _what_was_run(results: Sequence[Result]) -> list[str]:
    """Candidate, seed, versions and date: what is the same for all results of the folder."""
    if not results:
        return [element("p", "This run has no results.", "alarm")]
    spec = results[0].spec
    settings, context = spec["settings"], spec["context"]
    model = settings["model"]
    libraries = ", ".join(f"{name} {version}" for name, version in context.get("libraries", {}).items())
    pairs = [
        ("Candidate", f"{model['name']} ({model['kind']})"),
        ("Revision", model.get("revision") or "none given"),
        ("Run at", context.get("created", "")),
        ("Seed", settings["seed"]),
        ("Items asked for", "all" if settings.get("limit") is None else f"a sample of {settings['limit']}"),
        ("Oversight policy", results[0].entry["flags"].get("policy", "")),
        ("Sweep", settings.get("sweep") or ""),
        ("wild_aieval", context.get("wild_aieval", "")),
        ("Python", f"{context.get('python', '')} on {context.get('platform', '')}"),
        ("Libraries", libraries),
    ]
    return [facts(pairs)]


def _contents(results: Sequence[Result]) -> str:
    lines = (
        f'<li><a href="#result-{number}">{escape(entry["benchmark"])}</a>: {escape(_main_figure(entry))}</li>'
        for number, entry in enumerate(result.entry for result in results)
    )
    return f"<ul>{''.join(lines)}</ul>"


def _main_figure(entry: Entry) -> str:
    name = headline(entry["task"], entry["measures"])[0]
    return f"{name} {written(name, entry['measures'].get(name))}"


def _section(result: Result, number: int) -> list[str]:
    """Everything about one benchmark."""
    from wild_aieval.reports.figures import CAPTIONS, figures_of

    entry = result.entry
    parts = [
        f'<h2 id="result-{number}">{escape(entry["benchmark"])} {escape(entry["version"])}</h2>',
        _benchmark(entry),
    ]
    if entry["partial"]:
        counts = entry["counts"]
        words = f"Partial result: {counts['errors']} of {counts['asked']} items are in error, more than the run allows."
        parts.append(element("p", f"{words} Items in error score the worst value.", "alarm"))
    parts += [_cards(entry), element("h3", "Measures"), *_measures(entry)]
    parts += [picture(image, CAPTIONS[name]) for name, image in figures_of(result).items()]
    return [*parts, *_oversight(result), *_errors(result)]


def _benchmark(entry: Entry) -> str:
    return facts(
        [
            ("Task", entry["task"]),
            ("Texts", "synthetic: invented for testing, no real applications" if entry["synthetic"] else "real"),
            ("Languages", ", ".join(entry["languages"])),
            ("Offices", ", ".join(entry["offices"])),
            ("Licence", entry["licence"]),
            ("Confidentiality", entry["confidentiality"]),
            ("Digest", entry["digest"][:16]),
        ]
    )


def _cards(entry: Entry) -> str:
    """The main measure, the counts and the flags at one look."""
    name = headline(entry["task"], entry["measures"])[0]
    measure = entry["measures"].get(name)
    value, _, measured = written(name, measure).partition(" [")
    bounds = interval(name, measure, " to ")
    small = f"95 % interval {bounds}" if bounds else NO_INTERVAL if measured else ""
    counts, flags, asked = entry["counts"], entry["flags"], entry["counts"]["asked"]
    seconds = entry["timing"]["seconds"]
    share = f"{100 * flags['flagged'] / asked:.0f} %" if asked else "none asked"
    answered = f"answered {counts['answered']}, errors {counts['errors']}, scored {counts['scored']}"
    return cards(
        [
            (measure_in_words(name) or name, value, small),
            (f"{items_in_words(entry['task'])} asked".capitalize(), str(asked), answered),
            ("Flagged for a human", share, f"{flags['flagged']} of {asked}; {flags['audit']} drawn for the audit"),
            ("Time", f"{seconds:.1f} s", f"{seconds / max(1, asked):.3g} s per item"),
        ]
    )


def _measures(entry: Entry) -> list[str]:
    """The headline measures, then all of them with their signatures."""
    names = headline(entry["task"], entry["measures"])
    heads = ("Measure", "What it says", Cell("Value [95 % interval]", "number"), Cell("n", "number"))
    main = table(heads, [_measure_row(entry, name) for name in names])
    rows = [
        (*_measure_row(entry, name), Cell(entry["measures"][name]["signature"], "code"))
        for name in sorted(entry["measures"])
    ]
    every = table((*heads, "Signature"), rows)
    return [main, folded(f"All {len(rows)} measures with their signatures", every)]


def _measure_row(entry: Entry, name: str) -> tuple[object, ...]:
    measure = entry["measures"].get(name)
    n = measure["n"] if measure and measure["value"] is not None else ""
    return Cell(name, "code"), measure_in_words(name), Cell(written(name, measure), "number"), Cell(n, "number")


def _oversight(result: Result) -> list[str]:
    """Why a human is called, and for which items."""
    flags, task = result.entry["flags"], result.entry["task"]
    parts = [element("h3", "Human oversight")]
    if not flags["reasons"]:
        return [*parts, element("p", f"No {items_in_words(task)} were flagged and none were drawn for the audit.")]
    rows = [
        (reason_in_words(code), Cell(code, "code"), Cell(count, "number")) for code, count in flags["reasons"].items()
    ]
    parts.append(table(("Reason", "Code", Cell("Items", "number")), rows))
    if not result.is_open:
        return [*parts, element("p", "Single items are not shown: the benchmark is not open.", "soft")]
    return [*parts, *_flagged_items(result)]


def _flagged_items(result: Result) -> list[str]:
    items = {row["item_id"]: row for row in result.items}
    called = [row for row in result.flags if row["flagged"] or row["audit_selected"]]
    rows = [
        (
            Cell(record["item_id"], "code"),
            Cell(reasons_in_words(record["reasons"]), "text"),
            *(
                Cell(cut(items.get(record["item_id"], {}).get(name)), "text")
                for name in ("input", "expected", "predicted")
            ),
        )
        for record in called[:SHOWN_ITEMS]
    ]
    shown = f"{len(rows)} of {len(called)} items that need a human look"
    heads = ("Item", "Why", "Input", "Expected", "Suggested by the software")
    return [folded(shown, table(heads, rows))]


def _errors(result: Result) -> list[str]:
    """What the candidate's errors were, most frequent first; messages may quote items, hence open benchmarks only."""
    errors: dict[str, int] = {}
    for row in result.predictions:
        if row["status"] == "error":
            message = cut(row["error"], 200) if result.is_open else _kind_of_error(str(row["error"]))
            errors[message] = errors.get(message, 0) + 1
    if not errors:
        return []
    rows = sorted(
        ((Cell(message, "text"), Cell(count, "number")) for message, count in errors.items()), key=lambda r: -int(r[1])
    )
    return [element("h3", "Errors of the candidate"), table(("Message", Cell("Items", "number")), rows[:20])]


def _kind_of_error(message: str) -> str:
    """The name of the exception; the rest of a message may quote an item."""
    name = message.partition(":")[0]
    return name if name.isidentifier() else "message not shown: the benchmark is not open"


def _comparison(entries: Sequence[Entry], links: Mapping[tuple[str, str], str]) -> list[str]:
    """One benchmark of a sweep: table and forest plot."""
    from wild_aieval.reports.comparison import forest, labels, ordered

    rows = ordered(entries)
    first = rows[0]
    names = headline(first["task"], first["measures"])
    parts = [element("h2", f"{first['benchmark']} {first['version']}"), _benchmark(first)]
    if len({entry["digest"] for entry in rows}) > 1:
        parts.append(
            element("p", "These results come from different contents of the benchmark: do not compare them.", "alarm")
        )
    numbers = (*names, "Asked / answered / errors / scored", "Flagged", "Seconds")
    heads = ("Candidate", *(Cell(name, "number") for name in numbers))
    named = [
        Link(label, links.get((entry["model"], entry["benchmark"]), ""))
        for entry, label in zip(rows, labels(rows), strict=True)
    ]
    parts.append(table(heads, [[name, *_candidate(entry, names)] for name, entry in zip(named, rows, strict=True)]))
    parts.append(table(("Measure", "What it says"), [(Cell(name, "code"), measure_in_words(name)) for name in names]))
    image = forest(rows)
    return [*parts, picture(image, "Candidates with their 95 % intervals, best on top.")] if image else parts


def _candidate(entry: Entry, names: Iterable[str]) -> list[object]:
    counts, asked = entry["counts"], max(1, entry["counts"]["asked"])
    values = [Cell(written(name, entry["measures"].get(name)), "number") for name in names]
    shown = " / ".join(str(counts[key]) for key in ("asked", "answered", "errors", "scored"))
    flagged = f"{100 * entry['flags']['flagged'] / asked:.0f} %"
    shown = f"{shown} (partial)" if entry["partial"] else shown
    return [
        *values,
        Cell(shown, "number"),
        Cell(flagged, "number"),
        Cell(f"{entry['timing']['seconds']:.1f}", "number"),
    ]


def _reports_below(folder: Path) -> dict[tuple[str, str], str]:
    """Links by model and benchmark; where two runs share both, no link says which."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in sorted(folder.glob(f"*/{REPORT}")):
        for entry in RunFolder(file.parent).read_json(SUMMARY)["results"]:
            found.setdefault((entry["model"], entry["benchmark"]), []).append(f"{quote(file.parent.name)}/{REPORT}")
    return {key: paths[0] for key, paths in found.items() if len(paths) == 1}
