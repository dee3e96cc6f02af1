"""How many documents of a search must be read: with confidence, on average, and what no depth can reach.

The loss at depth k is 1 - recall at k, which never grows with k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval.metrics.statistics import Z_95
from wild_aieval.oversight.risk import statements
from wild_aieval.oversight.risk.bounds import hoeffding_bentkus_p
from wild_aieval.oversight.risk.cases import Cases
from wild_aieval.oversight.risk.certificate import Claim, Data, _frame, sealed
from wild_aieval.oversight.risk.sequence import Level

Floats = NDArray[np.float64]
_STEPS = (1, 1.5, 2, 3, 5, 7)


def depths(deepest: int) -> list[int]:
    """The depths that are tested, from small to large: 1, 2, 3, 5, 7, 10, 15, 20, 30, ... and the deepest."""
    found = {int(step * 10**power) for power in range(5) for step in _STEPS if step * 10**power <= deepest}
    return sorted(found | {deepest})


@dataclass(frozen=True, slots=True)
class DepthStep:
    """One depth, from the deepest on: mean loss and what the test said; p_value None where it was not reached."""

    depth: int
    mean_loss: float
    p_value: float | None
    passed: bool


def climb_down(losses: Floats, tested: Sequence[int], level: Level) -> tuple[DepthStep, ...]:
    """Fixed sequence from the deepest to the shallowest depth; ``losses``: (queries, depths), columns as ``tested``.

    Hoeffding-Bentkus p-values (arXiv 2110.01052); depths, order and level do not depend on the judgments.
    """
    totals = losses.sum(axis=0)
    p = hoeffding_bentkus_p(totals, np.full(len(tested), float(len(losses))), level.alpha)
    steps, going = [], True
    for place in reversed(range(len(tested))):
        passed = bool(going and len(losses) > 0 and p[place] <= level.delta)
        mean = float(totals[place] / len(losses)) if len(losses) else 1.0
        steps.append(DepthStep(tested[place], mean, float(p[place]) if going else None, passed))
        going = passed
    return tuple(steps)


def average_depth(losses: Floats, tested: Sequence[int], alpha: float) -> int | None:
    """Conformal risk control: the smallest depth with (n mean loss + 1) / (n + 1) <= alpha; None where none has.

    Angelopoulos, Bates, Fisch, Lei, Schuster, ICLR 2024. It holds on average over calibrations only.
    """
    risks = (losses.sum(axis=0) + 1) / (len(losses) + 1)
    fitting = [depth for depth, risk in zip(tested, risks, strict=True) if risk <= alpha]
    return min(fitting) if fitting else None


def certify_depth(cases: Cases, losses: Floats, tested: Sequence[int], claim: Claim) -> Data:
    """A certificate for a review depth; queries with a hard reason are flagged and not counted."""
    parts = cases.split(claim.shares)
    rows = {item: place for place, item in enumerate(cases.ids)}
    used = {
        part: losses[[rows[item] for item, hard in zip(found.ids, found.hard, strict=True) if not hard]]
        for part, found in parts.items()
    }
    calibrate = used["calibrate"]
    steps = climb_down(calibrate, tested, claim.used)
    passed = [step.depth for step in steps if step.passed]
    average = average_depth(calibrate, tested, claim.level.alpha)
    entry = _frame(claim, "depth", parts) | {"n_cal": len(calibrate)}
    entry |= {
        "certified": bool(passed),
        "depth": min(passed) if passed else None,
        "deepest": tested[-1],
        "mean_loss": steps[0].mean_loss,
        "ladder": [_row(step) for step in steps],
        "average_depth": average,
        "average_statement": statements.average_depth(average, claim.level.alpha),
        "floor": steps[0].mean_loss,
        "floor_statement": statements.floor(steps[0].mean_loss, tested[-1]),
        "scores": [],
    }
    if passed:
        entry["test"] = _check(used["test"][:, list(tested).index(min(passed))], claim.level.alpha)
        entry["check"] = statements.check_depth(entry["test"])
    entry["statement"] = statements.bound(entry) if passed else statements.missed_depth(entry)
    return sealed(entry)


def _row(step: DepthStep) -> dict[str, Any]:
    return {"depth": step.depth, "mean_loss": step.mean_loss, "p_value": step.p_value, "passed": step.passed}


def _check(losses: Floats, alpha: float) -> Data:
    """Mean loss of the test queries; inconsistent where Hoeffding-Bentkus tells it to be above alpha at 5 %.

    The test is that of the opposite null, by exchanging loss and gain; the interval is the normal one, for display.
    """
    n = len(losses)
    if not n:
        return {"n": 0, "mean": 0.0, "low": 0.0, "high": 1.0, "verdict": "not checked"}
    mean = float(losses.mean())
    half = Z_95 * float(losses.std(ddof=1)) / n**0.5 if n > 1 else 1.0
    against = float(hoeffding_bentkus_p(np.array(float((1 - losses).sum())), np.array(float(n)), 1 - alpha))
    verdict = "inconsistent" if against <= 0.05 else "consistent"
    return {"n": n, "mean": mean, "low": max(0.0, mean - half), "high": min(1.0, mean + half), "verdict": verdict}
