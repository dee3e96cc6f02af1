"""A certificate for a threshold: plain data with the sentence that it allows."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wild_aieval.metrics import exact
from wild_aieval.oversight.risk import bounds, statements
from wild_aieval.oversight.risk.cases import Cases
from wild_aieval.oversight.risk.sequence import COVERAGES, Ladder, Level, Loss, Step, climb
from wild_aieval.oversight.risk.splits import SALT, SHARES, Shares

SCHEMA_VERSION = 1
KEPT_SCORES = 2_000
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be certified, and of whom.

    ``error``, ``words``: name and meaning of a wrong answer. ``candidate``: name, kind, digest. ``benchmark``: what
    it must be to be covered. ``population``: offices, languages, dates, labels. ``hard_rules``: the codes that flag
    whatever the score. ``claims``: how many are made together, over groups and candidates: each gets its part of delta.
    """

    level: Level
    error: str
    words: str
    candidate: Mapping[str, Any]
    benchmark: Mapping[str, Any]
    population: Mapping[str, Any]
    unit: str
    issued: datetime.date
    hard_rules: tuple[str, ...]
    loss: Loss = "binary"
    group: Mapping[str, str] | None = None
    claims: int = 1
    shares: Shares = SHARES

    @property
    def used(self) -> Level:
        """The level of one claim of several (Bonferroni)."""
        return Level(self.level.alpha, self.level.delta / self.claims)


def certify(cases: Cases, claim: Claim) -> Data:
    """Find the loosest threshold that the calibration items allow and hold it against the test part."""
    parts = cases.split(claim.shares)
    tune, calibrate = parts["tune"], parts["calibrate"]
    entry = _frame(claim, "threshold", parts)
    if not np.isfinite(cases.effective).any():
        return sealed(entry | refusal("the candidate gives no score by which answers could be told apart"))
    used = claim.used
    ladder = climb(tune.effective, calibrate.effective, calibrate.losses, used, claim.loss)
    entry["ladder"] = [_step(step, len(calibrate)) for step in ladder.steps]
    if ladder.shown is None:
        return sealed(entry | refusal("no tune item has a score, so that there is no threshold to test"))
    return sealed(entry | _found(entry, ladder, ladder.shown, claim, parts))


def refusal(reason: str) -> Data:
    """What an entry says where nothing could be tested."""
    return {"certified": False, "refused": reason, "statement": statements.refused(reason)}


def refused(claim: Claim, kind: str, reason: str) -> Data:
    """A whole entry that says that nothing could be tested."""
    empty = Cases((), (), np.zeros(0), np.zeros(0, dtype=np.bool_), np.zeros(0), {})
    return sealed(_frame(claim, kind, dict.fromkeys(("tune", "calibrate", "test"), empty)) | refusal(reason))


def sealed(entry: Data) -> Data:
    """The entry under its id, the digest of everything else in it."""
    content = {name: value for name, value in entry.items() if name != "id"}
    return {"id": digest(content), **content}


def digest(content: Any) -> str:
    """SHA-256 of canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_check(k: float, n: int, total: int, alpha: float) -> Data:
    """Errors among the unflagged test items; inconsistent where the one-sided 95 % lower bound is above alpha."""
    low, high = bounds.clopper_pearson(math.floor(k), n)
    lower = exact.lower(math.floor(k), n) if n else 0.0
    verdict = "not checked" if not n else "inconsistent" if lower > alpha else "consistent"
    coverage = n / total if total else 0.0
    return {"n": n, "k": k, "cp_lo": low, "cp_hi": high, "lower": lower, "coverage": coverage, "verdict": verdict}


def unflagged_errors(cases: Cases, threshold: float) -> tuple[float, int]:
    """Summed loss and number of the items at or above a threshold without a hard reason."""
    chosen = cases.effective >= threshold
    return float(cases.losses[chosen].sum()), int(chosen.sum())


def _frame(claim: Claim, kind: str, parts: Mapping[str, Cases]) -> Data:
    calibrate = parts["calibrate"]
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        "certified": False,
        "statement": "",
        "alpha": claim.level.alpha,
        "delta": claim.level.delta,
        "delta_used": claim.used.delta,
        "claims": claim.claims,
        "method": "fixed_sequence",
        "test_of_a_step": "exact binomial" if claim.loss == "binary" and kind == "threshold" else "Hoeffding-Bentkus",
        "grid": list(COVERAGES) if kind == "threshold" else [],
        "smallest": claim.used.smallest,
        "error": claim.error,
        "error_words": claim.words,
        "candidate": dict(claim.candidate),
        "benchmark": dict(claim.benchmark),
        "population": dict(claim.population),
        "group": dict(claim.group) if claim.group else None,
        "unit": claim.unit,
        "hard_rules": sorted(claim.hard_rules),
        "splits": {
            "shares": list(claim.shares),
            "salt": SALT,
            "n": {part: len(found) for part, found in parts.items()},
            "digest": digest([sorted(found.ids) for found in parts.values()]),
        },
        "n_cal": len(calibrate),
        "flagged_by_hard_reasons": int(calibrate.hard.sum()),
        "issued": claim.issued.isoformat(),
        "valid_until": statements.next_edition(claim.issued).isoformat(),
    }


def _found(entry: Data, ladder: Ladder, step: Step, claim: Claim, parts: Mapping[str, Cases]) -> Data:
    calibrate, test = parts["calibrate"], parts["test"]
    certified, used = ladder.chosen is not None, claim.used
    whole = claim.loss == "binary"
    found: Data = {
        "certified": certified,
        "threshold": step.threshold if certified else None,
        "n_unflagged": step.n,
        "errors": step.errors,
        "p_value": step.p_value,
        "cp_upper": exact.upper(step.errors, step.n, used.delta) if whole and step.n else None,
        "coverage_cal": step.n / len(calibrate) if len(calibrate) else 0.0,
        "needs": needs(step, len(calibrate), used),
        "scores": _sample(calibrate),
    }
    if certified:
        k, n = unflagged_errors(test, step.threshold)
        found["test"] = test_check(k, n, len(test), claim.level.alpha)
        found["check"] = statements.check(found["test"])
    # What entered the sentence is what is recorded.
    found["statement"] = (statements.bound if certified else statements.missed)({**entry, **found})
    return found


def needs(step: Step, n_cal: int, level: Level) -> Data:
    """What would allow the promise at a step that was tested: all zero where it did."""
    if step.passed:
        return {"error_free": 0, "unflagged": 0, "labelled": 0}
    more = bounds.error_free_needed(step.errors, step.n, level.alpha, level.delta)
    unflagged = bounds.items_needed(step.errors / step.n if step.n else 0.0, level.alpha, level.delta)
    coverage = step.n / n_cal if n_cal else 0.0
    labelled = math.ceil(unflagged / coverage) if unflagged is not None and coverage else None
    return {"error_free": more, "unflagged": unflagged, "labelled": labelled}


def _step(step: Step, n_cal: int) -> Data:
    return {
        "threshold": step.threshold,
        "expected": step.expected,
        "n": step.n,
        "errors": step.errors,
        "coverage": step.n / n_cal if n_cal else 0.0,
        "p_value": step.p_value,
        "passed": step.passed,
    }


def _sample(calibrate: Cases) -> list[float]:
    """Scores of the calibration items, at most so many, evenly spaced in their order: for the test of shift."""
    scores = np.sort(calibrate.scores[~np.isnan(calibrate.scores)])
    if len(scores) > KEPT_SCORES:
        scores = scores[np.linspace(0, len(scores) - 1, KEPT_SCORES).round().astype(int)]
    return [float(score) for score in scores]
