"""Real servers on free ports, and clients that do what no browser does.

Every address of 127.0.0.0/8 is this machine: a test takes a source address of its own, so that what one client is
refused touches no other test.
"""

from __future__ import annotations

import datetime
import http.client
import importlib.util
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

TOKENS = {name: f"token-of-{name}-0123456789" for name in ("ada", "bob", "eve", "root")}
ROLES = {"ada": "reviewer", "bob": "reviewer", "eve": "adjudicator", "root": "administrator"}
SECRET_TEXT = "a plough with a secret hinge"  # stands in every document
FORM = "application/x-www-form-urlencoded"


def _other(path: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run over ten documents with one text, and a batch of all."""
    from wild_aieval.oversight.ledger.file import FileLedger
    from wild_aieval.review import queue, store
    from wild_aieval.review.run import ReviewedRun

    root = tmp_path_factory.mktemp("servers")
    place = _other(Path(__file__).parents[1] / "conftest.py", "places_of_the_servers").Place(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WILD_AIEVAL_RUNS", str(root / "runs"))
        patch.syspath_prepend(str(place.plugins))
        sys.modules.pop("tricky_plugin", None)
        place.classification([{"id": f"d{n}", "text": f"{SECRET_TEXT} {n}", "main": "A01B"} for n in range(10)])
        _, folder = place.run(place.tricky())
        sys.modules.pop("tricky_plugin", None)
    ledger = FileLedger(store.default_ledger(folder.path))
    queue.make_batch(ReviewedRun(folder.path), ledger, queue.Plan(audit_least=10, seeds=0, seed=1))
    return Path(folder.path)


class Client:
    """A client with cookies and a source address of its own; forms go out with their hidden word."""

    def __init__(self, port: int, source: str = "127.0.0.1", host: str = "", **always: str) -> None:
        self.port, self.source, self.cookie, self.csrf = port, source, "", ""
        self.host, self.always = host or f"127.0.0.1:{port}", always

    def ask(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> http.client.HTTPResponse:
        """One request on a connection of its own; the answer has ``text`` and ``set_cookie``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(self.source, 0))
        named = {name.replace("_", "-"): value for name, value in (self.always | headers).items()}
        named = {"host": self.host} | ({"cookie": self.cookie} if self.cookie else {}) | named
        try:
            connection.request(method, path, body, named)
            answer: Any = connection.getresponse()
            answer.text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        answer.set_cookie = answer.getheader("set-cookie") or ""
        if answer.set_cookie:
            self.cookie = answer.set_cookie.partition(";")[0]
        if found := re.search(r'name="csrf" value="([^"]+)"', answer.text):
            self.csrf = found[1]
        found_answer: http.client.HTTPResponse = answer
        return found_answer

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Any:
        body = urllib.parse.urlencode({"csrf": self.csrf, **(form or {})})
        return self.ask("POST", path, body, **({"content_type": FORM} | headers))

    def sign_in(self, name: str) -> Any:
        self.get("/")
        return self.post("/sign-in", {"token": TOKENS[name]})


def talk(port: int, sent: bytes, source: str = "127.0.0.1", seconds: float = 10.0) -> bytes:
    """Send bytes as they are and read until the server ends the connection, or for so many seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds, source_address=(source, 0)) as line:
        line.sendall(sent)
        found = b""
        try:
            while part := line.recv(65536):
                found += part
        except (TimeoutError, ConnectionResetError):
            pass
    return found


class Door:
    """A desk that runs as its users start it: a process of its own."""

    def __init__(self, process: subprocess.Popen[str], port: int, folder: Path) -> None:
        self.process, self.port, self.folder = process, port, folder

    def client(self, source: str = "127.0.0.1", **more: str) -> Client:
        return Client(self.port, source, **more)


@pytest.fixture(scope="session")
def door(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """``python -m wild_aieval review desk`` on a free port."""
    tokens = tmp_path_factory.mktemp("tokens") / "tokens"
    tokens.touch(0o600)
    tokens.write_text("".join(f"{name} {ROLES[name]} {token}\n" for name, token in TOKENS.items()), encoding="utf-8")
    command = [sys.executable, "-m", "wild_aieval", "review", "desk", str(run_folder), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--tokens", str(tokens)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    line = next((line for line in process.stdout if "The desk is at" in line), "")
    if not line:
        pytest.fail(f"the desk did not start: {process.communicate()[1]}")
    yield Door(process, int(re.findall(r":(\d+)/", line)[0]), run_folder)
    process.terminate()
    process.communicate(timeout=20)


@contextmanager
def serving(application: Any, exposed: Any, seconds: float | None = None) -> Iterator[int]:
    """The server of the desk in a thread; gives its port."""
    import uvicorn

    from wild_aieval.review.desk import serving as desk

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(desk.config(application, exposed, seconds))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listening.close()


@pytest.fixture
def desk(run_folder: Path, tmp_path: Path) -> Callable[..., Any]:
    """``with desk(exposure=…, seconds=…, clock=…) as port``: a desk in this process, with a ledger of its own."""
    from wild_aieval.oversight.ledger.file import FileLedger
    from wild_aieval.review import queue
    from wild_aieval.review.content import Contents
    from wild_aieval.review.desk.access import AccessLog
    from wild_aieval.review.desk.app import Parts, application
    from wild_aieval.review.desk.exposure import LOOPBACK
    from wild_aieval.review.desk.flow import Desk
    from wild_aieval.review.desk.people import People, Person, hashed
    from wild_aieval.review.desk.sessions import Sessions
    from wild_aieval.review.desk.shown import Shown
    from wild_aieval.review.run import ReviewedRun
    from wild_aieval.review.titles import SchemeTitles

    def made(exposure: Any = LOOPBACK, seconds: float | None = None, clock: Any = time.monotonic, **more: Any) -> Any:
        batch = queue.newest(run_folder, None)
        assert batch is not None
        titles = SchemeTitles({})
        shown = Shown(Contents(ReviewedRun(run_folder), batch, titles), titles)
        ledger = FileLedger(tmp_path / "ledger.jsonl")
        work = Desk(batch, ledger, shown.level, _now)
        people = People(Person(name, ROLES[name], hashed(token)) for name, token in TOKENS.items())  # type: ignore[arg-type]
        sessions = Sessions("en", clock)
        cookie = "__Host-desk" if exposure.tls else "desk"
        parts = Parts(work, shown, people, sessions, _now, cookie, secure=exposure.tls)
        log = AccessLog(tmp_path / "desk.log", run="r1", batch=batch.id)
        return serving(application(parts, exposure, log=log, **more), exposure, seconds)

    return made


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class _Wire:
    talk, Client, serving = staticmethod(talk), Client, staticmethod(serving)
    TOKENS, SECRET_TEXT, FORM = TOKENS, SECRET_TEXT, FORM


@pytest.fixture(scope="session")
def wire() -> Any:
    """The clients, the server and the words of these tests."""
    return _Wire
