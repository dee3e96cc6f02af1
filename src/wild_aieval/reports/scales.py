"""From values to places on a chart: limits with a little room, round numbers for ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

_ROOM = 0.05  # beside the outermost values
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_TICKS = 9


@dataclass
class Scale:
    """One direction of a chart; ``fixed`` limits may run backwards; ``ticks``: their places and names, where given."""

    values: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)  # values beside which no room is left
    fixed: tuple[float, float] | None = None
    ticks: tuple[list[float], list[str]] | None = None
    bins: int | None = None

    def limits(self) -> tuple[float, float]:
        """What is shown, from the first to the last place."""
        if self.fixed is not None:
            return self.fixed
        known = [value for value in (*self.values, *self.ends) if math.isfinite(value)]
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        room = _ROOM * (high - low or abs(high) or 1.0)
        return low - room * (low not in self.ends), high + room * (high not in self.ends)

    def marks(self, length: float, space: float) -> tuple[list[float], list[str]]:
        """Ticks within the limits and their names; ``space``: points that a tick needs of the ``length``."""
        if self.ticks is not None:
            return self.ticks
        low, high = sorted(self.limits())
        most = self.bins or max(1, min(_MOST_TICKS, int(length / space)))
        step = _step(high - low, most)
        places = [number * step for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
        decimals = _decimals(step)
        return places, [f"{abs(p) if abs(p) < step / 2 else p:.{decimals}f}".replace("-", "−") for p in places]


def _step(span: float, most: int) -> float:
    """The smallest round step by which ``most`` of them cover the span."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(step * power for step in (*_STEPS, 20.0) if step * power * most >= span * (1 - 1e-9))


def _decimals(step: float) -> int:
    return next((n for n in range(13) if abs(round(step, n) - step) < 1e-6 * step), 12)


def spread(values: float | Sequence[float]) -> list[float]:
    """A value or several as a list of numbers."""
    return [float(value) for value in values] if isinstance(values, Sequence) else [float(values)]
