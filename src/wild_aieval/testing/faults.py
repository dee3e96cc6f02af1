"""Which request meets which fault: on order, or a share of them drawn by a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

TRANSIENT = ("429", "500", "502", "503", "504", "reset", "hang", "truncated")
LASTING = ("400", "malformed", "html", "redirect", "nan", "other_fields")
OF_BATCHES = ("wrong_order", "wrong_count", "unknown_id")
HARMLESS = ("delay", "wrong_type")
KINDS = (*TRANSIENT, *LASTING, *OF_BATCHES, *HARMLESS)
MIXED = ("429", "500", "503", "reset", "hang", "truncated", "malformed", "html", "redirect", "nan", "other_fields")


@dataclass
class Faults:
    """``share`` of the requests meet one of ``kinds``, by ``seed``, the request's body and the number of its tries.

    ``orders``: a text that the body holds -> fault names, one for each try, after which the answer is good; a single
    name instead of a list is for every try. They go before the share.
    """

    share: float = 0.0
    kinds: Sequence[str] = MIXED
    seed: int = 0
    orders: Mapping[str, Sequence[str] | str] = field(default_factory=dict)
    _tries: Counter[str] = field(default_factory=Counter, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        ordered = [name for names in self.orders.values() for name in ([names] if isinstance(names, str) else names)]
        if unknown := [name for name in (*self.kinds, *ordered) if name not in (*KINDS, "")]:
            raise ValueError(f"there is no fault '{unknown[0]}'; there are {', '.join(KINDS)}")

    def next(self, body: str) -> str:
        """The fault that the next try of this request meets, '' for none."""
        with self._lock:
            self._tries[body] += 1
            tries = self._tries[body]
        for mark, names in self.orders.items():
            if mark in body:
                return names if isinstance(names, str) else (*names, *[""] * tries)[tries - 1]
        chance = random.Random(f"{self.seed}/{tries}/{body}")
        return chance.choice(self.kinds) if chance.random() < self.share else ""
