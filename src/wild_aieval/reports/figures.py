"""Figures of one result, from its rows and its summary entry, as PNG or SVG; those that have something to show."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from wild_aieval.reports import confusion, slices
from wild_aieval.reports.pictures import (
    BLUE,
    GREEN,
    GREY,
    KIND_COLOURS,
    Form,
    new_figure,
    rendered,
    title,
    wrapped,
)
from wild_aieval.reports.results import Result, some
from wild_aieval.reports.score_figures import reliability, risk_coverage
from wild_aieval.reports.words import KINDS, LEVELS, items_in_words, level_in_words, reason_in_words

CAPTIONS = {
    "levels": "How far down the scheme suggestions are right: each level with its 95 % intervals. Lower levels are "
    "harder; the gap between the two series is what a second and third suggestion add.",
    "recall_at_depth": "How many of the relevant documents are found when more of the ranking is read. Bars are 95 % "
    "intervals; where the line flattens, reading on finds little more.",
    "confusion_by_section": "Which section was suggested (columns) for documents of which section (rows).",
    "reliability": "Whether the candidate's own score can be believed: points on the dotted line are right as often as "
    "their score says; points below it are right less often than they claim.",
    "risk_coverage": "What is gained when the answers with the lowest scores are left to humans: a line that falls to "
    "the left (for errors) or rises to the left (for quality) says that low scores are worth setting aside.",
    "reasons": "Why items were set aside for a human look. One item can have several reasons.",
}
_SERIES = (("first_guess", "first suggestion", "o", BLUE, -0.09), ("three_guesses", "three best", "s", GREEN, 0.09))


def figures_of(result: Result, form: Form = "svg", left_out: Collection[str] = ()) -> dict[str, bytes]:
    """The figures that this result gives ground for, by file name without ending."""
    makers: dict[str, Callable[[Result, Form], bytes | None]] = {
        "levels": levels,
        "recall_at_depth": recall_at_depth,
        "confusion_by_section": confusion.figure,
        "reliability": reliability,
        "risk_coverage": risk_coverage,
        "reasons": reasons,
    }
    made = {name: make(result, form) for name, make in makers.items() if name not in left_out}
    return {name: picture for name, picture in made.items() if picture is not None} | slices.figures(result, form)


def levels(result: Result, form: Form) -> bytes | None:
    """Classification: first and three best suggestions by level of the scheme, where there is more than one level."""
    measures = {name: found for name, found in result.entry["measures"].items() if found["value"] is not None}
    variant = "main" if any(re.fullmatch(r"\w+\.first_guess\.main", name) for name in measures) else "any"
    shown = [level for level in LEVELS if f"{level}.first_guess.{variant}" in measures]
    if len(shown) < 2:
        return None
    figure, axis = new_figure(2.2 + 1.15 * len(shown), 4, form=form)
    for guesses, words, marker, colour, aside in _SERIES:
        found = [measures.get(f"{level}.{guesses}.{variant}") for level in shown]
        points = [(place + aside, measure) for place, measure in enumerate(found) if measure]
        for place, measure in points:
            if measure["low"] is not None:
                axis.plot([place, place], [measure["low"], measure["high"]], color=colour, linewidth=2)
            right = aside > 0
            where = {"xytext": (8 if right else -8, 0), "textcoords": "offset points", "va": "center"}
            value = f"{measure['value']:.2f}"
            axis.annotate(value, (place, measure["value"]), ha="left" if right else "right", fontsize=9, **where)
        places, values = [place for place, _ in points], [measure["value"] for _, measure in points]
        axis.plot(places, values, marker, color=colour, markersize=7, label=words)
    axis.set_xticks(range(len(shown)), [level_in_words(level) for level in shown])
    axis.set(xlim=(-0.6, len(shown) - 0.4), ylim=(0, 1.02), ylabel="share of documents")
    axis.legend(frameon=False, fontsize=9, loc="lower left")
    meant = "main symbol" if variant == "main" else "any assigned symbol"
    n = measures[f"{shown[0]}.first_guess.{variant}"]["n"]
    title(axis, "Right suggestions by level", f"{meant}, 95 % intervals, n = {n} documents")
    return rendered(figure, form)


def recall_at_depth(result: Result, form: Form) -> bytes | None:
    """Search: recall by number of documents read, with intervals."""
    found = {
        int(match[1]): measure
        for name, measure in result.entry["measures"].items()
        if (match := re.fullmatch(r"recall_(\d+)", name)) and measure["value"] is not None
    }
    if not found:
        return None
    depths = sorted(found)
    values = [found[depth]["value"] for depth in depths]
    figure, axis = new_figure(6, 4, form=form)
    axis.plot(range(len(depths)), values, "o-", color=BLUE)
    for place, depth in enumerate(depths):
        low, high = found[depth]["low"], found[depth]["high"]
        if low is not None:
            axis.plot([place, place], [low, high], color=BLUE, linewidth=1.5)
        axis.annotate(
            f"{values[place]:.2f}", (place, values[place]), xytext=(8, -12), textcoords="offset points", fontsize=9
        )
    axis.set_xticks(range(len(depths)), [str(depth) for depth in depths])
    axis.set(ylim=(0, 1.02), xlim=(-0.4, len(depths) - 0.4))
    axis.set(xlabel="documents read from the top of the ranking", ylabel="share of the relevant\ndocuments found")
    title(
        axis,
        "Relevant documents found by depth",
        f"mean over queries, 95 % intervals, n = {found[depths[0]]['n']} queries",
    )
    return rendered(figure, form)


def reasons(result: Result, form: Form) -> bytes | None:
    """How many items each reason called a human for."""
    counts = result.entry["flags"]["reasons"]
    if not counts:
        return None
    kinds = {reason["code"]: reason["kind"] for row in some(result.flags, "reasons") for reason in row["reasons"]}
    codes = sorted(counts, key=lambda code: counts[code])
    figure, axis = new_figure(6.6, 1.5 + 0.42 * max(len(codes), 2), form=form)
    bars = axis.barh(
        [wrapped(reason_in_words(code), 30) for code in codes],
        [counts[code] for code in codes],
        color=[KIND_COLOURS.get(kinds.get(code, ""), GREY) for code in codes],
    )
    words = [KINDS.get(kinds.get(code, ""), "") for code in codes]
    axis.bar_label(
        bars, [f"{counts[code]}  {word}" for code, word in zip(codes, words, strict=True)], padding=3, fontsize=9
    )
    axis.set_xlim(0, 1.5 * max(max(counts.values()), 5))
    axis.set_ylim(-0.6, max(len(codes), 2) - 0.4)
    axis.set_xlabel(f"number of {items_in_words(result.entry['task'])}")
    flags, asked = result.entry["flags"], result.entry["counts"]["asked"]
    title(axis, "Why a human is called", f"{flags['flagged']} of {asked} flagged, {flags['audit']} drawn for the audit")
    return rendered(figure, form)
