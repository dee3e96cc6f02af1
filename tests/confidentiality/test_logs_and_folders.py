"""Where texts could lie about: logs of every library, a terminal, temporary folders, caches, after an end or a kill.

The class ``open`` shows that the search finds what is there.
"""

from __future__ import annotations

import http.server
import importlib.util
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest


def _sibling(name: str, file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = _sibling("office_of_logs", Path(__file__).with_name("conftest.py"))
places = _sibling("places_of_logs", Path(__file__).parents[1] / "conftest.py")
found = made.searching.found
TEXTS = [f"{field}quince" for field in ("source", "target", "title", "text", "train", "query", "corpus")]
LOUD = '''
"""A candidate whose libraries say everything, in logs and warnings."""

import logging
import warnings
from typing import Literal

from wild_aieval.items import Translation
from wild_aieval.models.protocols import ModelSettings
from wild_aieval.models.registry import Kind


class Loud:
    class Settings(ModelSettings):
        kind: Literal["loud"]

    def __init__(self, settings, workplace):
        self.workplace = workplace

    def facts(self):
        return {}

    def translate(self, segments):
        library = logging.getLogger("library.of.others")
        for segment in segments:
            library.debug("cut %s", segment.text, extra={"facts": {"seen": segment.text}})
            warnings.warn("cannot read " + segment.text, stacklevel=1)
            try:
                raise ValueError(segment.text)
            except ValueError:
                library.exception("failed at " + segment.text)
        return [Translation("arado", 0.9) for _ in segments]


KIND = Kind(("translation",), "loud_plugin:Loud", "says everything")
'''
EVERYTHING = "import logging, warnings\nlogging.getLogger().setLevel(logging.DEBUG)\nwarnings.simplefilter('always')\n"


class _Quoting(http.server.BaseHTTPRequestHandler):
    """Answers with the text, is at times busy, and refuses every third item by saying it back."""

    busy = 1

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        text = json.loads(asked)["q"]
        code = 400 if text.endswith(("2", "5", "8")) else 200
        if code == 200 and type(self).busy:
            type(self).busy, code = 0, 503
        said = asked if code != 200 else json.dumps({"t": text}).encode()
        self.send_response(code, "no" if code == 503 else None)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def quoting_endpoint() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (_Quoting,), {}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/t"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def homes(office: Any, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders of its own for everything that libraries keep in the user's home."""
    names = {"HOME": "home", "XDG_CACHE_HOME": "home/.cache", "HF_HOME": "home/hf", "HF_DATASETS_CACHE": "home/sets"}
    for variable, name in names.items():
        (office.root / name).mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(variable, str(office.root / name))
    return [office.root / name for name in ("home", "tmp", "runs", "plugins", "loud")]


def on_a_terminal(office: Any, *arguments: str) -> str:
    """The command under a terminal, wide enough that no line is broken; all that it shows."""
    ours, theirs = pty.openpty()
    environment = office.place.environment() | {"COLUMNS": "400", "TERM": "xterm"}
    environment["PYTHONPATH"] = f"{office.root}/loud{os.pathsep}{environment['PYTHONPATH']}"
    command = [sys.executable, "-m", "wild_aieval", *arguments]
    process = subprocess.Popen(command, env=environment, cwd=office.root, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # the terminal is gone when the process has ended
        while piece := os.read(ours, 65_536):
            shown += piece
    os.close(ours)
    assert process.wait() in (0, 2), shown.decode()
    return shown.decode()


@pytest.mark.slow
@pytest.mark.parametrize("office", ["open", "aggregate-only"], indirect=True)
def test_logs_of_all_libraries_and_a_terminal(office: Any, homes: list[Path], record_property: Any) -> None:
    places.plugin(office.root / "loud", {"loud": "loud_plugin:KIND"}, LOUD)
    (office.root / "loud" / "sitecustomize.py").write_text(EVERYTHING)
    log = office.root / "log.jsonl"
    with quoting_endpoint() as url:
        office.place.model_file("quoting", {
            "name": "quoting", "kind": "http", "task": "translation", "url": url, "request": {"q": "{text}"},
            "batch_size": 1, "response": {"translation": "t"},
        })  # fmt: skip
        config = office.place.model_file("loud", {"name": "loud", "kind": "loud"})
        shown = on_a_terminal(
            office, "--multirun", "--config-dir", config, "model=quoting,loud", "benchmark=translation/guarded",
            f"benchmark_roots=[{office.place.benchmarks}]", f"hydra.sweep.dir={office.root}/sweep", "progress=true",
            f"tracking.uri={office.uri}", "log.level=debug", "log.format=json", f"log.file={log}", "debug=true",
        )  # fmt: skip
    assert "12/12" in shown and "quoting · translation/guarded" in shown, "the bar was there"
    office.printed.append(shown)
    said = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    loggers = {row["logger"].partition(".")[0] for row in said}
    assert {"wild_aieval", "library", "py", "asyncio"} <= loggers, "libraries do come into the log"
    where, files = found([*office.leaving(log), *homes], TEXTS)
    if office.name == "open":
        assert {"log.jsonl", "mlflow.db"} <= where["sourcequince"], where
    else:
        assert not any(where.values()), where
        place = next(row["message"] for row in said if row["logger"] == "py.warnings" and "UserWarning" in str(row))
        assert "loud_plugin, line" in place, "who said it, and where, is kept"
    at_home = found([office.root / "sweep"], TEXTS)[0]
    assert at_home["sourcequince"] >= {"journal.jsonl"}
    in_caches = found(homes, TEXTS)[0]
    assert not any(in_caches.values()), in_caches
    record_property("planted sentences", len(TEXTS))
    record_property("places searched", files)


@pytest.mark.slow
@pytest.mark.parametrize("office", ["aggregate-only"], indirect=True)
def test_a_kill_in_the_middle_leaves_no_text_outside_the_run_folder(
    office: Any, homes: list[Path], record_property: Any
) -> None:
    own = office.place.model_file("tricky", office.place.tricky(seconds=0.1))
    process = office.place.start(
        "--config-dir", own, "model=tricky", "benchmark=search/guarded", "tracking=none", "inference.chunk_size=1",
        f"benchmark_roots=[{office.place.benchmarks}]", f"hydra.run.dir={office.root}/run", "progress=false",
    )  # fmt: skip
    journal = office.root / "run" / "journal.jsonl"
    end = time.monotonic() + 60
    while not (journal.exists() and journal.stat().st_size) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was killed at work"
    where, files = found([*office.leaving(), *homes, office.place.log], TEXTS)
    assert not any(where.values()), where
    assert not (office.root / "run").stat().st_mode & 0o077
    record_property("sigkills", 1)
    record_property("places searched", files)


HUB = """
import os, signal, sys
from pathlib import Path
from wild_aieval.benchmarks.manifest_data import HubPointer
from wild_aieval.benchmarks.readers.hub import Place, read_hub

copy, cache, how = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
for row in read_hub(HubPointer(id="office/set", revision=None, split="test"), Place(copy, copy, "", cache)):
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.parametrize("office", ["aggregate-only"], indirect=True)
def test_a_copy_of_a_hub_set_is_read_in_a_closed_folder(office: Any, homes: list[Path], record_property: Any) -> None:
    """Its tables are made anew at each reading; a killed process leaves them for the next one to remove."""
    copy, cache = office.root / "copy", office.root / "cache"
    copy.mkdir()
    rows = [{"id": f"s{n}", "source": f"{made.sentence('source')} {n}"} for n in range(12)]
    (copy / "test.jsonl").write_text(places.lines(rows), encoding="utf-8")
    left = {}
    for how in ("killed", "whole"):
        command = [sys.executable, "-c", f"import os; os.umask(0)\n{HUB}", str(copy), str(cache), how]
        done = subprocess.run(command, env=office.place.environment(), capture_output=True, text=True, check=False)
        assert done.returncode == (-signal.SIGKILL if how == "killed" else 0), done.stderr
        left[how] = [path for path in cache.iterdir() if path.is_dir()]
        assert not found(homes, TEXTS)[0]["sourcequince"]
        if how == "killed":
            assert found(left[how], TEXTS)[0]["sourcequince"], "the kill came while texts were there"
            assert [path.stat().st_mode & 0o777 for path in left[how]] == [0o700]
    assert not left["whole"] and not list(cache.iterdir())
    record_property("sigkills", 1)
