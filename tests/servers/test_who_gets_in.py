"""Who gets in at a desk that really listens: no page without a session, no name but its own, no form from elsewhere."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from wild_aieval.review.desk.guard import HEADERS
from wild_aieval.testing import MockEndpoint

PLACES = ("/", "/queue/1", "/item/1", "/item/2", "/symbols", "/close", "/item/1/first", "/item/1/decision")
TRAVERSALS = (
    "/assets/../people.py", "/assets/%2e%2e/people.py", "/assets/..%2fpeople.py",
    "/assets/%2e%2e%2f%2e%2e%2fpeople.json", "/assets/....//people.py", "/assets//etc/passwd",
    "/assets/%00desk.css", "/assets/desk.css%00.py", "/../../etc/passwd", "/assets/..\\people.py",
    "/review/people.json", "/people.json", "/desk.log", "/ledger.jsonl", "/batch.json", "/docs", "/redoc",
    "/openapi.json", "/.env", "/.git/config", "//evil.example/", "/item/1/../../people.json",
)  # fmt: skip


def test_without_a_session_no_page_and_no_form_says_anything(door, wire, record_property):
    stranger = door.client("127.0.2.1")
    stranger.get("/")
    stranger.cookie = ""
    for path in PLACES:
        for answer in (stranger.get(path), stranger.post(path, {"symbol": "A", "token": "x"})):
            assert wire.SECRET_TEXT not in answer.text
            assert answer.status in (200, 303, 403, 404, 405)
            assert answer.status != 200 or 'name="token"' in answer.text
            stranger.cookie = ""
    stranger.cookie = f"desk-{door.port}=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    assert stranger.get("/item/1").status == 303
    record_property("hostile requests", 2 * len(PLACES) + 1)


def test_somebody_who_may_sees_the_text(door, wire):
    ada = door.client("127.0.2.2")
    ada.sign_in("ada")
    assert wire.SECRET_TEXT in ada.get("/item/1").text


def test_roles_keep_to_their_pages(door, wire):
    root = door.client("127.0.2.3")
    root.sign_in("root")
    assert root.get("/item/1").status == 404
    eve = door.client("127.0.2.3")
    eve.sign_in("eve")
    assert wire.SECRET_TEXT not in eve.get("/item/1").text
    eve.get("/")
    assert eve.post("/close", {"sure": "yes"}).status == 404


def test_asked_under_another_name_it_does_not_answer(door, wire, record_property):
    ada = door.client("127.0.2.4")
    ada.sign_in("ada")
    names = (
        "evil.example",
        f"evil.example:{door.port}",
        "127.0.0.1.evil.example",
        "127.0.0.2",
        "[::2]",
        "",
        "localhost.",
    )
    for host in names:
        answer = ada.get("/item/1", host=host)
        assert answer.status == 421, host
        assert wire.SECRET_TEXT not in answer.text
    assert ada.get("/item/1", host=f"LOCALHOST:{door.port}").status == 200
    none = wire.talk(door.port, f"GET /item/1 HTTP/1.0\r\nCookie: {ada.cookie}\r\n\r\n".encode(), "127.0.2.4")
    assert b" 421 " in none.splitlines()[0]
    record_property("hostile requests", len(names) + 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:PORT"},
        {"origin": "http://127.0.0.1:1"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=["other site", "null", "other scheme", "other port", "cross-site", "same-site"],
)
def test_forms_from_elsewhere_change_nothing(door, headers, record_property):
    ada = door.client("127.0.2.5")
    ada.sign_in("ada")
    ada.get("/item/1")
    sent = {name: value.replace("PORT", str(door.port)) for name, value in headers.items()}
    assert ada.post("/item/1/first", {"symbol": "G06F"}, **sent).status == 403
    assert ada.get("/item/1").text.count('action="/item/1/first"') == 1
    record_property("hostile requests", 1)


def test_a_form_without_the_word_of_its_session_changes_nothing(door):
    ada = door.client("127.0.2.6")
    ada.sign_in("ada")
    for path in ("/item/1/first", "/item/1/decision", "/symbols", "/sign-out", "/language"):
        assert ada.post(path, {"csrf": "wrong", "symbol": "G06F"}).status == 403


def test_pages_of_elsewhere_may_link_here_but_not_embed(door):
    ada = door.client("127.0.2.7")
    ada.sign_in("ada")
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert ada.get("/", **link).status == 200
    assert ada.get("/", **(link | {"sec_fetch_dest": "iframe"})).status == 403
    assert (
        ada.get("/item/1", sec_fetch_site="same-site", sec_fetch_mode="no-cors", sec_fetch_dest="image").status == 403
    )


def test_the_cookie_and_every_header_on_the_wire(door):
    ada = door.client("127.0.2.8")
    for answer in (ada.get("/"), ada.sign_in("ada"), ada.get("/item/1"), ada.get("/nowhere"), ada.get("/", host="x")):
        assert {name: answer.getheader(name) for name in HEADERS} == HEADERS
        assert answer.getheader("server") is None
        assert answer.getheader("x-powered-by") is None
        for name in ("access-control-allow-origin", "access-control-allow-credentials"):
            assert answer.getheader(name) is None
    cookie = door.client("127.0.2.8").get("/").set_cookie.lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "unsafe" not in HEADERS["content-security-policy"]


def test_signing_out_ends_the_session_for_everybody_who_has_the_cookie(door):
    ada = door.client("127.0.2.9")
    ada.sign_in("ada")
    kept = ada.cookie
    ada.get("/")
    assert ada.post("/sign-out").status == 303
    ada.cookie = kept
    assert ada.get("/item/1").status == 303


@pytest.mark.parametrize(("rest", "step"), [("use", 7_201), ("age", 3_600)])
def test_a_session_ends_unused_and_at_the_end_of_the_day(desk, wire, rest, step):
    now = [0.0]
    with desk(clock=lambda: now[0]) as port:
        ada = wire.Client(port)
        ada.sign_in("ada")
        answers = []
        for _ in range(1 if rest == "use" else 13):
            assert ada.get("/queue/1").status == 200
            now[0] += step
        answers.append(ada.get("/queue/1").status)
    assert answers == [303]


def test_nothing_lies_at_addresses_that_were_not_made(door, wire, record_property):
    ada = door.client("127.0.2.10")
    ada.sign_in("ada")
    for path in TRAVERSALS:
        raw = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {ada.cookie}\r\nConnection: close\r\n\r\n"
        answer = wire.talk(door.port, raw.encode(), "127.0.2.10")
        assert answer.split(b" ", 2)[1] in (b"404", b"400"), (path, answer[:80])
        assert b"root:" not in answer
        assert b"digest" not in answer
    record_property("hostile requests", len(TRAVERSALS))


def test_only_this_machine_reaches_it(door):
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {f"127.0.{n}.1" for n in range(3)}:
        if not address.startswith("127."):
            with pytest.raises(OSError):
                socket.create_connection((address, door.port), timeout=2).close()
    assert _listening(door.port) == ["0100007F"]


def test_the_mock_endpoint_is_for_this_machine_only():
    with MockEndpoint() as endpoint:
        assert _listening(int(endpoint.url.rpartition(":")[2])) == ["0100007F"]


def _listening(port: int) -> list[str]:
    """The addresses on which something listens at the port, as the kernel writes them."""
    files = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [line.split() for file in files if file.exists() for line in file.read_text().splitlines()[1:]]
    return [row[1].split(":")[0] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")]


@pytest.mark.parametrize("more", [[], ["--tls-name", "desk.office.example"]], ids=["alone", "without a proxy"])
def test_listening_to_others_is_refused_without_tls(run_folder, more):
    command = [sys.executable, "-m", "wild_aieval", "review", "desk", str(run_folder), "--port", "0"]
    done = subprocess.run([*command, "--host", "0.0.0.0", *more], text=True, capture_output=True, timeout=60)
    assert done.returncode == 1
    assert "TLS" in done.stderr
    assert "Traceback" not in done.stderr
