"""What reviewers do with suggestions: overrides, reliance, planted errors, agreement with each other, time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from wild_aieval.metrics import exact
from wild_aieval.metrics.exact import Bounded
from wild_aieval.review.report.figure import (
    EXACT,
    Figure,
    bounded,
    not_measured,
    share_of,
    share_of_reviews,
)
from wild_aieval.review.report.material import Looked, Material, main_symbol
from wild_aieval.review.report.reviews import Review

NO_REVIEW = "nobody has decided on an item"
NO_TRUTH = "right and wrong are not known: the benchmark's labels may not be read here"
ONLY_SYMBOLS = "only first answers with symbols can be held against labels"
_ARMS = ("shown", "hidden_first")


def figures(material: Material) -> list[Figure]:
    """Every figure about the reviewers of one benchmark or group."""
    return [
        override_rate(material),
        undecided(material),
        over_reliance(material),
        under_reliance(material),
        automation_bias(material),
        seed_catch(material),
        minutes(material),
    ]


def reviews_of(rows: Iterable[Looked]) -> Iterator[tuple[Looked, Review]]:
    """Every review of every item."""
    return ((row, review) for row in rows for review in row.said.reviews)


def override_rate(material: Material, code: str = "") -> Figure:
    """The share of decisions that differ from the suggestion; who could not decide is left out.

    ``code``: on items that this reason called for.
    """
    marks = [
        (row.item.id, review.differs)
        for row, review in reviews_of(material.looked)
        if review.decides and (not code or code in dict(row.item.reasons))
    ]
    return share_of_reviews("review.override_rate", marks, "decisions", NO_REVIEW)


def overrides_by_reason(material: Material) -> dict[str, Figure]:
    """The same for the items that each reason called for."""
    codes = sorted({code for row in material.looked for code, _ in row.item.reasons})
    found = {code: override_rate(material, code) for code in codes}
    return {code: figure for code, figure in found.items() if figure.n}


def undecided(material: Material) -> Figure:
    """The share of reviews in which the reviewer could not decide."""
    marks = [(row.item.id, not review.decides) for row, review in reviews_of(material.looked)]
    return share_of_reviews("review.cannot_decide", marks, "reviews", NO_REVIEW)


def over_reliance(material: Material) -> Figure:
    """Of first answers that were right where the suggestion was wrong: the share given up for the suggestion.

    The complement of "relative self-reliance" (M. Schemmer and others, IUI 2023). Only items that were answered
    before the suggestion was seen tell.
    """
    name, of = "review.overreliance", "right first answers against a wrong suggestion"
    marks = [(row.item.id, not review.differs) for row, review, right in _first_answers(material) if
             row.item.misleads and right and review.decides]  # fmt: skip
    return share_of_reviews(name, marks, of, _why_no_first(material))


def under_reliance(material: Material) -> Figure:
    """Of first answers that were wrong where the suggestion was right: the share that was kept against it."""
    name, of = "review.underreliance", "wrong first answers against a right suggestion"
    marks = [(row.item.id, review.differs) for row, review, right in _first_answers(material) if
             row.item.misleads is False and not right and review.decides]  # fmt: skip
    return share_of_reviews(name, marks, of, _why_no_first(material))


def agreement_with_suggestions(material: Material, mode: str, misleads: bool) -> Figure:
    """The share of decisions that agree with right, or with wrong, suggestions in one mode.

    Decisions given in MLflow are left out: there every item is shown, whatever mode was drawn for it.
    """
    marks = [
        (row.item.id, not review.differs)
        for row, review in reviews_of(material.looked)
        if review.mode == mode and not review.via and review.decides and row.item.misleads is misleads
    ]
    of = f"decisions on {'wrong' if misleads else 'right'} suggestions, {mode}"
    return share_of_reviews(f"review.agrees.{mode}.{'wrong' if misleads else 'right'}", marks, of, NO_TRUTH)


def automation_bias(material: Material) -> Figure:
    """Agreement with wrong suggestions where they were shown at once, minus where people answered first.

    The mode is drawn at random for each item, so the difference is that of the mode. Newcombe's interval.
    """
    name, of = "review.automation_bias", "decisions on wrong suggestions"
    shown, hidden = (agreement_with_suggestions(material, mode, misleads=True) for mode in _ARMS)
    parts = [_bounds(arm) for arm in (shown, hidden)]
    if parts[0] is None or parts[1] is None:
        return not_measured(name, "needs wrong suggestions decided on in both modes", of)
    return bounded(name, exact.difference(parts[0], parts[1]), shown.n + hidden.n, of, "Newcombe")


def seed_catch(material: Material) -> Figure:
    """The share of planted errors that were caught; an item counts as caught where every reviewer differed from it."""
    name, of = "review.seed_catch", "planted errors decided on"
    marks = [all(review.differs for review in row.said.reviews) for row in material.planted if row.said.reviews]
    figure = share_of(name, marks, of, "no planted error was reviewed")
    if not figure.n:
        return figure
    more = (("lower_95", exact.lower(sum(marks), len(marks))),)
    return Figure(name, figure.value, figure.low, figure.high, figure.k, figure.n, of, EXACT, more=more)


def minutes(material: Material) -> Figure:
    """The median of active minutes per review; time away from the page is not in it, planted items neither."""
    name, of = "review.minutes_median", "reviews with a measured time"
    found = [review.seconds / 60 for _, review in reviews_of(material.looked) if review.seconds is not None]
    if not found:
        return not_measured(name, "no time was measured", of)
    value, low, high = exact.median(found)
    quarters = np.quantile(found, (0.25, 0.75))
    more = (("quartile_1", float(quarters[0])), ("quartile_3", float(quarters[1])))
    return Figure(name, value, low, high, None, len(found), of, "order statistics", more=more)


def _first_answers(material: Material) -> Iterator[tuple[Looked, Review, bool]]:
    """Reviews with a first answer on items whose truth is known, and whether that answer was right."""
    for row, review in reviews_of(material.looked):
        symbol = main_symbol(review.first, material.level) if material.level else None
        if symbol is not None and row.item.misleads is not None:
            yield row, review, symbol in row.item.truth


def _why_no_first(material: Material) -> str:
    if not material.level:
        return ONLY_SYMBOLS
    if not any(item.truth for item in material.items):
        return NO_TRUTH
    return "no such first answer was given"


def _bounds(figure: Figure) -> Bounded | None:
    if figure.value is None or figure.low is None or figure.high is None:
        return None
    return Bounded(figure.value, figure.low, figure.high)
