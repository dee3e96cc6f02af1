"""The mock endpoint itself: deterministic answers, faults as ordered, and the command that starts it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from wild_aieval.testing import Faults, MockEndpoint, answers
from wild_aieval.testing.faults import KINDS, MIXED


def post(url: str, body: Any, timeout: float = 5.0, **headers: str) -> tuple[int, str]:
    """Status and text."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_answers_are_the_same_each_time() -> None:
    with MockEndpoint() as one, MockEndpoint() as other:
        for path, body in (
            ("/classify", {"text": "a plough"}),
            ("/translate", {"text": "a plough", "target": "es"}),
            ("/v1/embeddings", {"model": "m", "input": ["a plough"]}),
            ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "a plough"}]}),
        ):
            assert post(one.url + path, body) == post(other.url + path, body) == post(one.url + path, body)
    symbols = [symbol for symbol, _ in answers.symbols("a plough")]
    assert len(set(symbols)) == 3
    assert set(symbols) <= set(answers.SYMBOLS)


def test_search_ranks_by_shared_words() -> None:
    with MockEndpoint() as endpoint:
        rows = [{"id": "a", "text": "memory cache"}, {"id": "b", "text": "plough soil"}, {"id": "c", "text": "soil"}]
        assert json.loads(post(f"{endpoint.url}/index", {"documents": rows})[1]) == {"indexed": 3}
        hits = json.loads(post(f"{endpoint.url}/search", {"query": "plough soil", "k": 2})[1])["hits"]
    assert hits == [{"doc": "b", "score": 1.0}, {"doc": "c", "score": 0.5}]


def test_what_cannot_be_read_is_400_and_an_unknown_path_404() -> None:
    with MockEndpoint() as endpoint:
        assert post(f"{endpoint.url}/classify", {"nothing": 1})[0] == 400
        assert post(f"{endpoint.url}/nowhere", {})[0] == 404


def test_faults_come_in_the_order_that_is_given() -> None:
    faults = Faults(orders={"once": ["500", "", "html"], "ever": "429"})
    assert [faults.next("once") for _ in range(5)] == ["500", "", "html", "", ""]
    assert {faults.next("ever") for _ in range(5)} == {"429"}
    assert faults.next("other") == ""
    with pytest.raises(ValueError, match="there is no fault '501'"):
        Faults(orders={"x": ["501"]})


def test_a_share_of_faults_is_the_same_for_a_seed() -> None:
    def drawn(seed: int) -> list[str]:
        faults = Faults(0.3, MIXED, seed)
        return [faults.next(f"body {number}") for number in range(2000)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert sum(map(bool, drawn(1))) / 2000 == pytest.approx(0.3, abs=0.04)
    assert set(drawn(1)) == {*MIXED, ""}


@pytest.mark.parametrize("fault", ["400", "429", "500", "502", "503", "504"])
def test_statuses(fault: str) -> None:
    with MockEndpoint(Faults(orders={"x": fault})) as endpoint:
        assert post(f"{endpoint.url}/classify", {"text": "x"})[0] == int(fault)
        assert endpoint.asked[0].fault == fault


@pytest.mark.parametrize("fault", ["reset", "truncated", "hang"])
def test_broken_connections(fault: str) -> None:
    with MockEndpoint(Faults(orders={"x": fault})) as endpoint, pytest.raises(Exception, match=r".") as raised:
        post(f"{endpoint.url}/classify", {"text": "x"}, timeout=0.3)
    assert isinstance(raised.value, OSError | EOFError) or "IncompleteRead" in type(raised.value).__name__


def test_spoilt_answers() -> None:
    body = {"documents": [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}]}
    found = {}
    for fault in ("wrong_order", "wrong_count", "unknown_id", "other_fields", "malformed", "html", "nan"):
        with MockEndpoint(Faults(orders={"x": fault})) as endpoint:
            found[fault] = post(f"{endpoint.url}/classify", body)[1]
    ids = {name: [row["id"] for row in json.loads(found[name])["results"]] for name in list(found)[:3]}
    assert ids == {"wrong_order": ["b", "a"], "wrong_count": ["a"], "unknown_id": ["nobody", "b"]}
    assert json.loads(found["other_fields"]) == {"status": "done"}
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(found["malformed"])
    assert found["html"].startswith("<!DOCTYPE html>")
    assert "NaN" in found["nan"]


def test_a_good_answer_under_another_type() -> None:
    with MockEndpoint(Faults(orders={"x": ["wrong_type"]})) as endpoint:
        plain = post(f"{endpoint.url}/classify", {"text": "x"})
        with urllib.request.urlopen(f"{endpoint.url}/index", b'{"documents": [{"id": "x"}]}', timeout=5) as response:
            assert response.headers.get_content_type() == "text/plain"
        assert plain == post(f"{endpoint.url}/classify", {"text": "x"})


def test_a_delay_and_a_key() -> None:
    with MockEndpoint(Faults(orders={"x": "delay"}), delay=0.3, key="k") as endpoint:
        begun = time.perf_counter()
        assert post(f"{endpoint.url}/classify", {"text": "x"})[0] == 401
        assert time.perf_counter() - begun >= 0.3
        assert post(f"{endpoint.url}/classify", {"text": "y"}, Authorization="Bearer k")[0] == 200


def test_a_port_that_is_taken_is_said() -> None:
    with MockEndpoint() as endpoint, pytest.raises(OSError, match="address already in use"):
        MockEndpoint(port=int(endpoint.url.rpartition(":")[2])).__enter__()


def test_the_command_serves_until_ctrl_c(place: Any) -> None:
    command = [
        sys.executable,
        "-m",
        "wild_aieval.testing",
        "endpoint",
        "--port",
        "0",
        "--faults",
        "500",
        "--share",
        "1",
    ]
    process = subprocess.Popen(
        command, env=place.environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    url = line.split()[3].rstrip(",")
    assert post(f"{url}/classify", {"text": "x"})[0] == 500
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_the_command_names_what_it_does_not_know(place: Any) -> None:
    command = [sys.executable, "-m", "wild_aieval.testing", "endpoint", "--faults", "501"]
    done = subprocess.run(command, env=place.environment(), text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "there is no fault '501'" in done.stderr
    assert all(kind in done.stderr for kind in KINDS)
