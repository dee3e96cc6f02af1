"""Whether a threshold travels: calibrated on one group, held against the test part of another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wild_aieval.oversight.risk.cases import Cases
from wild_aieval.oversight.risk.certificate import Claim, test_check, unflagged_errors
from wild_aieval.oversight.risk.sequence import climb
from wild_aieval.oversight.risk.shift import shift_p_value


def matrix(cases: Cases, kind: str, claim: Claim) -> dict[str, Any]:
    """Each group's own threshold (row) against each group's test part (column).

    All cells are about test units, which no row was calibrated on. ``red``: the one-sided 95 % lower bound of the
    unflagged error lies above alpha. ``shift_p``: calibration scores of the row against test scores of the column.
    Groups with fewer calibration items than could ever allow a promise are left out; the rows are not adjusted for
    their number.
    """
    values = sorted({value for value in cases.groups[kind] if value})
    groups = {value: cases.of_group(kind, value).split(claim.shares) for value in values}
    fewest = claim.level.smallest
    kept = [value for value in values if len(groups[value]["calibrate"]) >= fewest]
    one = replace(claim, claims=1)
    rows = []
    for value in kept:
        tune, calibrate = groups[value]["tune"], groups[value]["calibrate"]
        ladder = climb(tune.effective, calibrate.effective, calibrate.losses, one.used, claim.loss)
        step = ladder.chosen
        cells = [_cell(calibrate, groups[other]["test"], step.threshold, claim) for other in kept] if step else []
        threshold = step.threshold if step else None
        rows.append({"group": value, "threshold": threshold, "n_cal": len(calibrate), "cells": cells})
    return {"by": kind, "groups": kept, "rows": rows, "left_out": [value for value in values if value not in kept]}


def _cell(calibrate: Cases, test: Cases, threshold: float, claim: Claim) -> dict[str, Any]:
    k, n = unflagged_errors(test, threshold)
    found = test_check(k, n, len(test), claim.level.alpha)
    known = ~(test.scores != test.scores)
    p = shift_p_value(calibrate.scores[calibrate.scores == calibrate.scores], test.scores[known])
    return found | {"red": found["verdict"] == "inconsistent", "shift_p": p}
