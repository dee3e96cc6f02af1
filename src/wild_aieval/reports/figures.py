"""Figures of one result, from its rows and its summary entry. Each is PNG, or None where there is nothing to show."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wild_aieval.metrics.headline import headline
from wild_aieval.metrics.statistics import Z_95, wilson
from wild_aieval.reports.pictures import BLUE, GREY, KIND_COLOURS, new_figure, png, title
from wild_aieval.reports.results import Result
from wild_aieval.reports.words import KINDS, items_in_words, reason_in_words

CAPTIONS = {
    "recall_at_depth": "How many of the relevant documents are found when more of the ranking is read.",
    "confusion_by_section": "Which section was suggested (columns) for documents of which section (rows).",
    "reliability": "Whether the candidate's own score can be believed: points on the dotted line are right as often as "
    "their score says.",
    "risk_coverage": "What is gained when the answers with the lowest scores are left to humans.",
    "reasons": "Why items were set aside for a human look. One item can have several reasons.",
}
_NO_ANSWER = "none"
_BINS = 10


def figures_of(result: Result) -> dict[str, bytes]:
    """The figures that this result gives ground for, by file name without ending."""
    makers: dict[str, Callable[[Result], bytes | None]] = {
        "recall_at_depth": recall_at_depth,
        "confusion_by_section": confusion_by_section,
        "reliability": reliability,
        "risk_coverage": risk_coverage,
        "reasons": reasons,
    }
    made = {name: make(result) for name, make in makers.items()}
    return {name: picture for name, picture in made.items() if picture is not None}


def confusion_by_section(result: Result) -> bytes | None:
    """Classification: first suggestion against the first assigned symbol, by section; open benchmarks only."""
    pairs = _section_pairs(result)
    if not pairs:
        return None
    counts = Counter(pairs)
    rows = sorted({true for true, _ in pairs})
    columns = sorted({*rows, *(guess for _, guess in pairs)}, key=lambda name: (name == _NO_ANSWER, name))
    totals = Counter(true for true, _ in pairs)
    shares = [[counts[true, guess] / totals[true] for guess in columns] for true in rows]
    figure, axis = new_figure(2.2 + 0.55 * len(columns), 1.9 + 0.5 * len(rows))
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for y, true in enumerate(rows):
        for x, guess in enumerate(columns):
            if number := counts[true, guess]:
                axis.text(
                    x,
                    y,
                    number,
                    ha="center",
                    va="center",
                    fontsize=9,
                    color="white" if shares[y][x] > 0.55 else "black",
                )
    axis.set_xticks(range(len(columns)), columns)
    axis.set_yticks(range(len(rows)), [f"{true} ({totals[true]})" for true in rows])
    axis.set_xlabel("section of the first suggestion")
    axis.set_ylabel("section of the first assigned\nsymbol (documents)")
    title(axis, "Suggested and assigned sections", f"numbers of documents, n = {len(pairs)}")
    return png(figure)


def reliability(result: Result) -> bytes | None:
    """Classification: share of right first suggestions against their score, with the number behind each point."""
    ranking = _ranking(result)
    scored = ranking.scored
    if result.entry["task"] != "classification" or not scored or not all(0 <= score <= 1 for score, _ in scored):
        return None
    bins: dict[int, list[tuple[float, float]]] = {}
    for score, hit in scored:
        bins.setdefault(min(int(score * _BINS), _BINS - 1), []).append((score, hit))
    figure, (axis, below) = new_figure(6, 5, rows=2, sharex=True, height_ratios=[3, 1])
    axis.plot([0, 1], [0, 1], ":", color=GREY)
    for rows in bins.values():
        n, hits = len(rows), sum(hit for _, hit in rows)
        low, high = wilson(hits, n)
        centre = sum(score for score, _ in rows) / n
        axis.plot([centre, centre], [low, high], color=BLUE, linewidth=1.5)
        axis.plot(centre, hits / n, "o", color=BLUE)
    below.bar([(b + 0.5) / _BINS for b in bins], [len(rows) for rows in bins.values()], width=0.9 / _BINS, color=GREY)
    axis.set(ylim=(-0.02, 1.02), xlim=(0, 1), ylabel="share of right\nfirst suggestions")
    below.set(xlabel="score of the first suggestion", ylabel="documents")
    note = f"{_hit_name(result)}, 95 % intervals, n = {len(scored)} of {ranking.asked} documents"
    title(axis, "Is the score to be believed?", note + ranking.missing_here())
    return png(figure)


def risk_coverage(result: Result) -> bytes | None:
    """Quality of the kept items when those with the lowest scores are set aside; equal scores go together.

    Errors and answers without a score are set aside first, errors with the worst quality.
    """
    ranking = _ranking(result)
    if len({score for score, _ in ranking.scored}) < 2:
        return None
    classification = result.entry["task"] == "classification"
    points = _kept_means(
        [*ranking.scored, *((-math.inf, value) for value in ranking.unscored)],
        ranking.asked,
        lambda value: 1 - value if classification else value,
        wilson if classification else None,
    )
    shares, means, lows, highs = zip(*points, strict=True)
    figure, axis = new_figure(6, 4)
    axis.fill_between(shares, lows, highs, step=None, color=BLUE, alpha=0.18, linewidth=0)
    axis.plot(shares, means, color=BLUE)
    axis.set(xlim=(0, 1), xlabel="share of items kept (the rest, with the lowest scores, goes to humans)")
    axis.set_ylabel(
        "share of wrong first\nsuggestions among the kept"
        if classification
        else f"mean {_hit_name(result)} of the kept"
    )
    if classification:
        axis.set_ylim(0, 1.02)
    items = items_in_words(result.entry["task"])
    title(
        axis,
        "What setting low scores aside gains",
        f"{_hit_name(result)}, pointwise 95 % intervals, n = {ranking.asked} {items}{ranking.last_here()}",
    )
    return png(figure)


def recall_at_depth(result: Result) -> bytes | None:
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
    figure, axis = new_figure(6, 4)
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
    return png(figure)


def reasons(result: Result) -> bytes | None:
    """How many items each reason called a human for."""
    counts = result.entry["flags"]["reasons"]
    if not counts:
        return None
    kinds = {reason["code"]: reason["kind"] for row in result.flags for reason in row["reasons"]}
    codes = sorted(counts, key=lambda code: counts[code])
    figure, axis = new_figure(8, 1.5 + 0.38 * max(len(codes), 2))
    bars = axis.barh(
        [_wrapped(reason_in_words(code)) for code in codes],
        [counts[code] for code in codes],
        color=[KIND_COLOURS.get(kinds.get(code, ""), GREY) for code in codes],
    )
    axis.bar_label(bars, padding=3, fontsize=9)
    axis.set_xlim(0, 1.1 * max(max(counts.values()), 5))
    axis.set_ylim(-0.6, max(len(codes), 2) - 0.4)
    axis.set_xlabel(f"number of {items_in_words(result.entry['task'])}")
    shown = [kind for kind in KIND_COLOURS if kind in kinds.values()]
    handles = [_patch(kind) for kind in shown]
    if handles:
        axis.legend(handles=handles, frameon=False, fontsize=9, loc="lower right")
    flags, asked = result.entry["flags"], result.entry["counts"]["asked"]
    title(axis, "Why a human is called", f"{flags['flagged']} of {asked} flagged, {flags['audit']} drawn for the audit")
    return png(figure)


def _patch(kind: str) -> object:
    from matplotlib.patches import Patch

    return Patch(color=KIND_COLOURS[kind], label=KINDS[kind])


def _section_pairs(result: Result) -> list[tuple[str, str]]:
    """Sections of the first assigned symbol and of the first suggestion, where the rows tell both."""
    if result.entry["task"] != "classification":
        return []
    expected = {row["item_id"]: row.get("expected") for row in result.items}
    pairs = []
    for row in result.predictions:
        assigned = (expected.get(row["item_id"]) or "").strip()
        answer = json.loads(row["output"]) if row["output"] else []
        if assigned:
            pairs.append((assigned[0].upper(), str(answer[0][0])[:1].upper() or _NO_ANSWER if answer else _NO_ANSWER))
    return pairs


def _hit_name(result: Result) -> str:
    """The per-item column that stands for right or good."""
    return headline(result.entry["task"], result.entry["measures"])[0]


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The items that were asked, by the candidate's own score.

    ``scored``: score and quality, best score first. ``unscored``: quality of errors and of answers without
    a score. ``errors`` are in ``unscored``. What has no measured quality is in neither.
    """

    scored: tuple[tuple[float, float], ...]
    unscored: tuple[float, ...]
    asked: int
    errors: int

    def missing_here(self) -> str:
        """A second line for a figure that shows the scored items only."""
        parts = self._parts(self.asked - len(self.scored) - self.errors)
        return f"\nnot shown: {parts}" if parts else ""

    def last_here(self) -> str:
        """A second line for a figure in which the unscored items come last."""
        unmeasured = self.asked - len(self.scored) - len(self.unscored)
        last = self._parts(len(self.unscored) - self.errors)
        lines = [f"set aside first: {last}"] if last else []
        lines += [f"never kept: not measured ({unmeasured})"] if unmeasured else []
        return "\n" + "; ".join(lines) if lines else ""

    def _parts(self, others: int) -> str:
        errors = [f"errors ({self.errors}), which count as wrong"] if self.errors else []
        return "; ".join([*errors, *([f"without a score ({others})"] if others else [])])


def _ranking(result: Result) -> _Ranking:
    """The main per-item measure against the candidate's own score."""
    name = _hit_name(result)
    rows = {row["item_id"]: row for row in result.items}
    scored, unscored, errors = [], [], 0
    for record in result.flags:
        row = rows[record["item_id"]]
        error, value = row["status"] == "error", row.get(name)
        errors += error
        if error:
            unscored.append(value or 0.0)
        elif value is not None and record["score"] is not None:
            scored.append((record["score"], value))
        elif value is not None:
            unscored.append(value)
    return _Ranking(tuple(sorted(scored, reverse=True)), tuple(unscored), len(result.flags), errors)


def _kept_means(
    ranked: Sequence[tuple[float, float]],
    asked: int,
    quality: Callable[[float], float],
    interval: Callable[[float, int], tuple[float, float]] | None,
) -> list[tuple[float, float, float, float]]:
    """Share of the asked items kept, mean, lower and upper bound, for every score that can be the limit."""
    points, total, squares = [], 0.0, 0.0
    for place, (score, value) in enumerate(ranked):
        total += quality(value)
        squares += quality(value) ** 2
        n = place + 1
        if n < len(ranked) and ranked[n][0] == score:
            continue
        mean = total / n
        if interval is not None:
            low, high = interval(total, n)
        else:
            half = Z_95 * math.sqrt(max(0.0, squares / n - mean**2) / n)
            low, high = mean - half, mean + half
        points.append((n / asked, mean, low, high))
    return points


def _wrapped(text: str, width: int = 38) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, width))
