"""What a result took, as a table of the page: time, latency, attempts, tokens, cost, memory, energy, machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wild_aieval.reports.facts import duration
from wild_aieval.reports.headline import NOT_MEASURED, WITHHELD
from wild_aieval.reports.page import element, table

Entry = Mapping[str, Any]


def section(entry: Entry) -> list[str]:
    """Heading, table, and a line that says what such figures are worth."""
    note = "Times hold for this machine and this moment: compare them between runs on one machine only."
    return [
        element("h3", "What it took"),
        table("Effort of this result.", ("", "Value"), rows(entry)),
        element("p", note, "soft"),
    ]


def rows(entry: Entry) -> list[tuple[str, str]]:
    """Name and value; what was not measured says so."""
    timing, taken = entry["timing"], entry.get("resources") or {}
    return [
        ("Time of all answers", duration(timing["seconds"])),
        ("Items per second", _number(timing.get("items_per_second"))),
        *_latency(timing),
        ("Requests, repeated ones included", _number(timing.get("attempts"))),
        ("Tokens read / written", f"{_number(timing.get('tokens_in'))} / {_number(timing.get('tokens_out'))}"),
        ("Cost by the declared prices", cost(entry.get("cost"))),
        ("Peak memory of the process", _unit(taken.get("peak_memory_mib"), "MiB")),
        ("Peak memory of accelerators", _unit(taken.get("peak_accelerator_mib"), "MiB")),
        ("Energy", _unit(taken.get("energy_kwh"), "kWh")),
        ("Machine", machine(taken.get("hardware"))),
    ]


def cost(found: Mapping[str, Any] | None) -> str:
    """Total and per item with the currency; without prices, or without what they count, not measured."""
    if found is None:
        return NOT_MEASURED
    if found["total"] is None:
        return f"{NOT_MEASURED}: the prices count {', '.join(found['missing'])}, which this candidate does not tell"
    return f"{found['total']:.4g} {found['currency']} ({found['per_item']:.3g} {found['currency']} per item)"


def machine(found: Mapping[str, Any] | None) -> str:
    """Processor, cores, memory, accelerators."""
    if not found:
        return NOT_MEASURED
    parts = [found["cpu"], f"{found['cores']} cores", f"{found['memory_gib']} GiB", *found["accelerators"]]
    return ", ".join(str(part) for part in parts)


def _latency(timing: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = timing.get("latency")
    of = "one answer" if timing.get("latency_of") == "answer" else "an answer's share of its batch"
    yield f"Latency p50 / p95 / p99 ({of})", _three(found)
    if timing.get("queued"):
        yield "Waiting for a free slot p50 / p95 / p99", _three(timing["queued"])


def _three(found: Mapping[str, float | None] | None) -> str:
    if not found:
        return NOT_MEASURED
    values = [found[name] for name in ("p50", "p95", "p99")]
    return " / ".join(WITHHELD if value is None else duration(value) for value in values)


def _number(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"


def _unit(value: float | None, unit: str) -> str:
    return NOT_MEASURED if value is None else f"{value:,.4g} {unit}"
