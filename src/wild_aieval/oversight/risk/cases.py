"""What is certified from: per item its unit, its score, whether a hard reason calls, and how wrong the answer is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wild_aieval.oversight.risk.splits import PARTS, Shares, one_per_unit, parts_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cases:
    """One benchmark of a run, one entry an item.

    ``scores``: NaN where the candidate gives none. ``hard``: a hard reason calls, so that the item is flagged at
    any threshold. ``losses``: 1 wrong, 0 right, or between. ``losses`` of the test part are for the check alone.
    ``groups``: kind of group to one value per item; only what is known of an item without its label.
    """

    ids: tuple[str, ...]
    units: tuple[str, ...]
    scores: Floats
    hard: NDArray[np.bool_]
    losses: Floats
    groups: Mapping[str, tuple[str, ...]]

    def only(self, chosen: NDArray[np.bool_]) -> Cases:
        """Some of the items."""
        places = [int(place) for place in np.flatnonzero(chosen)]

        def picked(values: Sequence[str]) -> tuple[str, ...]:
            return tuple(values[place] for place in places)

        groups = {kind: picked(values) for kind, values in self.groups.items()}
        return Cases(
            picked(self.ids), picked(self.units), self.scores[places], self.hard[places], self.losses[places], groups
        )

    def of_group(self, kind: str, value: str) -> Cases:
        """The items of one group."""
        return self.only(np.array([found == value for found in self.groups[kind]], dtype=np.bool_))

    def split(self, shares: Shares) -> dict[str, Cases]:
        """The three parts, one item of each unit; a unit is in one part with all its items."""
        parts, chosen = parts_of(self.units, shares), one_per_unit(self.ids, self.units)
        return {part: self.only((parts == part) & chosen) for part in PARTS}

    @property
    def effective(self) -> Floats:
        """Scores as the threshold sees them: no number where a hard reason calls."""
        return np.where(self.hard, np.nan, self.scores)

    def __len__(self) -> int:
        return len(self.ids)
