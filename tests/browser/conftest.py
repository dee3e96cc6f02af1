"""Pages in a real browser, offline; skipped where there is none."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import html
from wild_aieval.testing.tables import write_table

HOSTILE = '</script><script>window.pwned=1</script><img src=x onerror="window.pwned=1"><svg onload=alert(1)> \u2028 ]]>'
MEASURE = "subclass.first_guess.any"


class Opened:
    """A page with everything it said and asked for."""

    def __init__(self, page: Any, file: Path) -> None:
        self.page, self.file = page, file
        self.messages: list[str] = []
        self.dialogs: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())

    def status(self) -> str:
        text: str = self.page.locator(".explorer [role=status]").first.inner_text()
        return text

    def ids(self) -> list[str]:
        texts: list[str] = self.page.locator(".explorer tbody th").all_inner_texts()
        return texts

    def check_quiet(self) -> None:
        """Nothing hostile ran, nothing was asked for, nothing went wrong."""
        assert not self.messages and not self.dialogs and self.requests == [self.file.as_uri()]
        assert self.page.evaluate("typeof window.pwned") == "undefined"
        assert self.page.locator("main img").count() == 0


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Opened]]:
    """``opened(file, width=1280)`` opens a file of the disk."""
    pages = []

    def one(file: Path, width: int = 1280, script: bool = True) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script)
        pages.append(context)
        return Opened(context.new_page(), file)

    yield one
    for context in pages:
        context.close()


def rows(number: int) -> dict[str, dict[str, Any]]:
    """One item: every third flagged, every seventh an error, sections in turn; the first is hostile."""
    item = f"item-{number:05d}"
    place = {"benchmark": "classification/tiny", "item_id": item}
    failed, flagged = number % 7 == 6, number % 3 == 0
    right = number % 2 == 0 and not failed
    true, guess = "ABCD"[number % 4], "ABCD"[(number + (0 if right else 1)) % 4]
    text = HOSTILE if number == 0 else f"a plough number {number} " + "with a long text " * (number % 30)
    reasons = [{"code": "LOW_SCORE", "kind": "soft", "value": 0.2, "limit": 0.5}] if flagged else []
    shown = {"input": text, "expected": f"{true}01B 1/00", "predicted": "" if failed else f"{guess}01B (0.50)"}
    state = {"status": "error" if failed else "ok"}
    return {
        "items": place | state | {"flagged": flagged, "audit": False} | shown | {MEASURE: float(right)},
        "flags": place | {"flagged": flagged, "reasons": reasons, "score": None if failed else 1 / (1 + number % 50)}
        | {"audit_selected": False},
        "predictions": place | state | {"output": None if failed else f'[["{guess}01B", 0.5]]'}
        | {"error": f"ValueError: {HOSTILE}" if failed else None},
    }  # fmt: skip


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``report(200)`` writes the page of a run with so many items."""

    def made(size: int, confidentiality: str = "open") -> Path:
        folder = RunFolder(tmp_path_factory.mktemp("run"))
        tables = [rows(number) for number in range(size)]
        for name in ("items", "flags", "predictions"):
            write_table(folder, name, [table[name] for table in tables])
        folder.write_json("summary.json", _summary(size, confidentiality))
        return html.write(folder)

    return made


def _summary(size: int, confidentiality: str) -> dict[str, Any]:
    measure = {"value": 0.5, "low": 0.4, "high": 0.6, "n": size, "signature": "by hand"}
    names = (MEASURE, "subclass.first_guess.main", "subclass.three_guesses.any", "section.first_guess.any")
    measures = dict.fromkeys((*names, "section.three_guesses.any"), measure)
    measures["subclass.first_guess.main"] = measure | {"value": None, "low": None, "high": None}
    entry = {
        "task": "classification", "benchmark": "classification/tiny", "version": "1.0.0", "digest": "ab" * 32,
        "model": "m", "kind": "majority", "synthetic": True, "confidentiality": confidentiality, "languages": ["en"],
        "offices": [], "licence": "CC0-1.0", "items_in_benchmark": size, "partial": False, "measures": measures,
        "slices": [], "counts": {"asked": size, "answered": size, "errors": 0, "scored": size},
        "flags": {"flagged": size // 3, "audit": 0, "reasons": {"LOW_SCORE": size // 3}, "policy": "default"},
        "timing": {"seconds": 2.0},
    }  # fmt: skip
    settings = {"model": {"name": "m", "kind": "majority"}, "seed": 7, "limit": None}
    runspec = {"settings": settings, "context": {}}
    return {"schema_version": 1, "runspec": runspec, "model": "m", "results": [entry]}


class Seat:
    """Somebody at the review desk, with a keyboard and no mouse."""

    def __init__(self, context: Any, address: str, token: str) -> None:
        self.page, self.address = context.new_page(), address
        self.messages: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)
        self.page.focus("#token")  # it has the focus by itself, but not at once
        self.keys(token)
        self.follows("Enter")
        self.page.wait_for_selector(".who")

    def keys(self, *keys: str) -> None:
        """Single keys by name; longer words are typed."""
        for key in keys:
            named = len(key) == 1 or key in ("Enter", "Escape", "Tab", "ArrowDown") or key.startswith("Control+")
            self.page.keyboard.press(key) if named else self.page.keyboard.type(key)

    def follows(self, *keys: str) -> None:
        """Keys that lead to another page."""
        with self.page.expect_navigation():
            self.keys(*keys)

    def text(self) -> str:
        found: str = self.page.locator("main").inner_text()
        return found

    def check_quiet(self) -> None:
        """Nothing came from elsewhere, nothing hostile ran; a form that is to be mended says so in the console."""
        assert all(request.startswith(self.address) for request in self.requests)
        assert not [message for message in self.messages if "422" not in message]
        assert self.page.evaluate("typeof window.pwned") == "undefined"


@pytest.fixture
def desk(place: Any, browser: Any) -> Iterator[Callable[..., Callable[..., Seat]]]:
    """``desk(run_folder, language="en")`` opens a desk of its own process; what comes back seats people by name."""
    processes: list[Any] = []
    contexts: list[Any] = []

    def opened_desk(folder: Path, *arguments: str) -> Callable[..., Seat]:
        tokens = place.root / "tokens"
        roles = {"ada": "reviewer", "bob": "reviewer", "eve": "adjudicator", "root": "administrator"}
        tokens.write_text("".join(f"{name} {role} token-of-{name}-0123456789\n" for name, role in roles.items()))
        tokens.chmod(0o600)
        process = place.start("review", "desk", str(folder), "--port", "0", "--tokens", str(tokens), *arguments)
        processes.append(process)
        lines = iter(process.stdout.readline, "")
        found = next((match for line in lines if (match := re.search(r"http://\S+", line))), None)
        assert found, process.stderr.read()

        def seat(name: str, width: int = 1280) -> Seat:
            contexts.append(browser.new_context(viewport={"width": width, "height": 900}))
            return Seat(contexts[-1], found.group(), f"token-of-{name}-0123456789")

        return seat

    yield opened_desk
    for context in contexts:
        context.close()
    for process in processes:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def server(store: dict[str, Any]) -> Iterator[str]:
    """MLflow's server on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(
        [*command, "--backend-store-uri", store["uri"]],
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        _wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _wait_for(address: str) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail("MLflow's server did not start")
