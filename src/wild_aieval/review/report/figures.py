"""Figures of a review report: why items were called for, the alarm over time, what showing does, who disagrees how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.reports.pictures import (
    BLUE,
    GREY,
    KIND_COLOURS,
    ORANGE,
    RED,
    Form,
    new_figure,
    plain,
    rendered,
    title,
    wrapped,
)
from wild_aieval.reports.words import KINDS, reason_in_words

Result = Mapping[str, Any]
CAPTIONS = {
    "reasons": "How many items each reason called for; an item can have several. Random audits call whatever the "
    "reasons.",
    "alarm": "Evidence that more of the suggestions not flagged are wrong than the limit allows, after each audited "
    "item, on a logarithmic scale. It may be looked at at any time: if the limit holds, the dashed line is ever "
    "reached "
    "with the probability that the figure names, at most. A slow rise needs many items: from 5 to 8 % wrong, some 550.",
    "showing": "How often reviewers agreed with right and with wrong suggestions, where the suggestion was "
    "shown at once "
    "and where they answered first. Bars are 95 % intervals. Right and wrong are by the benchmark's labels.",
    "confusion": "What the first of two reviewers answered (rows) and the second (columns); reviewers in the order of "
    "their pseudonyms. On the diagonal they agree.",
}
_MOST_REASONS = 16


def figures_of(result: Result, form: Form = "svg") -> dict[str, bytes]:
    """Those that there is something to show for."""
    made = {
        "reasons": reasons(result["reasons"], form),
        "alarm": alarm(result["alarm"], form),
        "showing": showing(result["arms"], form),
        "confusion": confusion(result["confusion"], form),
    }
    return {name: picture for name, picture in made.items() if picture is not None}


def reasons(rows: Sequence[Mapping[str, Any]], form: Form) -> bytes | None:
    """Stacked by kind of reason: one bar per office where there are several, else one per reason."""
    if not rows:
        return None
    offices = len({row["office"] for row in rows}) > 1
    name = "office" if offices else "code"
    totals: dict[str, int] = {}
    for row in rows:
        totals[row[name]] = totals.get(row[name], 0) + row["items"]
    bars = sorted(totals, key=lambda bar: totals[bar])[-_MOST_REASONS:]
    figure, axis = new_figure(7, 1.5 + 0.42 * max(len(bars), 2))
    for kind, colour in KIND_COLOURS.items():
        start = [_sum(rows, name, bar, tuple(KIND_COLOURS)[: list(KIND_COLOURS).index(kind)]) for bar in bars]
        width = [_sum(rows, name, bar, (kind,)) for bar in bars]
        if any(width):
            axis.barh(range(len(bars)), width, left=start, color=colour, label=KINDS[kind])
    names = [plain(bar) if offices else wrapped(reason_in_words(bar), 34) for bar in bars]
    axis.set_yticks(range(len(bars)), names)
    axis.set_xlabel("reasons" if offices else "items")
    axis.legend(frameon=False, fontsize=9, loc="lower right")
    title(axis, "Why people are called", "by office" if offices else "by reason; an item can have several")
    return rendered(figure, form)


def alarm(stream: Mapping[str, Any], form: Form) -> bytes | None:
    """The evidence after each audited item, with the line of the alarm; wrong ones are marked below."""
    evidence = stream["evidence"]
    if not evidence:
        return None
    figure, axis = new_figure(6.6, 4)
    counts = range(1, len(evidence) + 1)
    axis.plot(counts, evidence, color=BLUE, linewidth=1.8)
    axis.axhline(stream["threshold"], color=RED, linestyle="--", linewidth=1.4)
    wrong = [place for place, mark in zip(counts, stream["wrong"], strict=True) if mark]
    lowest = min([*evidence, 0.5])
    axis.plot(wrong, [lowest / 2] * len(wrong), "|", color=ORANGE, markersize=9, label="wrong")
    axis.set_yscale("log")
    axis.set(xlabel="audited items not flagged, in the order of the decisions", ylabel="evidence")
    if wrong:
        axis.legend(frameon=False, fontsize=9, loc="upper left")
    state = "no alarm" if stream["raised"] is None else f"ALARM after {stream['raised']} items"
    note = f"{state}; limit {100 * stream['limit']:g} % wrong, chance of a false alarm {100 * stream['level']:g} %"
    title(axis, "Is the share of wrong suggestions still within the limit?", f"{note}, n = {len(evidence)}")
    return rendered(figure, form)


def showing(arms: Sequence[Mapping[str, Any]], form: Form) -> bytes | None:
    """Agreement with right and wrong suggestions by mode, each with its interval and number."""
    known = {arm["name"]: arm for arm in arms if arm["value"] is not None}
    if not known:
        return None
    figure, axis = new_figure(6.2, 4)
    colours = {"shown": ORANGE, "hidden_first": BLUE}
    words = {"shown": "shown at once", "hidden_first": "answered first"}
    for aside, mode in ((-0.1, "shown"), (0.1, "hidden_first")):
        points = [
            (place + aside, known[f"review.agrees.{mode}.{which}"])
            for place, which in enumerate(("right", "wrong"))
            if f"review.agrees.{mode}.{which}" in known
        ]
        for place, arm in points:
            if arm["low"] is not None:
                axis.plot([place, place], [arm["low"], arm["high"]], color=colours[mode], linewidth=2)
            where = {"xytext": (9 if aside > 0 else -9, 0), "textcoords": "offset points", "va": "center"}
            text = f"{arm['value']:.2f} (n = {arm['n']})"
            axis.annotate(text, (place, arm["value"]), ha="left" if aside > 0 else "right", fontsize=9, **where)
        if points:
            marker, places = ("s" if mode == "shown" else "o"), [place for place, _ in points]
            axis.plot(places, [arm["value"] for _, arm in points], marker, color=colours[mode], label=words[mode])
    axis.set_xticks([0, 1], ["suggestion right", "suggestion wrong"])
    axis.set(xlim=(-0.7, 1.7), ylim=(0, 1.05), ylabel="share of decisions that agree")
    axis.legend(frameon=False, fontsize=9, loc="lower left")
    title(axis, "What showing a suggestion does", "95 % intervals; right and wrong by the benchmark's labels")
    return rendered(figure, form)


def confusion(found: Mapping[str, Any] | None, form: Form) -> bytes | None:
    """The table of two reviewers' answers."""
    if not found or len(found["names"]) < 2:
        return None
    from matplotlib.colors import LinearSegmentedColormap

    names, table = [plain(name, 16) for name in found["names"]], found["table"]
    size = len(names)
    figure, axis = new_figure(2.6 + 0.5 * size, 2.2 + 0.42 * size)
    colours = LinearSegmentedColormap.from_list("whites", ["#ffffff", "#86bbdf"])
    axis.imshow(table, cmap=colours, aspect="auto", vmin=0)
    for row in range(size):
        for column in range(size):
            if table[row][column]:
                axis.text(column, row, str(table[row][column]), ha="center", va="center", fontsize=9)
    axis.set_xticks(range(size), names, rotation=90 if max(map(len, names)) > 4 else 0)
    axis.set_yticks(range(size), names)
    axis.set(xlabel="second reviewer", ylabel="first reviewer")
    left = found["categories"] - size
    note = f"n = {found['n']} pairs of answers" + (f"; {left} rarer answers are left out" if left > 0 else "")
    title(axis, "Where reviewers differ", note)
    axis.spines[["left", "bottom"]].set_color(GREY)
    return rendered(figure, form)


def _sum(rows: Sequence[Mapping[str, Any]], name: str, bar: str, kinds: Sequence[str]) -> int:
    return sum(row["items"] for row in rows if row[name] == bar and row["kind"] in kinds)
