"""``report.html``: one self-contained page per run folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

from wild_aieval.metrics.headline import headline
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.reports import confusion, effort, explorer, page, slices
from wild_aieval.reports.assets import asset
from wild_aieval.reports.facts import duration, notes, of_benchmark, share, withheld
from wild_aieval.reports.headline import NO_INTERVAL, interval, written
from wild_aieval.reports.page import REPORT as REPORT
from wild_aieval.reports.page import SWEEP as SWEEP
from wild_aieval.reports.page import Cell, Link, cards, cut, drawing, element, facts, folded, table
from wild_aieval.reports.results import Result, picked, read_results, some
from wild_aieval.reports.sweep_page import write_sweep as write_sweep
from wild_aieval.reports.words import (
    SUGGESTIONS,
    items_in_words,
    measure_in_words,
    reason_in_words,
    reasons_in_words,
)

SHOWN_ITEMS = 200
CERTIFICATES = "certificates.html"
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
    if (folder.path / CERTIFICATES).is_file():
        parts.append(f'<p><a href="{CERTIFICATES}">Certificates: errors among items that are not flagged</a></p>')
    script = asset("explorer.js") if any(result.rules.rows for result in results) else ""
    return folder.write_text(REPORT, page.frame(f"{model}: evaluation report", parts, script))


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
        ("Provider", model.get("provider") or "not stated"),
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

    entry, prefix = result.entry, f"result-{number}"
    svgs = figures_of(result, left_out=("confusion_by_section",))  # here it is a table

    def drawn(*names: str) -> list[str]:
        return [drawing(svgs[name], f"{prefix}-{name}", CAPTIONS[name]) for name in names if name in svgs]

    parts = [
        element("h2", f"{entry['benchmark']} {entry['version']}", id=prefix),
        of_benchmark(entry),
        *notes(entry),
        *withheld(entry),
    ]
    if entry["partial"]:
        counts = entry["counts"]
        words = f"Partial result: {counts['errors']} of {counts['asked']} items are in error, more than the run allows."
        parts.append(element("p", f"{words} Items in error score the worst value.", "alarm"))
    parts += [_cards(entry), element("h3", "Measures"), *_measures(entry), *drawn("levels", "recall_at_depth")]
    parts += slices.section(result, svgs, prefix)
    parts += confusion.grid(result, explorer.identifier(number)) if result.rules.texts else []
    if scores := drawn("reliability", "risk_coverage"):
        parts += [element("h3", "The candidate's own score"), *scores]
    parts += [element("h3", "Human oversight"), *drawn("reasons"), *_oversight(result, explorer.identifier(number))]
    return [*parts, *effort.section(entry), *explorer.section(result, number), *_errors(result)]


def _cards(entry: Entry) -> str:
    """The main measure, the counts and the flags at one look."""
    name = headline(entry["task"], entry["measures"])[0]
    measure = entry["measures"].get(name)
    value, _, measured = written(name, measure).partition(" [")
    bounds = interval(name, measure, " to ")
    small = f"95 % interval {bounds}" if bounds else NO_INTERVAL if measured else ""
    counts, flags, asked = entry["counts"], entry["flags"], entry["counts"]["asked"]
    seconds = entry["timing"]["seconds"]
    flagged = f"{flags['flagged']} of {asked}; {flags['audit']} drawn for the audit"
    answered = f"answered {counts['answered']}, errors {counts['errors']}, scored {counts['scored']}"
    return cards(
        [
            (measure_in_words(name) or name, value, small),
            (f"{items_in_words(entry['task'])} asked".capitalize(), str(asked), answered),
            ("Flagged for a human", share(flags["flagged"], asked), flagged),
            ("Time", duration(seconds), f"{duration(seconds / max(1, asked))} per item"),
        ]
    )


def _measures(entry: Entry) -> list[str]:
    """The headline measures, then all of them with their signatures."""
    names = headline(entry["task"], entry["measures"])
    heads = ("Measure", "What it says", Cell("Value [95 % interval]", "number"), Cell("n", "number"))
    main = table("The measures that stand for this result.", heads, [_measure_row(entry, name) for name in names])
    rows = [
        (*_measure_row(entry, name), Cell(entry["measures"][name]["signature"], "code"))
        for name in sorted(entry["measures"])
    ]
    every = table("All measures. The signature says how each was computed.", (*heads, "Signature"), rows)
    return [main, folded(f"All {len(rows)} measures with their signatures", every)]


def _measure_row(entry: Entry, name: str) -> tuple[object, ...]:
    measure = entry["measures"].get(name)
    n = measure["n"] if measure and measure["value"] is not None else ""
    return Cell(name, "code"), measure_in_words(name), Cell(written(name, measure), "number"), Cell(n, "number")


def _oversight(result: Result, items: str) -> list[str]:
    """Why a human is called, and for which items."""
    flags, task = result.entry["flags"], result.entry["task"]
    if not flags["reasons"] and flags.get("withheld"):
        return [element("p", f"Every reason called for too few {items_in_words(task)} to be counted here.")]
    if not flags["reasons"]:
        return [element("p", f"No {items_in_words(task)} were flagged and none were drawn for the audit.")]
    rows = [
        (reason_in_words(code), Cell(code, "code"), _reason_count(result, code, count, items))
        for code, count in flags["reasons"].items()
    ]
    parts = [table("Reasons for a human look.", ("Reason", "Code", Cell("Items", "number")), rows)]
    return [*parts, *_flagged_items(result)] if result.rules.rows else parts


def _reason_count(result: Result, code: str, count: int, items: str) -> object:
    """The number; where items may be shown a link to those that the reason called for."""
    if not result.rules.rows:
        return Cell(count, "number")
    return Link(count, f"#{items}", "number", {"explorer": items, "reason": code})


def _flagged_items(result: Result) -> list[str]:
    waiting = (row for row in result.flags if row["flagged"] or row["audit_selected"])
    called = list(islice(waiting, SHOWN_ITEMS))
    count = len(called) + sum(1 for _ in waiting)
    items = picked(result.items, {record["item_id"] for record in called})
    texts = {"input": "Input", "expected": "Expected", "predicted": "Suggested by the software"}
    texts = texts if result.rules.texts else {}
    rows = [
        (
            Cell(record["item_id"], "code"),
            Cell(reasons_in_words(record["reasons"]), "text"),
            *(Cell(cut(items.get(record["item_id"], {}).get(name)), "text") for name in texts),
        )
        for record in called
    ]
    shown = f"{len(rows)} of {count} items that need a human look"
    return [folded(shown, table(f"{shown}.", ("Item", "Why", *texts.values()), rows))]


def _errors(result: Result) -> list[str]:
    """What the candidate's errors were, most frequent first; messages may quote items, else only their kind is shown.

    Where no rows may be shown, rare kinds are counted together.
    """
    errors: Counter[str] = Counter()
    for row in some(result.predictions, "status", "error"):
        if row["status"] == "error":
            errors[cut(row["error"], 200) if result.rules.texts else _kind_of_error(str(row["error"]))] += 1
    if not errors:
        return []
    if rare := [kind for kind, count in errors.items() if count < result.rules.smallest]:
        errors["rare kinds together"] = sum(errors.pop(kind) for kind in rare)
    rows = [(Cell(message, "text"), Cell(count, "number")) for message, count in errors.most_common(20)]
    heads = ("Message", Cell("Items", "number"))
    shown = table("Messages of the candidate, most frequent first.", heads, rows)
    return [element("h3", "Errors of the candidate"), shown]


def _kind_of_error(message: str) -> str:
    """The name of the exception or the status of HTTP; the rest of a message may quote an item."""
    known = re.match(r"[A-Z]\w*(Error|Exception|Exit)(?=:)|HTTP \d{3}\b", message)
    return known[0] if known else "message not shown: the benchmark is not open"
