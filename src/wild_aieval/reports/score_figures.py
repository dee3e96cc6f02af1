"""Figures about the candidate's own score: whether it can be believed, and what setting low scores aside gains."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wild_aieval.confidentiality import cells
from wild_aieval.metrics.headline import headline
from wild_aieval.metrics.statistics import Z_95, wilson
from wild_aieval.reports.pictures import BLUE, GREY, Form, new_figure, rendered, title
from wild_aieval.reports.results import Result, some
from wild_aieval.reports.words import items_in_words

_BINS = 10
_MOST_POINTS = 2_000  # more than a figure has places for


def reliability(result: Result, form: Form) -> bytes | None:
    """Classification: share of right first suggestions against their score, with the number behind each point."""
    ranking = _ranking(result)
    scored = ranking.scored
    if result.entry["task"] != "classification" or not scored or not all(0 <= score <= 1 for score, _ in scored):
        return None
    bins: dict[int, list[tuple[float, float]]] = {}
    for score, hit in scored:
        bins.setdefault(min(int(score * _BINS), _BINS - 1), []).append((score, hit))
    shown = cells.shown([len(rows) for rows in bins.values()], len(scored), result.rules.smallest)
    bins = {place: rows for (place, rows), keep in zip(bins.items(), shown, strict=True) if keep}
    if not bins:
        return None
    figure, (axis, below) = new_figure(6, 5, rows=2, form=form, sharex=True, height_ratios=[3, 1])
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
    return rendered(figure, form)


def risk_coverage(result: Result, form: Form) -> bytes | None:
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
        result.rules.smallest,
    )
    if len(points) < 2:
        return None
    shares, means, lows, highs = zip(*points, strict=True)
    figure, axis = new_figure(6, 4, form=form)
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
    return rendered(figure, form)


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
    scored, unscored, errors = [], [], 0
    for row, record in zip(some(result.items, "status", name), some(result.flags, "score"), strict=True):
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
    apart: int = 1,
) -> list[tuple[float, float, float, float]]:
    """Share of the asked items kept, mean, lower and upper bound, for every score that can be the limit.

    Each point rests on ``apart`` items more than the one before, at least; of very many points some are left out.
    """
    points, total, squares, last = [], 0.0, 0.0, 0
    for place, (score, value) in enumerate(ranked):
        total += quality(value)
        squares += quality(value) ** 2
        n = place + 1
        if (n < len(ranked) and ranked[n][0] == score) or n - last < apart:
            continue
        last = n
        mean = total / n
        if interval is not None:
            low, high = interval(total, n)
        else:
            half = Z_95 * math.sqrt(max(0.0, squares / n - mean**2) / n)
            low, high = mean - half, mean + half
        points.append((n / asked, mean, low, high))
    step = -(-len(points) // _MOST_POINTS)
    return points if step < 2 else [*points[:-1:step], points[-1]]
