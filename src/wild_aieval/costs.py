"""What answers took and what they cost: time apart from waiting, attempts, tokens, a price by a declared table."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from wild_aieval.records.journal import Entry

PERCENTILES = (50, 95, 99)


class Price(BaseModel):
    """What a candidate costs; the parts that are given are added up. ``per_hour`` is of the tool's own time."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    per_item: float | None = Field(None, ge=0)
    per_million_characters: float | None = Field(None, ge=0)
    per_million_tokens_in: float | None = Field(None, ge=0)
    per_million_tokens_out: float | None = Field(None, ge=0)
    per_hour: float | None = Field(None, ge=0)


class Cost(BaseModel):
    """Settings of ``conf/cost/``: prices by candidate, all in one currency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "none"
    currency: str = ""
    prices: dict[str, Price] = {}

    @model_validator(mode="after")
    def _of_something(self) -> Cost:
        if self.prices and not self.currency:
            raise ValueError("prices need a currency, such as EUR")
        return self


class Effort:
    """What the answers of a run took, added up as they are read."""

    def __init__(self) -> None:
        self.shares = array("d")  # of each answer, in seconds: the time of its batch divided by the batch's size
        self.measured = {name: array("d") for name in ("seconds", "queued", "attempts", "tokens_in", "tokens_out")}
        self._lacking: set[str] = set()  # tokens that an answer lacks that is no error: a part would mislead

    def add(self, entry: Entry) -> None:
        """One more answer."""
        self.shares.append(entry.seconds)
        usage = entry.usage or {}
        for name, values in self.measured.items():
            value = usage.get(name)
            if value is not None:
                values.append(float(value))
            elif entry.status == "ok":
                self._lacking.add(name)

    def total(self, name: str) -> int | None:
        """Over all answers; None where an answer that is no error has none."""
        return int(sum(self.measured[name])) if self.measured[name] and name not in self._lacking else None


def effort(entries: Iterable[Entry]) -> Effort:
    """Of some answers."""
    found = Effort()
    for entry in entries:
        found.add(entry)
    return found


def timing(took: Effort) -> dict[str, Any]:
    """Seconds of all answers, items per second, latency in seconds by percentile, attempts and tokens.

    Latency is the tool's own time for one answer where the adapter measures it, without waiting (that is
    ``queued``); else an answer's share of its batch, and ``latency_of`` says so.
    """
    seconds, own, queued = sum(took.shares), took.measured["seconds"], took.measured["queued"]
    attempts = took.measured["attempts"]
    return {
        "seconds": seconds,
        "items_per_second": len(took.shares) / seconds if seconds > 0 else None,
        "latency": _percentiles(own or took.shares),
        "latency_of": "answer" if own else "share of a batch",
        "queued": _percentiles(queued) if queued else None,
        "attempts": int(sum(attempts)) if attempts else None,
        "tokens_in": took.total("tokens_in"),
        "tokens_out": took.total("tokens_out"),
    }


def price(took: Effort, characters: int, cost: Cost, model: str) -> dict[str, Any] | None:
    """What the answers cost by the table; None without an entry for the candidate.

    ``total`` is None where a price needs what was not measured; ``missing`` names it. ``characters``: of
    the texts that were sent, answers in error included, since they are charged too.
    """
    table = cost.prices.get(model)
    if table is None:
        return None
    answers = len(took.shares)
    counted = {
        "per_item": float(answers),
        "per_million_characters": characters / 1e6,
        "per_million_tokens_in": _millions(took.total("tokens_in")),
        "per_million_tokens_out": _millions(took.total("tokens_out")),
        "per_hour": sum(took.shares) / 3600,
    }
    rates = {name: rate for name, rate in table.model_dump().items() if rate is not None}
    missing = sorted(name for name in rates if counted[name] is None)
    total = None if missing else sum(rate * (counted[name] or 0.0) for name, rate in rates.items())
    return {
        "currency": cost.currency,
        "total": total,
        "per_item": None if total is None or not answers else total / answers,
        "missing": missing,
    }


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    found = np.percentile(np.asarray(values), PERCENTILES)
    return {f"p{percent}": float(value) for percent, value in zip(PERCENTILES, found, strict=True)}


def _millions(count: int | None) -> float | None:
    return None if count is None else count / 1e6
