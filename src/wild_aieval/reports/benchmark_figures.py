"""Plots on the card of a benchmark, from its description as plain data, as SVG files that stand by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wild_aieval.reports.drawing import alone
from wild_aieval.reports.pictures import BLUE, GREEN, GREY, new_figure, plain, rendered, title

Description = Mapping[str, Any]


def figures(found: Description, floors: list[Mapping[str, Any]]) -> dict[str, bytes]:
    """By file name without ending; only those that have something to show."""
    made = {"lengths": _lengths(found), "classes": _classes(found), "judgments": _judgments(found)}
    made["floors"] = _floors(floors)
    return {name: svg for name, svg in made.items() if svg is not None}


def _lengths(found: Description) -> bytes | None:
    """Box and whiskers of text lengths by part and field: 5, 25, 50, 75 and 95 %."""
    rows = [(f"{part}: {name}", one) for part, names in found["lengths"].items() for name, one in names.items()]
    if not rows:
        return None
    figure, axis = new_figure(6.4, 1.3 + 0.42 * len(rows))
    for place, (_, one) in enumerate(rows):
        axis.plot([one["low"], one["high"]], [place, place], color=GREY, linewidth=1.5)
        axis.plot([one["quarter"], one["three_quarters"]], [place, place], color=BLUE, linewidth=9, alpha=0.6)
        axis.plot([one["median"]], [place], "|", color="black", markersize=13, markeredgewidth=2)
    axis.set_yticks(range(len(rows)), [plain(name) for name, _ in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    if max(one["high"] for _, one in rows) > 20 * max(1, min(one["low"] for _, one in rows)):
        axis.set_xscale("log")
    axis.set_xlabel("characters")
    title(axis, "Lengths of texts", "median; box: middle half; line: 5 % to 95 %")
    return alone(rendered(figure, "svg"))


def _classes(found: Description) -> bytes | None:
    """The most frequent classes of the test part."""
    classes = found["labels"].get("test")
    if not classes or not classes["head"]:
        return None
    head = classes["head"]
    figure, axis = new_figure(6.4, 1.4 + 0.3 * len(head))
    axis.barh(range(len(head)), [count for _, count in head], color=BLUE, height=0.65)
    axis.set_yticks(range(len(head)), [plain(name) for name, _ in head])
    axis.set_ylim(len(head) - 0.4, -0.6)
    axis.set_xlabel("items of the test part")
    note = f"{classes['classes']:,} classes in all; {classes['rare']:,} with fewer than 5 items"
    title(axis, "Most frequent classes", note)
    return alone(rendered(figure, "svg"))


def _judgments(found: Description) -> bytes | None:
    """How many judgments there are of each grade."""
    judged = found["judgments"]
    if not judged or not judged["grades"]:
        return None
    grades = list(judged["grades"].items())
    figure, axis = new_figure(6.4, 1.4 + 0.32 * len(grades))
    axis.barh(range(len(grades)), [count for _, count in grades], color=GREEN, height=0.65)
    axis.set_yticks(range(len(grades)), [f"grade {plain(name)}" for name, _ in grades])
    axis.set_ylim(len(grades) - 0.4, -0.6)
    axis.set_xlabel("judgments")
    per = judged["relevant_per_query"]
    title(axis, "Judgments by grade", f"relevant documents for a query: median {per['median']:.0f}" if per else "")
    return alone(rendered(figure, "svg"))


def _floors(floors: list[Mapping[str, Any]]) -> bytes | None:
    """What the floor candidates reach, with 95 % intervals."""
    shown = [one for one in floors if one["value"] is not None]
    if not shown:
        return None
    figure, axis = new_figure(6.4, 1.4 + 0.4 * len(shown))
    for place, one in enumerate(shown):
        if one["low"] is not None:
            axis.plot([one["low"], one["high"]], [place, place], color=GREY, linewidth=2)
        axis.plot([one["value"]], [place], "o", color=BLUE, markersize=7)
    axis.set_yticks(range(len(shown)), [plain(one["model"]) for one in shown])
    axis.set(ylim=(len(shown) - 0.4, -0.6), xlabel=plain(shown[0]["measure"]))
    axis.set_xlim(left=0)
    title(axis, "Floors", f"95 % intervals, n = {shown[0]['n']:,}; a tool below its floor is worth nothing")
    return alone(rendered(figure, "svg"))
