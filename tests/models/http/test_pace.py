"""When a request may begin, when it is tried again, and when the endpoint counts as gone."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime

import pytest

from wild_aieval.errors import UserError
from wild_aieval.models.http.circuit import Circuit
from wild_aieval.models.http.limits import Gate
from wild_aieval.models.http.retry import Fault, asked_to_wait, is_transient, pause

NOW = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("17", 17.0),
        ("Wed, 01 May 2024 12:00:30 GMT", 30.0),
        ("Wed, 01 May 2024 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert asked_to_wait({"Retry-After": header}, NOW) == seconds


def test_only_transient_statuses_are_tried_again() -> None:
    assert [status for status in range(200, 600) if is_transient(status)] == [
        408, 425, 429, *(status for status in range(500, 600) if status not in (501, 505)),
    ]  # fmt: skip


def test_pauses_grow_and_differ_and_hold_what_was_asked_for() -> None:
    chance = random.Random(1)
    pauses = {attempt: [pause(attempt, None, chance) for _ in range(50)] for attempt in (1, 3, 5, 40)}
    assert max(pauses[1]) <= 0.25
    assert max(pauses[1]) < min(pauses[3])
    assert max(pauses[3]) < min(pauses[5])
    assert max(pauses[40]) <= 30.0
    assert len(set(pauses[1])) == 50
    assert all(9.0 <= pause(attempt, 9.0, chance) <= 9.5 for attempt in (1, 7))


def test_never_more_at_a_time_than_the_limit_and_fewer_when_busy() -> None:
    async def run() -> tuple[int, float, float, float]:
        gate, most = Gate(8), 0

        async def work() -> None:
            nonlocal most
            await gate.enter()
            most = max(most, gate.under_way)
            await asyncio.sleep(0.001)
            gate.leave()

        await asyncio.gather(*(work() for _ in range(100)))
        assert gate.under_way == 0
        for begun in (1.0, 1.0, 1.2):  # all of one moment
            gate.too_many(begun, 2.0)
        halved = gate.limit
        gate.too_many(3.0, 4.0)
        quartered = gate.limit
        for _ in range(1000):
            gate.went_well()
        return most, halved, quartered, gate.limit

    assert asyncio.run(run()) == (8, 4.0, 2.0, 8.0)


def test_a_falling_limit_holds_those_who_wait() -> None:
    async def run() -> list[int]:
        gate, seen = Gate(4), []

        async def work(number: int) -> None:
            begun = await gate.enter()
            seen.append(gate.under_way)
            await asyncio.sleep(0.002)
            if number == 0:
                gate.too_many(begun + 1e9, 1e9)
                gate.too_many(begun + 1e10, 1e10)
            gate.leave()

        await asyncio.gather(*(work(number) for number in range(12)))
        return seen

    seen = asyncio.run(run())
    assert max(seen) == 4
    assert set(seen[6:]) == {1}


def test_a_cancelled_wait_gives_its_place_back() -> None:
    async def run() -> int:
        gate = Gate(1)
        await gate.enter()
        waiting = [asyncio.create_task(gate.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        gate.leave()
        waiting[1].cancel()
        await asyncio.gather(*waiting[:2], return_exceptions=True)
        await asyncio.wait_for(waiting[2], 1)
        return gate.under_way

    assert asyncio.run(run()) == 1


def test_requests_are_spaced_by_the_rate() -> None:
    async def run() -> float:
        gate = Gate(32, rate=100.0)
        begun = time.perf_counter()

        async def work() -> None:
            await gate.enter()
            gate.leave()

        await asyncio.gather(*(work() for _ in range(21)))
        return time.perf_counter() - begun

    assert asyncio.run(run()) >= 0.19


REFUSED = Fault("no connection", True, no_connection=True)


def test_an_endpoint_that_never_answered_is_gone_at_once() -> None:
    circuit = Circuit("mine", "host:80", 3)
    circuit.failed(REFUSED, 0.0)
    circuit.failed(REFUSED, 0.0)
    with pytest.raises(UserError, match=r"host:80 gives no answers: 3 tries in a row found no connection.*resume"):
        circuit.failed(REFUSED, 0.0)


def test_an_endpoint_that_answered_before_has_time_to_come_back() -> None:
    circuit = Circuit("mine", "host:80", 3)
    circuit.answered()
    for second in range(15):
        circuit.failed(REFUSED, float(second))
    circuit.answered()
    for second in range(15):
        circuit.failed(REFUSED, 100.0 + second)
    with pytest.raises(UserError, match="found no connection"):
        circuit.failed(REFUSED, 115.0)


@pytest.mark.parametrize(
    ("fault", "stops"),
    [
        (Fault("HTTP 401", status=401), True),
        (Fault("no answer in time", True), True),
        (Fault("HTTP 503", True, status=503), True),
        (Fault("HTTP 400", status=400), False),
        (Fault("no JSON", status=200), False),
    ],
)
def test_requests_given_up_in_a_row_stop_the_run_unless_they_are_at_fault_themselves(fault: Fault, stops: bool) -> None:
    circuit = Circuit("mine", "host", 3)
    try:
        for _ in range(10):
            circuit.gave_up(fault)
        stopped = False
    except UserError:
        stopped = True
    assert stopped is stops
