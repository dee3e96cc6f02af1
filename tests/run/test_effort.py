"""Time, tokens, prices and memory: what was measured, and what was not is never 0."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wild_aieval import costs
from wild_aieval.cli import main
from wild_aieval.costs import Cost
from wild_aieval.errors import UserError
from wild_aieval.models.metering import Meter
from wild_aieval.records.journal import Entry

ROWS = [{"id": f"d{n}", "text": f"text {n}", "main": "A01B"} for n in range(10)]


def entry(number: int, status: str = "ok", **usage: Any) -> Entry:
    return Entry(f"k{number}", "c/t", f"d{number}", status, [], None, 0.5, usage or None)


def test_latency_is_the_tools_own_time_where_it_is_measured() -> None:
    found = costs.timing(
        costs.effort(entry(n, seconds=n / 100, queued=1, attempts=2, tokens_in=10) for n in range(101))
    )
    assert found["latency"] == pytest.approx({"p50": 0.5, "p95": 0.95, "p99": 0.99})
    assert found["latency_of"] == "answer"
    assert found["queued"] == {"p50": 1.0, "p95": 1.0, "p99": 1.0}
    assert (found["seconds"], found["attempts"], found["tokens_in"], found["tokens_out"]) == (50.5, 202, 1010, None)
    assert found["items_per_second"] == pytest.approx(2.0)


def test_without_measurements_latency_is_a_share_of_the_batch_and_tokens_are_not_0() -> None:
    found = costs.timing(costs.effort(entry(n) for n in range(4)))
    assert (found["latency"]["p50"], found["latency_of"]) == (0.5, "share of a batch")
    assert found["tokens_in"] is found["attempts"] is found["queued"] is None


def test_tokens_of_some_answers_are_no_total_but_errors_may_lack_them() -> None:
    some = [entry(0, tokens_in=5), entry(1)]
    assert costs.timing(costs.effort(some))["tokens_in"] is None
    assert costs.timing(costs.effort([entry(0, tokens_in=5), entry(1, status="error")]))["tokens_in"] == 5


def test_prices_by_hand() -> None:
    entries = costs.effort(entry(n, tokens_in=1000, tokens_out=100) for n in range(10))
    price = {"per_million_tokens_in": 2.0, "per_million_tokens_out": 10.0, "per_item": 0.5, "per_hour": 7.2}
    table = Cost.model_validate({"currency": "EUR", "prices": {"m": price | {"per_million_characters": 1.0}}})
    found = costs.price(entries, 30_000, table, "m")
    # 10,000 tokens at 2 and 1,000 at 10 for a million, 10 items at .5, 5 seconds at 7.2 an hour, 30,000 characters.
    assert found == {
        "currency": "EUR",
        "total": pytest.approx(0.02 + 0.01 + 5 + 0.01 + 0.03),
        "per_item": pytest.approx(0.507),
        "missing": [],
    }
    assert costs.price(entries, 30_000, table, "another") is None


def test_a_price_for_what_was_not_measured_is_no_cost() -> None:
    table = Cost.model_validate({"currency": "EUR", "prices": {"m": {"per_item": 1, "per_million_tokens_in": 2}}})
    found = costs.price(costs.effort([entry(0)]), 10, table, "m")
    assert found == {"currency": "EUR", "total": None, "per_item": None, "missing": ["per_million_tokens_in"]}


def test_prices_need_a_currency(place: Any) -> None:
    with pytest.raises(UserError, match="prices need a currency"):
        place.settings("tfidf", cost={"name": "x", "prices": {"tfidf": {"per_item": 1}}})


def test_the_meter_forgets_what_was_taken() -> None:
    meter = Meter()
    meter.note("a", seconds=1.0)
    meter.note("a", tokens_in=3)
    taken = meter.take("a")
    assert taken is not None
    assert taken.as_dict() == {"seconds": 1.0, "tokens_in": 3}
    assert meter.take("a") is None
    with pytest.raises(TypeError):
        meter.note("a", minutes=1)


def test_a_run_says_what_it_took_and_a_second_start_takes_nothing_more(place: Any) -> None:
    place.classification(ROWS)
    cost = {"name": "list", "currency": "CHF", "prices": {"tricky": {"per_item": 0.25}}}
    summary, folder = place.run(place.tricky(), cost=cost)
    result = summary["results"][0]
    assert result["cost"]["total"] == 2.5
    taken = result["resources"]
    assert 10 < taken["peak_memory_mib"] < 1_000_000
    assert taken["hardware"]["cores"] >= 1
    assert taken["hardware"]["cpu"]
    assert taken["energy_kwh"] is None or taken["energy_kwh"] >= 0
    sessions = json.loads((folder.path / "resources.json").read_text(encoding="utf-8"))["sessions"]
    again, _ = place.run(place.tricky(), cost=cost)
    assert json.loads((folder.path / "resources.json").read_text(encoding="utf-8"))["sessions"] == sessions
    assert again["results"][0]["resources"] == taken
    page = main(["rescore", str(folder.path)])
    assert page == 0
    text = (folder.path / "report.html").read_text(encoding="utf-8")
    assert "2.5 CHF" in text
    assert "Energy" in text


def test_records_of_before_have_no_prices(place: Any) -> None:
    place.classification(ROWS)
    _, folder = place.run(place.tricky())
    spec = json.loads((folder.path / "runspec.json").read_text(encoding="utf-8"))
    del spec["settings"]["cost"]
    (folder.path / "runspec.json").write_text(json.dumps(spec), encoding="utf-8")
    (folder.path / "resources.json").unlink()
    assert main(["rescore", str(folder.path)]) == 0
    result = folder.read_json("summary.json")["results"][0]
    assert result["cost"] is None
    assert result["resources"]["peak_memory_mib"] is None
