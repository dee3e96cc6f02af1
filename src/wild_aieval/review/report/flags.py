"""What the flags are worth: by the audit that people decided on, and by the benchmark's own labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from wild_aieval.metrics import exact, selective, smooth_calibration
from wild_aieval.metrics.exact import Bounded, Stratum
from wild_aieval.metrics.statistics import wilson
from wild_aieval.oversight.risk import areas
from wild_aieval.review.report.figure import EXACT, WEIGHTED, Figure, bounded, not_measured, share_of
from wild_aieval.review.report.material import Item, Looked, Material

NO_AUDIT = "nobody has decided on an item that was drawn for the audit and not flagged"
NO_FLAGGED = "nobody has decided on a flagged item"
MOST_URGENT = "only the most urgent of the flagged items are in a batch"
NO_LABELS = "the task has no right or wrong by the benchmark's labels"
_UNFLAGGED = "audited items that were not flagged and decided on"


def figures(material: Material) -> list[Figure]:
    """Every figure about the flags of one benchmark or group."""
    return [
        coverage(material),
        workload(material),
        unflagged_error(material),
        flag_precision(material),
        flag_recall(material),
        *by_labels(material),
    ]


def coverage(material: Material) -> Figure:
    """The share of items that no reason calls for."""
    return _wilson("review.coverage", [not item.flagged for item in material.items])


def workload(material: Material) -> Figure:
    """1 - (flagged + drawn for the audit) / all: items that the policy leaves without a look."""
    return _wilson("review.workload_reduction", [not (item.flagged or item.audited) for item in material.items])


def decided(material: Material, flagged: bool) -> list[tuple[Looked, bool]]:
    """Items on which people are at one, with what they say; of an item looked at twice the later word."""
    latest: dict[str, tuple[Looked, bool]] = {}
    for row in sorted(material.looked, key=lambda row: row.said.seq):
        differs = row.said.differs
        if row.item.flagged == flagged and differs is not None:
            latest[row.item.id] = row, differs
    return list(latest.values())


def still_open(material: Material, flagged: bool) -> list[float]:
    """Items on which somebody decided and people are not at one, each with its probability."""
    settled = {row.item.id for row, _ in decided(material, flagged)}
    return [
        row.token.audit_probability
        for row in material.looked
        if row.item.flagged == flagged and row.item.id not in settled and any(one.decides for one in row.said.reviews)
    ]


def unflagged_error(material: Material) -> Figure:
    """The share of wrong suggestions among the items not flagged, from the audit, weighted by 1 / probability."""
    rows = decided(material, flagged=False)
    if not rows:
        return not_measured("review.unflagged_error", NO_AUDIT, _UNFLAGGED)
    marks, drawn = _marks(rows)
    found, n = exact.weighted_share(marks, drawn), len(marks)
    one_sided = exact.weighted_share(marks, drawn, 0.1)
    how = EXACT if len(set(drawn)) == 1 else WEIGHTED
    of: str = _UNFLAGGED
    more: tuple[tuple[str, float], ...] = (("upper_95", one_sided.high), ("lower_95", one_sided.low))
    if left := still_open(material, flagged=False):
        all_wrong = exact.weighted_share(marks + [True] * len(left), drawn + left, 0.1)
        more = (*more, ("upper_95_if_open_ones_are_wrong", all_wrong.high))
    return Figure("review.unflagged_error", found.value, found.low, found.high, sum(marks), n, of, how, more=more)


def flag_precision(material: Material) -> Figure:
    """The share of wrong suggestions among the flagged items that people decided on."""
    marks = [differs for _, differs in decided(material, flagged=True)]
    return share_of("review.flag_precision", marks, "flagged items decided on", NO_FLAGGED)


def flag_recall(material: Material) -> Figure:
    """The share of all wrong suggestions that were flagged: the two strata weighted by their sizes in the run.

    Needs every flagged item in a batch: a batch of some of them holds the most urgent ones, which are no sample.
    """
    name, of = "review.flag_recall", "items decided on, flagged and audited"
    inside, outside = decided(material, flagged=True), decided(material, flagged=False)
    flagged = sum(item.flagged for item in material.items)
    listed = {row.item.id for row in material.looked if row.item.flagged}
    if not outside or (flagged and not inside):
        return not_measured(name, NO_AUDIT if not outside else NO_FLAGGED, of)
    if not flagged:
        return not_measured(name, "no item was flagged", of)
    if len(listed) < flagged:
        return not_measured(name, MOST_URGENT, of)
    found = exact.share_within(
        Stratum(flagged, [differs for _, differs in inside], [1.0] * len(inside)),
        Stratum(len(material.items) - flagged, *_marks(outside)),
    )
    how = "Clopper-Pearson of both strata at 97.5 %"
    return bounded(name, found, len(inside) + len(outside), of, how, "no wrong suggestion was found")


def by_labels(material: Material) -> list[Figure]:
    """The same by the benchmark's labels, over all items; and what the candidate's own score is worth."""
    known = [(item, item.wrong) for item in material.items if item.wrong is not None]
    unflagged = [wrong for item, wrong in known if not item.flagged]
    flagged = [wrong for item, wrong in known if item.flagged]
    caught = [item.flagged for item, wrong in known if wrong]
    why = NO_LABELS if not known else "there are no such items"
    return [
        share_of("review.labels.unflagged_error", unflagged, "items not flagged", why),
        share_of("review.labels.flag_precision", flagged, "flagged items", why),
        share_of("review.labels.flag_recall", caught, "items with a wrong suggestion", why),
        _augrc(known),
        _calibration(material.items),
    ]


def _augrc(known: Sequence[tuple[Item, bool]]) -> Figure:
    """Items without a score are set aside first."""
    name, of = "review.augrc", "items with a label"
    if not known or all(item.score is None for item, _ in known):
        return not_measured(name, "the candidate gives no score" if known else NO_LABELS, of)
    scores = np.array([-1e300 if item.score is None else item.score for item, _ in known])
    wrong = np.array([float(mark) for _, mark in known])
    more = (("chance", float(wrong.mean()) / 2), ("perfect", float(wrong.mean()) ** 2 / 2))
    found = areas.with_interval(selective.augrc, scores, wrong)
    how = "percentile bootstrap"
    return Figure(name, found.value, found.low, found.high, None, len(known), of, how, more=more)


def _calibration(items: Iterable[Item]) -> Figure:
    name, of = "review.smooth_calibration_error", "items with a score and a label"
    pairs = [
        (item.score, item.first_right) for item in items if item.score is not None and item.first_right is not None
    ]
    if not pairs:
        return not_measured(name, "no item has a score and a label", of)
    scores, right = np.array([score for score, _ in pairs]), np.array([float(mark) for _, mark in pairs])
    if not ((scores >= 0) & (scores <= 1)).all():
        return not_measured(name, "the scores are no probabilities: some lie outside 0 to 1", of)
    band = smooth_calibration.null_band(scores, 0)
    more = (("null_low", band.low), ("null_median", band.median), ("null_high", band.high))
    how = "none; beside it the middle 95 % of what a calibrated score would show"
    value = smooth_calibration.smooth_error(scores, right)
    return Figure(name, value, None, None, None, len(pairs), of, how, more=more)


def _marks(rows: Sequence[tuple[Looked, bool]]) -> tuple[list[bool], list[float]]:
    return [differs for _, differs in rows], [row.token.audit_probability for row, _ in rows]


def _wilson(name: str, marks: Sequence[bool]) -> Figure:
    k, n = sum(marks), len(marks)
    if not n:
        return not_measured(name, "there are no items", "items of the run")
    return bounded(name, Bounded(k / n, *wilson(k, n)), n, "items of the run", "Wilson", k=k)
