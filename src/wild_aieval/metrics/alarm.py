"""The alarm on a stream of audited items: has the share of wrong ones risen above its limit?

An e-process may be looked at after every item, for ever, and its level holds (G. Shafer, JRSS A 184, 2021;
A. Ramdas and others, Statistical Science 38, 2023).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wild_aieval.metrics.aggregates import Floats

LEVEL, POINTS, WORST = 0.025, 60, 0.6


def evidence(wrong: Sequence[bool], limit: float) -> Floats:
    """Evidence against "at most ``limit`` of the items are wrong" after each item; shape (items,).

    The mean, over ``POINTS`` alternatives from 1.1 times the limit to ``WORST``, of the likelihood ratio
    against the limit. Each ratio is a supermartingale for any true share up to the limit, which may even change
    from item to item, so by J. Ville (1939) the evidence ever reaches 1 / level with probability at most level.
    """
    if not 0 < limit < WORST / 1.1:
        raise ValueError(f"the limit {limit} lies outside (0, {WORST / 1.1:.2f})")
    alternatives = np.linspace(1.1 * limit, WORST, POINTS)
    marks = np.asarray(wrong, dtype=np.float64)[:, None]
    steps = marks * np.log(alternatives / limit) + (1 - marks) * np.log((1 - alternatives) / (1 - limit))
    logs = np.cumsum(steps, axis=0)
    found: Floats = np.exp(np.logaddexp.reduce(logs, axis=1) - np.log(POINTS))
    return found


def first_alarm(found: Floats, level: float = LEVEL) -> int | None:
    """After how many items the evidence first reached 1 / ``level``; None where it never did."""
    reached = np.flatnonzero(found >= 1 / level)
    return int(reached[0]) + 1 if len(reached) else None
