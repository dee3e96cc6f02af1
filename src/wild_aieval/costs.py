"""What answers took and what they cost: time apart from waiting, attempts, tokens, a price by a declared table."""

from __future__ import annotations

from collections.abc import Sequence
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


def timing(entries: Sequence[Entry]) -> dict[str, Any]:
    """Seconds of all answers, items per second, latency in seconds by percentile, attempts and tokens.

    Latency is the tool's own time for one answer where the adapter measures it, without waiting (that is
    ``queued``); else an answer's share of its batch, and ``latency_of`` says so.
    """
    seconds = sum(entry.seconds for entry in entries)
    own, queued = _measured(entries, "seconds"), _measured(entries, "queued")
    attempts = _measured(entries, "attempts")
    return {
        "seconds": seconds,
        "items_per_second": len(entries) / seconds if seconds > 0 else None,
        "latency": _percentiles(own or [entry.seconds for entry in entries]),
        "latency_of": "answer" if own else "share of a batch",
        "queued": _percentiles(queued) if queued else None,
        "attempts": int(sum(attempts)) if attempts else None,
        "tokens_in": _sum(entries, "tokens_in"),
        "tokens_out": _sum(entries, "tokens_out"),
    }


def price(entries: Sequence[Entry], characters: int, cost: Cost, model: str) -> dict[str, Any] | None:
    """What the answers cost by the table; None without an entry for the candidate.

    ``total`` is None where a price needs what was not measured; ``missing`` names it. ``characters``: of
    the texts that were sent, answers in error included, since they are charged too.
    """
    table = cost.prices.get(model)
    if table is None:
        return None
    took = timing(entries)
    counted = {
        "per_item": float(len(entries)),
        "per_million_characters": characters / 1e6,
        "per_million_tokens_in": _millions(took["tokens_in"]),
        "per_million_tokens_out": _millions(took["tokens_out"]),
        "per_hour": took["seconds"] / 3600,
    }
    rates = {name: rate for name, rate in table.model_dump().items() if rate is not None}
    missing = sorted(name for name in rates if counted[name] is None)
    total = None if missing else sum(rate * (counted[name] or 0.0) for name, rate in rates.items())
    return {
        "currency": cost.currency,
        "total": total,
        "per_item": None if total is None or not entries else total / len(entries),
        "missing": missing,
    }


def _measured(entries: Sequence[Entry], name: str) -> list[float]:
    return [float(entry.usage[name]) for entry in entries if entry.usage and entry.usage.get(name) is not None]


def _sum(entries: Sequence[Entry], name: str) -> int | None:
    """Over all answers; None where an answer that is no error has none, for a part would mislead."""
    if any(entry.status == "ok" and (entry.usage or {}).get(name) is None for entry in entries):
        return None
    found = _measured(entries, name)
    return int(sum(found)) if found else None


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    found = np.percentile(np.asarray(values), PERCENTILES)
    return {f"p{percent}": float(value) for percent, value in zip(PERCENTILES, found, strict=True)}


def _millions(count: int | None) -> float | None:
    return None if count is None else count / 1e6
