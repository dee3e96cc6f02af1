"""What a measure returns: a value with its interval, its n and its signature."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MeasureValue:
    """One figure. ``None`` means not measured, which is never the same as 0.

    ``low`` and ``high`` bound a 95 % interval; ``n`` is the number of items (the signature says how
    many clusters were resampled, if any); ``signature`` names the measure with every parameter and
    library version.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    signature: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``summary.json``."""
        return asdict(self)


def not_measured(signature: str) -> MeasureValue:
    """A measure that this benchmark gives no ground for."""
    return MeasureValue(None, None, None, 0, signature)
