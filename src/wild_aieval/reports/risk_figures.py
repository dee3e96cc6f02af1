"""Figures of certificates: risk against coverage, the ladder of tests, labels needed, transfer, review depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.reports.pictures import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    Form,
    new_figure,
    plain,
    rendered,
    title,
)

Entry = Mapping[str, Any]
KINDS = {"section": "section of the first suggestion", "office": "office", "language": "language", "year": "year"}


def risk_coverage(evidence: Entry, entries: Sequence[Entry], form: Form) -> bytes | None:
    """Error among the unflagged items (selective) and among all items (generalised) at every threshold."""
    points = evidence.get("curve") or []
    if len(points) < 2:
        return None
    shares = [point["coverage"] for point in points]
    figure, axis = new_figure(6.5, 4.4)
    band = [[point[side] for point in points] for side in ("low", "high")]
    axis.fill_between(shares, *band, color=BLUE, alpha=0.18, linewidth=0)
    axis.plot(shares, [point["risk"] for point in points], color=BLUE, label="wrong among the unflagged")
    generalised = [point["generalised"] for point in points]
    axis.plot(shares, generalised, "--", color=GREEN, label="wrong and unflagged, among all")
    axis.axhline(entries[0]["alpha"], color=RED, linewidth=1.2, linestyle=":", label="largest share claimed")
    for number, entry in enumerate(e for e in entries if e["certified"]):
        x, y = entry["coverage_cal"], entry["errors"] / max(1, entry["n_unflagged"])
        axis.plot(x, y, "D", color=ORANGE, markersize=8, label=None if number else "certified (calibration items)")
        if entry["group"]:
            axis.annotate(plain(entry["group"]["value"]), (x, y), (6, 4), textcoords="offset points", fontsize=9)
    highest = max(max(point["risk"] for point in points), entries[0]["alpha"])
    axis.set(xlim=(0, 1), ylim=(0, min(1.02, 1.25 * highest)), xlabel="coverage: share of items not flagged")
    axis.set_ylabel("share of errors")
    axis.legend(fontsize=9, frameon=False, loc="upper left")
    title(axis, "What is wrong among the unflagged", f"pointwise exact 95 % intervals, n = {evidence['n']}")
    return rendered(figure, form)


def ladder(entry: Entry, form: Form) -> bytes | None:
    """Share of errors at each threshold, with the p-value of each test, and where the sequence stopped."""
    steps = [step for step in entry.get("ladder") or [] if step.get("n")]
    if entry["kind"] != "threshold" or not steps:
        return None
    places = list(range(len(steps)))
    figure, (axis, below) = new_figure(6.5, 5, rows=2, sharex=True, height_ratios=[3, 2])
    rates = [step["errors"] / step["n"] for step in steps]
    axis.bar(places, rates, color=[_colour(step) for step in steps], width=0.75)
    axis.axhline(entry["alpha"], color=RED, linestyle=":", linewidth=1.2)
    for place, step, rate in zip(places, steps, rates, strict=True):
        label = f"{step['errors']:g}/{step['n']}"
        axis.annotate(label, (place, rate), (0, 2), textcoords="offset points", fontsize=7, ha="center", rotation=60)
    axis.set(ylabel="wrong among unflagged", ylim=(0, 1.35 * max([*rates, entry["alpha"]])))
    tested = [
        (place, max(step["p_value"], 1e-12))
        for place, step in zip(places, steps, strict=True)
        if step["p_value"] is not None
    ]
    if tested:
        below.semilogy(*zip(*tested, strict=True), "o-", color=BLUE)
    below.axhline(entry["delta_used"], color=RED, linestyle=":", linewidth=1.2)
    below.set(ylabel="p-value", xlabel="threshold, from strict to loose")
    below.set_xticks(places, [f"{step['threshold']:.3g}" for step in steps], rotation=60, fontsize=8)
    note = "orange: passed; blue: the test that ended it; grey: not tested\ndotted: the limits of the claim"
    title(axis, "Each test, from strict to loose", note)
    return rendered(figure, form)


def labels_needed(evidence: Entry, entries: Sequence[Entry], form: Form) -> bytes | None:
    """With how many unflagged items which observed share of errors still allows the claim; where this run stands."""
    points = [point for point in evidence.get("labels_needed") or [] if point["rate"] is not None]
    if len(points) < 2:
        return None
    figure, axis = new_figure(6.5, 4)
    axis.step([p["n"] for p in points], [p["rate"] for p in points], where="post", color=BLUE)
    axis.fill_between([p["n"] for p in points], [p["rate"] for p in points], step="post", color=BLUE, alpha=0.15)
    axis.axhline(entries[0]["alpha"], color=RED, linestyle=":", linewidth=1.2)
    for entry in entries:
        if entry.get("n_unflagged"):
            rate = entry["errors"] / entry["n_unflagged"]
            axis.plot(entry["n_unflagged"], rate, "D" if entry["certified"] else "o", color=ORANGE, markersize=7)
            name = entry["group"]["value"] if entry["group"] else "this run"
            axis.annotate(plain(name), (entry["n_unflagged"], rate), (6, 4), textcoords="offset points", fontsize=9)
    axis.set(xscale="log", xlabel="unflagged calibration items", ylabel="observed share of errors", ylim=(0, None))
    title(
        axis, "How many labels a claim needs", "below the line the claim is allowed; dotted: the largest share claimed"
    )
    return rendered(figure, form)


def transfer(matrix: Entry, form: Form) -> bytes | None:
    """Thresholds calibrated on the row, held against the test part of the column."""
    rows = [row for row in matrix["rows"] if row["cells"]]
    if not rows:
        return None
    groups = matrix["groups"]
    figure, axis = new_figure(1.8 + 1.35 * len(groups), 1.6 + 0.75 * len(rows))
    for y, row in enumerate(rows):
        for x, cell in enumerate(row["cells"]):
            colour = RED if cell["red"] else "#DDE9F3" if cell["n"] else "#F2F2F2"
            axis.add_patch(_square(x, y, colour))
            ink = "white" if cell["red"] else "black"
            text = f"{100 * cell['k'] / cell['n']:.1f} %" if cell["n"] else "no items"
            axis.text(x, y - 0.12, text, ha="center", va="center", fontsize=10, color=ink, fontweight="bold")
            if cell["n"]:
                small = f"{100 * cell['cp_lo']:.1f} to {100 * cell['cp_hi']:.1f}, n = {cell['n']}"
                axis.text(x, y + 0.22, small, ha="center", va="center", fontsize=7, color=ink)
    axis.set(xlim=(-0.5, len(groups) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axis.set_xticks(range(len(groups)), [plain(group) for group in groups])
    axis.set_yticks(range(len(rows)), [plain(row["group"]) for row in rows])
    kind = KINDS.get(matrix["by"], matrix["by"])
    axis.set(xlabel=f"tested on: {kind}", ylabel=f"calibrated on: {kind}")
    note = "wrong among unflagged, exact 95 % intervals;"
    note += f"\nred: above {100 * matrix['alpha']:g} % at the one-sided 95 % level"
    title(axis, "Does a threshold travel?", note)
    return rendered(figure, form)


def depth(entry: Entry, form: Form) -> bytes | None:
    """Share of the relevant documents that stays unread at each depth, with both kinds of promise and the floor."""
    if entry["kind"] != "depth" or not entry.get("ladder"):
        return None
    steps = sorted(entry["ladder"], key=lambda step: int(step["depth"]))
    figure, axis = new_figure(6.5, 4.2)
    axis.plot([s["depth"] for s in steps], [s["mean_loss"] for s in steps], "o-", color=BLUE, markersize=4)
    axis.axhline(entry["alpha"], color=RED, linestyle=":", linewidth=1.2, label="largest share claimed")
    axis.axhline(entry["floor"], color=GREY, linestyle="--", linewidth=1, label="floor: never among those found")
    if entry["depth"] is not None:
        axis.axvline(entry["depth"], color=ORANGE, label=f"certified: {entry['depth']}")
    if entry["average_depth"] is not None:
        axis.axvline(
            entry["average_depth"], color=GREEN, linestyle="-.", label=f"on average only: {entry['average_depth']}"
        )
    axis.set(xscale="log", xlabel="documents read", ylabel="relevant documents unread", ylim=(0, 1.02))
    axis.legend(fontsize=9, frameon=False, loc="lower left")
    title(axis, "How deep must one read?", f"mean over n = {entry['n_cal']} calibration queries")
    return rendered(figure, form)


def _colour(step: Entry) -> str:
    return ORANGE if step["passed"] else BLUE if step["p_value"] is not None else "#C8C8C8"


def _square(x: int, y: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=colour, edgecolor="none")
