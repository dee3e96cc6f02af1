"""What a candidate is told of a benchmark before it is asked: never a label, a reference or a judgment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Assignment:
    """``benchmark``: task/name; ``ids``: every item of it in its order, asked or not; ``level``: the label level of a
    classification benchmark, else ''.
    """

    benchmark: str
    task: str
    ids: Sequence[str]
    level: str = ""


def meet(model: Any, assignment: Assignment) -> None:
    """Tell a candidate that has the method ``meet`` (few need it) which benchmark comes now, before fit and index."""
    if hasattr(model, "meet"):
        model.meet(assignment)
