"""The door, forked: pays the imports once, then runs each command in a child that can be killed at an exact event.

An event is a write of bytes, a sync, a rename, or a statement or commit of sqlite; the wrappers live in the child
only. A request is a line of JSON on standard input, the answer one on standard output: ``{"code", "cpu", "seconds",
"stdout", "stderr"}``, with a negative code for a signal. A request has ``argv`` and ``env`` and, where wanted:

- ``kill``: ``{"phase", "number", "how", "share", "signal"}``, which event, ``before``, ``within`` or ``after`` it;
- ``after``: seconds until it is killed from outside;
- ``log``: the file that receives the events, one ``phase kind`` a line;
- ``limits``, ``years``, ``ignored``: see ``limit`` and ``jump``; names of signals that are ignored;
- ``modules``: the file that receives the names of what was imported, by which ``{"imports": file}`` imports it here.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import io
import json
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

DERIVED = ("predictions", "items", "flags", "statistics", "summary", "runspec", "resources", "report")
OTHERS = ("comparison", "batch", "ledger", "review", "form")


def phase_of(name: str) -> str:
    """What a file belongs to: the journal, one derived file, MLflow's files, what other commands write; else ''."""
    path = Path(name)
    if path.name == "journal.jsonl":
        return "journal"
    if "mlartifacts" in path.parts:
        return "mlflow files"
    if any(part.endswith(".partial") for part in path.parts):
        return "benchmark"
    if ".tar." in path.name:
        return "archive"
    stem = path.name.lstrip(".").split(".")[0]
    return stem if stem in DERIVED + OTHERS and "tmp" not in path.parent.name[:3] else ""


class Killer:
    """Counts events by phase; at the wanted one the process dies, before it, within it or after it."""

    def __init__(self, wanted: dict[str, Any] | None, log: str | None) -> None:
        self._wanted = wanted or {}
        self._seen: dict[str, int] = {}
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if log else None
        self._write = os.write
        self._turn = threading.Lock()

    def around(self, phase: str, kind: str, act: Any, torn: Any = None) -> Any:
        """Perform ``act``; ``torn(share)`` performs a part of it."""
        if not phase:
            return act()
        with self._turn:
            number = self._seen[phase] = self._seen.get(phase, 0) + 1
        if self._log is not None:
            self._write(self._log, f"{phase}\t{kind}\n".encode())
        if (self._wanted.get("phase"), self._wanted.get("number")) != (phase, number):
            return act()
        how = self._wanted["how"]
        done = act() if how == "after" else None
        if how == "within" and torn is not None:
            torn(self._wanted["share"])
        os.kill(os.getpid(), self._wanted.get("signal", signal.SIGKILL))
        return done if how == "after" else act()


def wrap(killer: Killer) -> None:
    """Every way by which this program's files are written passes the killer."""
    _wrap_streams(killer)
    sync, datasync, replace, rename, send = os.fsync, os.fdatasync, os.replace, os.rename, os.sendfile

    def named(descriptor: int) -> str:
        return phase_of(os.readlink(f"/proc/self/fd/{descriptor}"))

    def sendfile(out: int, source: int, offset: int, count: int) -> int:
        def torn(share: float) -> None:
            send(out, source, offset, int(share * os.fstat(source).st_size))

        return int(killer.around(named(out), "write", lambda: send(out, source, offset, count), torn))

    os.sendfile = sendfile
    os.fsync = lambda fd: killer.around(named(fd), "sync", lambda: sync(fd))
    os.fdatasync = lambda fd: killer.around(named(fd), "sync", lambda: datasync(fd))
    os.replace = lambda old, new, **kw: killer.around(phase_of(str(new)), "rename", lambda: replace(old, new, **kw))
    os.rename = lambda old, new, **kw: killer.around(phase_of(str(old)), "rename", lambda: rename(old, new, **kw))
    _wrap_database(killer)


def _wrap_streams(killer: Killer) -> None:
    real = io.open

    class Raw(io.FileIO):
        def __init__(self, file: Any, mode: str) -> None:
            super().__init__(file, mode)
            self.phase = phase_of(str(file))

        def write(self, content: Any) -> int:
            data, above = memoryview(content).cast("B"), super().write
            return int(
                killer.around(
                    self.phase, "write", lambda: above(data), lambda share: above(data[: int(share * len(data))])
                )
            )

    def opened(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        **more: Any,
    ) -> Any:
        named = isinstance(file, str | os.PathLike) and phase_of(os.fsdecode(file))
        if not named or not set(mode) & set("wa") or "+" in mode or more:
            return real(file, mode, buffering, encoding, errors, newline, **more)
        raw = Raw(file, mode.replace("t", ""))
        if "b" in mode:
            return raw if buffering == 0 else io.BufferedWriter(raw)
        return io.TextIOWrapper(io.BufferedWriter(raw), encoding or "utf-8", errors, newline)

    io.open = builtins.open = opened  # type: ignore[assignment]


def without_figures() -> None:
    """Drawing takes most of the time of a small run and is no subject of these tests."""
    from wild_aieval.reports import figures
    from wild_aieval.tracking import artifacts

    figures.figures_of = artifacts.figures_of = lambda *_, **__: {"levels": b"<svg></svg>"}


def limit(limits: dict[str, int]) -> None:
    """Limits of the system for this process: ``fsize`` bytes of a file, ``as`` bytes beyond what it has now."""
    for name, value in limits.items():
        if name == "as":
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
            value += pages * resource.getpagesize()
        number = getattr(resource, f"RLIMIT_{name.upper()}")
        resource.setrlimit(number, (value, resource.getrlimit(number)[1]))


def jump(years: list[float]) -> None:
    """A clock that jumps by one of these at each look, in turn; the steady clock is left alone."""
    import datetime
    import itertools

    real, moment = time.time, datetime.datetime
    turns = itertools.cycle(365.25 * 86400 * year for year in years)

    class Jumping(moment):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return moment.now(tz) + datetime.timedelta(seconds=next(turns))

    time.time = lambda: real() + next(turns)
    datetime.datetime = Jumping  # type: ignore[misc]


def _wrap_database(killer: Killer) -> None:
    from sqlalchemy.engine.default import DefaultDialect

    commit, execute, many = DefaultDialect.do_commit, DefaultDialect.do_execute, DefaultDialect.do_executemany

    def is_write(statement: str) -> bool:
        return statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")

    def do_execute(self: Any, cursor: Any, statement: str, *rest: Any) -> Any:
        phase = "mlflow database" if is_write(statement) else ""
        return killer.around(phase, "statement", lambda: execute(self, cursor, statement, *rest))

    def do_executemany(self: Any, cursor: Any, statement: str, *rest: Any) -> Any:
        return killer.around("mlflow database", "statement", lambda: many(self, cursor, statement, *rest))

    DefaultDialect.do_commit = lambda self, link: killer.around("mlflow database", "commit", lambda: commit(self, link))
    DefaultDialect.do_execute = do_execute
    DefaultDialect.do_executemany = do_executemany


def child(request: dict[str, Any], folder: str) -> None:
    """Run the door as a process of its own would; never returns."""
    os.setsid()
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False)
    os.environ.update(request.get("env", {}))
    os.chdir(folder)
    sys.argv = ["wild_aieval", *request["argv"]]
    without_figures()
    limit(request.get("limits", {}))
    if "years" in request:
        jump(request["years"])
    for name in request.get("ignored", []):
        signal.signal(signal.Signals[name], signal.SIG_IGN)
    wrap(Killer(request.get("kill"), request.get("log")))
    from wild_aieval.cli import main

    code = 1
    try:
        code = main()
    finally:
        import atexit

        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        if request.get("modules"):
            Path(request["modules"]).write_text("\n".join(sys.modules), encoding="utf-8")
        os._exit(code)


def run(request: dict[str, Any], folder: str) -> dict[str, Any]:
    """One command in a child; ``after``: seconds until it is killed from outside."""
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        child(request, folder)
    timer = threading.Timer(request["after"], os.kill, (pid, signal.SIGKILL)) if "after" in request else None
    if timer:
        timer.start()
    _, status, used = os.wait4(pid, 0)
    took = time.monotonic() - started
    if timer:
        timer.cancel()
        timer.join()
    texts = {name: Path(folder, name).read_text(encoding="utf-8") for name in ("stdout", "stderr")}
    return {"code": os.waitstatus_to_exitcode(status), "cpu": used.ru_utime + used.ru_stime, "seconds": took, **texts}


def main() -> None:
    """Serve until standard input ends."""
    folder = sys.argv[1]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for row in sys.stdin:
        request = json.loads(row)
        if "imports" in request:
            for name in Path(request["imports"]).read_text(encoding="utf-8").split():
                try:
                    importlib.import_module(name)
                except Exception:  # noqa: BLE001
                    continue
            gc.freeze()  # children share these pages
            answer: dict[str, Any] = {"modules": len(sys.modules), "threads": threading.active_count()}
        else:
            answer = run(request, folder)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
