"""Processes with a bare environment, watched for connections: in Python by an audit hook, below it by strace."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
_TRACE = ("-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg", "-e", "signal=none")
_ADDRESS = re.compile(r"sa_family=AF_INET6?.*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"([^\"]+)\"")
LOOPBACK = ("127.0.0.1", "::1")


class Watched:
    """Commands without any variable that the user or a service for tests might have set; what they tried."""

    def __init__(self, place: Any, traced: bool = True) -> None:
        self._place, self._traced = place, traced and shutil.which("strace") is not None
        self._log, self._calls = place.root / "watch.log", place.root / "calls"
        self._calls.mkdir()
        (place.root / "home").mkdir()
        self.commands = 0

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing else is inherited: MLflow, for one, is quiet by itself where it sees a test."""
        paths = (SOURCE, self._place.plugins, Path(__file__).parent / "watch")
        own = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self._place.root / "home"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": ":".join(map(str, paths)),
            "WILD_AIEVAL_RUNS": str(self._place.root / "runs"),
            "OMP_NUM_THREADS": "1",
            "WATCH_LOG": str(self._log),
        }
        return own | more

    def start(self, command: Sequence[str], prefix: Sequence[str] = (), **more: str) -> subprocess.Popen[str]:
        """``prefix``: a program that starts the command."""
        self.commands += 1
        trace = ("strace", *_TRACE, "-o", str(self._calls / str(self.commands))) if self._traced else ()
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*prefix, *trace, *command], env=self.environment(**more), cwd=self._place.root, text=True,
            stdout=pipe, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def run(self, *command: str, prefix: Sequence[str] = (), **more: str) -> str:
        """What the command printed; it must succeed."""
        process = self.start(command, prefix, **more)
        out, _ = process.communicate(timeout=300)
        assert process.returncode == 0, f"{' '.join(command)}\n{out}"
        return out

    def python(self, *arguments: str, **more: Any) -> str:
        return self.run(sys.executable, *arguments, **more)

    @contextmanager
    def serving(self, command: Sequence[str], address: str, **more: str) -> Iterator[subprocess.Popen[str]]:
        """A server, from its first answer at ``address`` until it is told to end."""
        process = self.start(command, **more)
        try:
            _wait_for(address, process)
            yield process
        finally:
            try:
                _signal_all(process, signal.SIGTERM)
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                _signal_all(process, signal.SIGKILL)
                process.communicate()

    @property
    def attempts(self) -> list[str]:
        """Connections and lookups beyond this machine, whether they succeeded or not."""
        noted = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        calls = [line for file in sorted(self._calls.iterdir()) for line in file.read_text().splitlines()]
        beyond = [line for line in calls if (found := _ADDRESS.search(line)) and found[1] not in LOOPBACK]
        return [line for line in noted if not any(f"'{own}'" in line for own in LOOPBACK)] + beyond

    @property
    def everything(self) -> str:
        """Also what stayed on this machine."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""


@pytest.fixture
def watched(place: Any) -> Watched:
    return Watched(place)


@pytest.fixture
def untraced(place: Any) -> Watched:
    """Watched by the audit hook only."""
    return Watched(place, traced=False)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def steps(place: Any, documents: list[dict[str, Any]]) -> list[list[str]]:
    """A whole run: two candidates and a searcher, logged; report, comparison, rescoring, a file for a reviewer."""
    place.classification(documents, [{**row, "id": f"t{row['id']}"} for row in documents])
    texts = {"d1": "a plough for soil", "d2": "an eye test", "d3": "a battery"}
    corpus = [{"id": name, "text": text, "date": "2001-01-01"} for name, text in texts.items()]
    queries = [{"id": "q1", "text": "soil plough", "date": "2010-01-01"}]
    place.search(corpus, queries, [("q1", "d1", "X")])
    roots, sweep, search = f"benchmark_roots=[{place.benchmarks}]", str(place.root / "sweep"), place.root / "search"
    ours = ["-m", "wild_aieval"]
    return [
        [*ours, "-m", "model=minilm,majority", "benchmark=classification/tiny", roots, f"hydra.sweep.dir={sweep}"],
        [*ours, "model=bm25", "benchmark=search/tiny", roots, f"hydra.run.dir={search}"],
        [*ours, "log", str(search), "--uri", f"sqlite:///{place.root}/another.db"],
        [*ours, "compare", sweep, "--out", str(place.root / "comparison")],
        [*ours, "rescore", f"{sweep}/0-minilm"],
        [*ours, "review", "export", f"{sweep}/0-minilm", "--to", str(place.root / "ada.csv"), "--reviewer", "ada"],
        [*ours, "doctor", "minilm"],  # without a name it also asks whether the hub can be reached
    ]


def _wait_for(address: str, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"{address} did not answer: {process.communicate()[0] if process.poll() is not None else ''}")


def _signal_all(process: subprocess.Popen[str], number: int) -> None:
    """To the process and all that it started, below a tracer too."""
    os.killpg(process.pid, number)
