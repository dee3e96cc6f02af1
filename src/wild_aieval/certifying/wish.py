"""What a user asks to be certified, and what counts as wrong."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from wild_aieval import coverage
from wild_aieval.errors import UserError, nearest
from wild_aieval.oversight.risk.sequence import Level

ERRORS = {
    "three_guess_miss": ("three_guesses", "none of the three best suggestions is {which} at the level {level}"),
    "first_guess_miss": ("first_guess", "the first suggestion is not {which} at the level {level}"),
}
WHICH = {"main": "the main symbol", "any": "one of the assigned symbols"}
RECALL, REVIEWS = "recall_miss", "review_outcome"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a user asks to be certified.

    ``error``, ``at``, ``variant``: what counts as wrong (classification). ``by``: certify each group of this kind by
    itself. ``candidates``: how many candidates are certified on these items to choose from. ``outcomes``: a file of
    human reviews. ``assume_human``: the user states what the benchmark does not.
    """

    level: Level = Level()  # noqa: RUF009  immutable
    error: str = "three_guess_miss"
    at: str | None = None
    variant: str | None = None
    by: str | None = None
    transfer: str | None = None
    candidates: int = 1
    outcomes: Path | None = None
    assume_human: bool = False
    issued: datetime.date | None = None


def check_kind(kind: str | None) -> None:
    """UserError for a kind of group that there is not."""
    if kind is not None and kind not in coverage.KINDS:
        raise UserError(f"'{kind}' is no kind of group. {nearest(kind, coverage.KINDS)}")
