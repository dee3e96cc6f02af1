"""``review.html``: one self-contained page about the reviews of a run. It holds no texts of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import page
from wild_aieval.reports.page import Cell, cards, drawing, element, facts, folded, table
from wild_aieval.reports.words import SUGGESTIONS, reason_in_words
from wild_aieval.review.report.figures import CAPTIONS, figures_of
from wild_aieval.review.report.shown import denominator, value

PAGE = "review.html"
Result = Mapping[str, Any]
_CARDS = ("review.unflagged_error", "review.coverage", "review.seed_catch", "review.override_rate")
_NAMES = {
    "review.unflagged_error": "Wrong among those not flagged",
    "review.coverage": "Not flagged",
    "review.seed_catch": "Planted errors caught",
    "review.override_rate": "Overrides",
}
_GROUPED = ("review.coverage", "review.unflagged_error", "review.flag_precision", "review.override_rate")
_HOW = (
    "Wrong, where people decided, means that they differ from the suggestion that they saw: an adjudicator's "
    "word where "
    "there is one, else what all reviewers say who could decide. Where they are not at one, the item is left out and "
    "counted below.",
    "Shares of the audit are weighted by 1 / the probability with which each item was drawn. Their intervals are exact "
    "(Clopper and Pearson) where all probabilities are equal, else exact on the effective number of items.",
    "Planted errors are in the figure of planted errors alone. Times are active minutes as the desk counted "
    "them; what a "
    "tool saves is not measured by them, which takes a study with a randomised comparison.",
    "Figures by the benchmark's labels (review.labels…) are over all items and have the faults of the labels.",
    "The ledger is tamper-evident for whoever holds its head from elsewhere, such as this page or a tag in MLflow.",
)


def write(folder: RunFolder, data: Mapping[str, Any]) -> Path:
    """Write ``review.html`` into the run folder; returns its path."""
    heading = f"{data['model']}: review report"
    ledger = data["ledger"]
    parts = [
        element("h1", heading),
        element("p", SUGGESTIONS, "note"),
        facts(
            [
                ("Candidate", data["model"]),
                ("Batches", ", ".join(batch["id"] for batch in data["batches"]) or "none"),
                ("Events in the ledger", ledger["events"]),
                ("Head of the ledger", ledger["head"]),
                ("wild_aieval", data["wild_aieval"]),
            ]
        ),
    ]
    for number, result in enumerate(data["results"]):
        parts += _section(result, number, str(data["language"]))
    if not data["results"]:
        parts.append(element("p", "No benchmark of this run is in a batch.", "alarm"))
    parts += [element("h2", "How to read this"), *(element("p", sentence) for sentence in _HOW)]
    return folder.write_text(PAGE, page.frame(heading, parts))


def _section(result: Result, number: int, language: str) -> list[str]:
    prefix, svgs = f"review-{number}", figures_of(result)

    def drawn(name: str) -> list[str]:
        return [drawing(svgs[name], f"{prefix}-{name}", CAPTIONS[name])] if name in svgs else []

    synthetic = [element("p", "The texts are synthetic.", "note")] if result["synthetic"] else []
    raised = result["alarm"]["raised"] is not None
    people = [*drawn("showing"), *drawn("confusion")]
    alarm = [element("p", result["sentences"][-1], "alarm", lang=language)] if raised else []
    return [
        element("h2", f"{result['benchmark']} {result['version']}", id=prefix),
        *synthetic,
        *alarm,
        *_open_ones(result),
        _cards(result),
        element("h3", "In sentences"),
        _sentences(result, language),
        element("h3", "The flags"),
        *drawn("reasons"),
        *drawn("alarm"),
        *([element("h3", "The reviewers"), *people] if people else []),
        element("h3", "All figures"),
        _figures(result["figures"]),
        *_by_reason(result),
        *_groups(result),
        _process(result),
    ]


def _open_ones(result: Result) -> list[str]:
    apart = result["process"]["reviewers_apart"]
    if not apart:
        return []
    text = (
        f"Items on which reviewers are not at one, and nobody has adjudicated: {apart}. They are left out of the "
        "figures of flags and audit, and can move them either way. Have them adjudicated before these figures are used."
    )
    return [element("p", text, "alarm")]


def _cards(result: Result) -> str:
    found = {figure["name"]: figure for figure in result["figures"]}
    shown = []
    for name in _CARDS:
        figure = found[name]
        text, _, bounds = value(figure).partition(" [")
        small = f"95 % interval {bounds.removesuffix(']').replace(', ', ' to ')}; " if bounds else ""
        of = denominator({**figure, "more": {}})
        shown.append((_NAMES[name], text, small + of))
    return cards(shown)


def _sentences(result: Result, language: str) -> str:
    """Certificates are in English; the others in the language of the report."""
    own = [str(found["statement"]) for found in result["certificates"]]
    lines = "".join(
        f'<li lang="{"en" if sentence in own else escape(language)}">{escape(sentence)}</li>'
        for sentence in result["sentences"]
    )
    return f"<ul>{lines}</ul>"


def _figures(figures: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            Cell(figure["name"], "code"),
            Cell(value(figure), "number"),
            denominator(figure),
            figure["how"],
        )
        for figure in figures
    ]
    heads = ("Figure", Cell("Value [95 % interval]", "number"), "Of", "Interval")
    return table("Every figure with its denominator; not measured is never the same as 0.", heads, rows)


def _by_reason(result: Result) -> list[str]:
    found = result["overrides_by_reason"]
    if not found:
        return []
    rows = [
        (reason_in_words(code), Cell(code, "code"), Cell(value(figure), "number"), denominator(figure))
        for code, figure in found.items()
    ]
    heads = ("Reason", "Code", Cell("Overrides [95 % interval]", "number"), "Of")
    return [
        table("Overrides by what called for the look. A low share may mean that nobody looked closely.", heads, rows)
    ]


def _groups(result: Result) -> list[str]:
    if not result["groups"]:
        return []
    rows = []
    for group in result["groups"]:
        found = {figure["name"]: figure for figure in group["figures"]}
        cells = [_group_cell(found.get(name)) for name in _GROUPED]
        rows.append((f"{group['by']} {group['group']}", Cell(group["n"], "number"), *cells))
    names = ("not flagged", "wrong among those not flagged", "wrong among the flagged", "overrides")
    heads = ("Group", Cell("Items", "number"), *(Cell(name, "number") for name in names))
    text = "By office and section; groups of fewer than ten items have no figures. Intervals are for each alone."
    return [folded("Figures by office and section", table(text, heads, rows))]


def _group_cell(figure: Mapping[str, Any] | None) -> Cell:
    if figure is None or figure["value"] is None:
        return Cell("not measured", "number")
    return Cell(f"{value(figure)}, n = {figure['n']}", "number")


def _process(result: Result) -> str:
    found = result["process"]
    return facts(
        [
            ("Items in batches", found["items_in_batches"]),
            ("Decided on", found["decided"]),
            ("Reviewers not at one, not adjudicated", found["reviewers_apart"]),
            ("Adjudicated", found["adjudicated"]),
            ("Reviews", f"{found['reviews']} by {found['reviewers']} people, {found['corrected']} corrected later"),
            ("Planted errors", found["planted"]),
        ]
    )
