"""What figures show beside the certificates: curves and areas of the score, labels needed. Nothing is chosen by it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wild_aieval.metrics import selective, smooth_calibration
from wild_aieval.oversight.risk import areas, bounds
from wild_aieval.oversight.risk.cases import Cases
from wild_aieval.oversight.risk.certificate import Claim, Data


def evidence_of(cases: Cases, claim: Claim, found: Sequence[Data]) -> Data:
    """What figures show of the items that count, one of each unit: all parts together, which chooses nothing."""
    parts = cases.split(claim.shares)
    scores = np.concatenate([part.effective for part in parts.values()])
    losses = np.concatenate([part.losses for part in parts.values()])
    known = ~np.isnan(scores)
    shown: Data = {"n": len(scores), "error_at_full_coverage": float(losses.mean()) if len(losses) else None}
    if len(set(scores[known])) < 2:
        return shown
    shown["curve"] = areas.curve(scores, losses)
    ranked = np.where(known, scores, -np.inf)
    shown["augrc"] = areas.with_interval(selective.augrc, ranked, losses)._asdict()
    shown["aurc"] = areas.with_interval(areas.aurc, scores, losses)._asdict()
    own, right = scores[known], 1 - losses[known]
    if claim.error.startswith("first_guess_miss") and own.min() >= 0 and own.max() <= 1:
        band = smooth_calibration.null_band(own, 0)  # the score is that of the first suggestion
        shown["smooth_error"] = {"value": smooth_calibration.smooth_error(own, right), **band._asdict()}
    shown["labels_needed"] = _labels_curve(claim, found)
    return shown


def _labels_curve(claim: Claim, found: Sequence[Data]) -> list[Data]:
    """For numbers of unflagged items the largest observed share of errors that still allows the promise."""
    here = max((entry.get("n_unflagged", 0) for entry in found), default=0)
    numbers = sorted({int(n) for n in np.geomspace(claim.used.smallest, max(2_000, 2 * here), 40)})
    alpha, delta = claim.used.alpha, claim.used.delta
    return [{"n": n, "rate": bounds.certifiable_rate(n, alpha, delta)} for n in numbers]
