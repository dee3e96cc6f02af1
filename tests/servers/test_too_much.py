"""Guessing, flooding, large and endless bodies, slow clients, faults: a desk that listens stays up and says nothing."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from pathlib import Path

import pytest

from wild_aieval.review.desk import app, connections, guard
from wild_aieval.review.desk.exposure import LOOPBACK, Exposure
from wild_aieval.review.desk.guard import Guard
from wild_aieval.review.desk.rates import MOST_KEYS, Rates, network

TLS = Exposure(frozenset({"desk.office.example"}), frozenset({"127.0.0.7"}))
FAST = 1.0  # seconds that a request may take in these tests


def test_guessing_tokens_ends_after_ten_and_for_that_client_only(desk, wire, record_property):
    with desk() as port:
        inside = wire.Client(port)
        inside.sign_in("bob")
        guesser = wire.Client(port)
        guesser.get("/")
        answers = [guesser.post("/sign-in", {"token": f"token-of-ada-012345678{n}"}) for n in range(8)]
        answers += [guesser.post("/sign-in", {"token": "x"}, x_forwarded_for=f"10.0.0.{n}") for n in range(8)]
        assert [answer.status for answer in answers] == [403] * app.WRONG_TOKENS + [429] * 6
        assert 0 < int(answers[-1].getheader("retry-after")) <= app.WRONG_SECONDS
        assert guesser.sign_in("ada").status == 429  # the right one too, or guessing would go on
        assert inside.get("/queue/1").status == 200
        assert wire.Client(port, "127.0.0.8").sign_in("ada").status == 303
    record_property("hostile requests", len(answers))


def test_a_flood_of_requests_is_slowed_down_for_that_client_only(desk, wire, record_property):
    with desk() as port:
        flood = [wire.Client(port).get("/assets/desk.svg").status for _ in range(guard.BURST + 60)]
        assert flood.count(200) >= guard.BURST
        assert 429 in flood
        refused = wire.Client(port).get("/")
        assert int(refused.getheader("retry-after")) == 1
        assert wire.Client(port, "127.0.0.8").get("/").status == 200
    record_property("hostile requests", len(flood))


def test_rates_come_back_evenly_and_keys_are_bounded():
    now = [0.0]
    rates = Rates(3, 30.0, lambda: now[0])
    for _ in range(3):
        assert rates.wait("a") == 0
        rates.spend("a")
    assert rates.wait("a") == pytest.approx(10.0)
    now[0] = 10.0
    assert rates.wait("a") == 0
    rates.spend("a")
    assert rates.wait("a") == pytest.approx(10.0)
    assert rates.wait("b") == 0
    for number in range(MOST_KEYS + 100):
        rates.spend(str(number))
    assert len(rates._paid) <= MOST_KEYS
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:0:1::1")
    assert network("::ffff:10.0.0.1") == network("10.0.0.1") != network("10.0.0.2")


def _post(client, path, body, *headers):
    lines = [f"POST {path} HTTP/1.1", f"Host: {client.host}", f"Cookie: {client.cookie}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


ENDLESS = b"10000\r\n" + b"a" * 65536 + b"\r\n"
BODIES = {
    "larger than a form": (b"csrf=x", ["Content-Length: 524289"], b"413"),
    "a length of many digits": (b"", ["Content-Length: " + "9" * 400], b"400"),
    "a negative length": (b"", ["Content-Length: -1"], b"400"),
    "no length": (b"", [], b"411"),
    "chunks without an end": (ENDLESS * 16, ["Transfer-Encoding: chunked"], b"411"),
    "chunks under a small length": (ENDLESS * 16, ["Content-Length: 5", "Transfer-Encoding: chunked"], b"411"),
    "two lengths": (b"csrf=x", ["Content-Length: 6", "Content-Length: 7"], b"400"),
    "two hosts": (b"csrf=x", ["Content-Length: 6", "Host: evil.example"], b"400"),
    "a large head": (b"", [f"X-{n}: {'a' * 1000}" for n in range(1000)], b"400"),
    "plain text": (b"csrf=x", ["Content-Length: 6", "Content-Type: text/plain"], b"415"),
    "JSON": (b"{}", ["Content-Length: 2", "Content-Type: application/json"], b"415"),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_no_form_has_are_not_read(door, wire, name, record_property):
    body, headers, status = BODIES[name]
    ada = door.client("127.0.3.1")
    ada.get("/")
    kind = [] if any("Content-Type" in header for header in headers) else [f"Content-Type: {wire.FORM}"]
    raw = _post(ada, "/sign-in", b"", *headers, *kind) + body
    try:
        answer = wire.talk(door.port, raw, "127.0.3.1")
    except (ConnectionResetError, BrokenPipeError):
        answer = b""  # it ended the connection while we were still sending
    assert not answer or answer.split(b" ", 2)[1] == status
    assert answer or len(body) > 100_000
    assert door.client("127.0.3.1").get("/").status == 200
    record_property("hostile requests", 1)


def test_forms_with_files_or_very_many_fields_are_refused(door, record_property):
    ada = door.client("127.0.3.2")
    ada.sign_in("ada")
    ada.get("/item/1")
    boundary = "multipart/form-data; boundary=x"
    word = f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{ada.csrf}\r\n'
    file = '--x\r\nContent-Disposition: form-data; name="f"; filename="../../f"\r\n\r\nabc\r\n'
    fields = "".join(f'--x\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\n1\r\n' for n in range(300))
    for body in (word + file + "--x--\r\n", word + fields + "--x--\r\n", word, "--x", "", "--x--\r\n"):
        answer = ada.ask("POST", "/item/1/first", body, content_type=boundary)
        assert answer.status in (400, 403, 404)
        assert "Traceback" not in answer.text
    many = ada.post("/item/1/first", {f"f{n}": "1" for n in range(300)})
    assert many.status in (400, 404)
    assert ada.ask("GET", "/item/1", "a body").status == 413
    record_property("hostile requests", 8)


@pytest.mark.parametrize("way", ["says nothing", "drips the head", "drips the body", "does not read"])
def test_slow_clients_are_cut_off_and_others_are_served(desk, wire, way, record_property):
    with desk(seconds=FAST) as port:
        ada = wire.Client(port, "127.0.0.9")
        ada.sign_in("ada")
        line = socket.create_connection(("127.0.0.1", port), timeout=10)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        beginning = {
            "says nothing": b"",
            "drips the head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
            "drips the body": _post(ada, "/sign-in", b"c", f"Content-Type: {wire.FORM}", "Content-Length: 5000"),
            "does not read": b"GET /assets/desk.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200,
        }[way]
        begun, ended = time.monotonic(), False
        try:
            line.sendall(beginning) if way != "does not read" else line.send(beginning)
            while time.monotonic() - begun < 5 * FAST and not ended:
                time.sleep(0.1)
                if way == "does not read":
                    ended = _reset(port, line)
                    continue
                if way != "says nothing":
                    line.send(b"X: y\r\n" if way == "drips the head" else b"a")
                line.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    ended = line.recv(1) == b""
                line.setblocking(True)
        except (ConnectionResetError, BrokenPipeError):
            ended = True
        assert ended, f"still connected after {time.monotonic() - begun:.1f} s"
        assert ada.get("/queue/1").status == 200
        line.close()
    record_property("hostile requests", 1)


def _reset(port: int, line: socket.socket) -> bool:
    """Whether the server has given the connection up, seen without reading from it."""
    mine = f"{line.getsockname()[1]:04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    states = [row[3] for row in rows if row[1].endswith(f":{port:04X}") and row[2].endswith(f":{mine}")]
    return "01" not in states  # 01: established


def test_many_connections_of_one_client_leave_room_for_others(desk, wire, record_property):
    with desk() as port:
        lines = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(connections.MOST_OF_ONE + 20)]
        time.sleep(0.3)
        gone = 0
        for line in lines:
            line.setblocking(False)
            try:
                gone += line.recv(1) == b""
            except BlockingIOError:
                pass
            except ConnectionResetError:
                gone += 1
        assert gone == 20
        assert wire.Client(port, "127.0.0.8").get("/").status == 200
        for line in lines:
            line.close()
    record_property("hostile requests", len(lines))


def test_a_fault_says_its_kind_only(wire, capfd, record_property):
    async def broken(scope, receive, send):
        raise ValueError(f"could not read {wire.SECRET_TEXT}")

    with wire.serving(Guard(broken), LOOPBACK) as port:
        answer = wire.Client(port).get("/")
    printed = "".join(capfd.readouterr())
    assert answer.status == 500
    assert "Traceback" not in answer.text + printed
    assert wire.SECRET_TEXT not in answer.text + printed
    assert "ValueError in test_too_much.py, line" in printed
    record_property("hostile requests", 1)


def test_behind_a_proxy_only_the_proxy_and_only_https_are_answered(desk, wire):
    https = {"x_forwarded_proto": "https", "host": "desk.office.example"}
    with desk(exposure=TLS) as port:
        right = wire.Client(port, "127.0.0.7", **https, x_forwarded_for="198.51.100.1")
        answer = right.get("/")
        assert answer.status == 200
        assert answer.set_cookie.startswith("__Host-")
        assert "secure" in answer.set_cookie.lower()
        assert "max-age" in answer.getheader("strict-transport-security")
        assert wire.Client(port, "127.0.0.8", **https).get("/").status == 403
        assert wire.Client(port, "127.0.0.7", host="desk.office.example").get("/").status == 403
        assert wire.Client(port, "127.0.0.7", x_forwarded_proto="https").get("/").status == 421
        token = {"token": wire.TOKENS["ada"]}
        assert right.post("/sign-in", token, origin="http://desk.office.example").status == 403
        assert right.post("/sign-in", token, origin="https://desk.office.example").status == 303


def test_behind_a_proxy_clients_are_told_apart_by_what_the_proxy_says(desk, wire):
    https = {"x_forwarded_proto": "https", "host": "desk.office.example"}
    with desk(exposure=TLS) as port:
        guesser = wire.Client(port, "127.0.0.7", **https)
        guesser.get("/")
        for number in range(app.WRONG_TOKENS + 1):  # whatever the guesser itself puts before what the proxy adds
            answer = guesser.post("/sign-in", {"token": "x"}, x_forwarded_for=f"10.0.0.{number}, 198.51.100.9")
        assert answer.status == 429
        other = wire.Client(port, "127.0.0.7", **https, x_forwarded_for="198.51.100.10")
        assert other.sign_in("ada").status == 303


def test_the_log_says_who_did_what_without_texts_tokens_or_both_name_and_address(door, wire):
    ada = door.client("127.0.3.7")
    ada.sign_in("ada")
    ada.get("/item/1?q=secret-in-an-address")
    ada.get("/secret/place")
    ada.post("/item/1/first", {"symbol": "SECRETSYMBOL"})
    door.client("127.0.3.7").get("/", host="evil.example")
    stranger = door.client("127.0.3.7")
    stranger.get("/")
    stranger.post("/sign-in", {"token": "a-wrong-token-0123456789"})
    file = door.folder / "review" / "desk.log"
    assert os.stat(file).st_mode & 0o777 == 0o600
    written, until = "", time.monotonic() + 5
    while '"wrong token"' not in written and time.monotonic() < until:  # a line is written after its answer is sent
        time.sleep(0.05)
        written = file.read_text(encoding="utf-8")
    for secret in (*wire.TOKENS.values(), "a-wrong-token", wire.SECRET_TEXT, "secret", "SECRET", ada.cookie, ada.csrf):
        assert secret.lower() not in written.lower()
    lines = [json.loads(line) for line in written.splitlines()]
    assert all(line["run"] and line["batch"] for line in lines)
    assert not [line for line in lines if "who" in line and "from" in line]
    events = {(line.get("who", line.get("from")), line.get("event")) for line in lines}
    assert {("ada", "signed in"), ("127.0.3.7", "wrong token"), ("127.0.3.7", "another name")} <= events
    assert ("ada", "/item/1", "200") in {(line.get("who"), line["path"], line["status"]) for line in lines}


def test_after_all_this_the_desk_still_works(door, wire):
    ada = door.client("127.0.3.8")
    ada.sign_in("ada")
    assert wire.SECRET_TEXT in ada.get("/item/3").text
    assert door.process.poll() is None
