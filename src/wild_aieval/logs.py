"""The log of a run: what it did and when, for people on standard error or as JSON for machines.

A record says when, how grave, who, which run, which benchmark, and how many; never what an item holds, and no
password. Of what libraries and plug-ins say while a benchmark is guarded, only who, how grave and where is kept, for
nothing is known of their messages. It enters no identity. Modules write with ``logging.getLogger(__name__)`` and name
the benchmark by ``extra={"benchmark": …}``; what has a number besides goes into ``extra={"facts": {…}}``.
"""

from __future__ import annotations

import datetime
import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from wild_aieval.addresses import redacted_text
from wild_aieval.errors import UserError
from wild_aieval.paths import runs_dir

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["text", "json"]
OWN = "wild_aieval"
_LONGEST = 500  # characters of a message; libraries put whole texts into theirs
_LOG = logging.getLogger(__name__)


@contextmanager
def kept(level: Level, form: Format, file: Path | None, run: Path) -> Iterator[None]:
    """Log for the time of the block; warnings of libraries too. ``file``: instead of standard error, which then warns.

    UserError where the file cannot be written.
    """
    own, root = logging.getLogger(OWN), logging.getLogger()
    handlers = _handlers(level, form, file, run_id(run))
    before = own.level
    own.setLevel(level.upper())
    logging.captureWarnings(True)
    for handler in handlers:
        root.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
        logging.captureWarnings(False)
        own.setLevel(before)


def guard() -> None:
    """Until the log ends, libraries and plug-ins are not quoted in it: a guarded benchmark is open."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Text | _Json):
            handler.formatter.guarded = True


@contextmanager
def milestones(run: Path, candidate: str) -> Iterator[dict[str, int]]:
    """The first and the last line of a run; the exit code is put into the mapping."""
    begun, ended = time.monotonic(), dict[str, int]()
    _LOG.info("run begins", extra={"facts": {"candidate": candidate, "folder": str(run)}})
    try:
        yield ended
    except BaseException as error:
        facts = {"seconds": round(time.monotonic() - begun, 1), "why": type(error).__name__}
        _LOG.info("run ends before it is finished", extra={"facts": facts})  # the door says why, and what to do
        raise
    facts = {"seconds": round(time.monotonic() - begun, 1), "exit_code": ended.get("code", 0)}
    _LOG.info("run ends", extra={"facts": facts})


def run_id(run: Path) -> str:
    """The folder below the run folders (``2026-11-23/10-30-00-tfidf``), or its name where it lies elsewhere."""
    try:
        return run.relative_to(runs_dir()).as_posix()
    except ValueError:
        return run.name


def _handlers(level: Level, form: Format, file: Path | None, run: str) -> list[logging.Handler]:
    people = _ToPeople()
    people.setLevel("WARNING" if file else level.upper())
    people.setFormatter(_Text() if file or form == "text" else _Json(run))
    if file is None:
        return [people]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        written = _ToFile(
            os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8")
        )
    except OSError as error:
        raise UserError(f"log.file={file}: cannot be written ({error.strerror}). Name another file.") from None
    written.setLevel(level.upper())
    written.setFormatter(_Json(run) if form == "json" else _Text())
    return [people, written]


class _ToPeople(logging.StreamHandler[Any]):
    """Standard error as it is now: a progress bar puts itself in its place to stay whole."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  as the library calls it
        """A closed terminal or a full disk is no reason to end a run."""


class _ToFile(logging.StreamHandler[Any]):
    """An own file, closed at the end; what cannot be written is told once."""

    _told = False

    def close(self) -> None:
        try:
            self.stream.close()
        except OSError:
            self.handleError(logging.makeLogRecord({}))
        super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  as the library calls it
        """A full disk stops a log, not a run."""
        if not self._told:
            self._told = True
            print("warning: the log could not be written any more; the run goes on.", file=sys.stderr)


def _message(record: logging.LogRecord, guarded: bool) -> str:
    """One line, without passwords, not longer than a message of ours; of an exception only its kind."""
    if guarded and not _ours(record):
        return f"not shown, because a benchmark is guarded; said in {_place(record)}"
    try:
        text = record.getMessage()
    except (TypeError, ValueError, KeyError):  # a library's own fault
        text = str(record.msg)
    if record.name == "py.warnings":
        text = _warning(text)
    text = redacted_text(" ".join(text.split()))
    kind = record.exc_info[0] if record.exc_info else None
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"{text} ({kind.__name__})" if kind else text


def _ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == OWN


def _facts(record: logging.LogRecord, guarded: bool) -> dict[str, Any]:
    facts = {} if guarded and not _ours(record) else getattr(record, "facts", {})
    return {name: redacted_text(value) if isinstance(value, str) else value for name, value in facts.items()}


def _place(record: logging.LogRecord) -> str:
    """Module and line; of a warning its category too, which ``warnings`` puts between."""
    if record.name != "py.warnings":
        return f"{record.module}, line {record.lineno}"
    found = re.match(r"(?:.*[/\\\\])?(\w+)\.py:(\d+): (\w+): ", record.getMessage())
    return f"{found[1]}, line {found[2]} ({found[3]})" if found else "a warning"


def _warning(text: str) -> str:
    """``path:line: Category: message`` and a line of code, without the path and the code."""
    first = text.splitlines()[0] if text else ""
    _, _, rest = first.partition(": ")
    return rest or first


class _Text(logging.Formatter):
    """``10:30:00 info evaluate classification/starter: 4 answers (errors 0)``."""

    guarded = False

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        when = time.strftime("%H:%M:%S", time.localtime(record.created))
        about = getattr(record, "benchmark", "")
        facts = ", ".join(f"{name} {value}" for name, value in _facts(record, self.guarded).items())
        parts = [when, record.levelname.lower(), record.name.removeprefix(f"{OWN}."), f"{about}:" if about else ""]
        line = " ".join([*filter(None, parts), _message(record, self.guarded)])
        return redacted_text(f"{line} ({facts})" if facts else line)


class _Json(logging.Formatter):
    """One object a line: time, level, logger, run_id, benchmark, message, facts."""

    guarded = False

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run = run

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        when = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        content = {
            "time": when,
            "level": record.levelname.lower(),
            "logger": record.name,
            "run_id": self._run,
            "benchmark": getattr(record, "benchmark", "") or None,
            "message": _message(record, self.guarded),
            "facts": _facts(record, self.guarded),
        }
        return json.dumps(content, ensure_ascii=False, default=str)
