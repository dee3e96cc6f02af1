"""One life of a program that is spoken to line by line: its process, its pipes, what it writes on standard error.

Threads read and write the pipes, so that a program that neither reads nor answers can still be timed out.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import IO

from wild_aieval.errors import UserError
from wild_aieval.models.tools.error_output import ErrorOutput, Mask

LONGEST_LINE = 4 * 2**20  # bytes
_LINES_WAITING = 64
_ERROR_LINE = 2_000  # bytes
_PATIENCE = 5.0  # seconds that a program has to end by itself


class Ended(Exception):  # noqa: N818  an event, not a fault
    """The program has ended or closed its standard output."""


@dataclass(frozen=True)
class Launch:
    """How a program is started: ``arguments`` (no shell), folder, whole environment, where its errors are logged."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    log: Path
    mask: Mask


class Program:
    """A running program; UserError where the system refuses to start it."""

    def __init__(self, launch: Launch) -> None:
        self._process = _started(launch)
        self._inbox: queue.Queue[bytes | None] = queue.Queue(_LINES_WAITING)
        self._outbox: queue.Queue[bytes | None] = queue.Queue()
        self._closed = Event()
        self._over = False
        self._errors = ErrorOutput(launch.log, launch.mask)
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        self._error_thread = _thread(_listen, stderr, self._errors)
        _thread(_receive, stdout, self._inbox, self._closed)
        _thread(_send, stdin, self._outbox)
        self._stop = weakref.finalize(self, _end, self._process, self._outbox, self._closed)

    def write(self, text: str) -> None:
        """Send text; returns at once."""
        self._outbox.put(text.encode("utf-8"))

    def read(self, seconds: float) -> bytes:
        """The next line with its line break; TimeoutError after ``seconds``, ``Ended`` when there can be none."""
        until = time.monotonic() + seconds
        while not self._over:
            left = until - time.monotonic()
            try:
                line = self._inbox.get(timeout=max(0.0, min(left, 0.5)))
            except queue.Empty:
                # A child of the program may hold the pipe open after it has ended.
                self._over = self._process.poll() is not None and self._inbox.empty()
                if left <= 0 and not self._over:
                    raise TimeoutError from None
                continue
            if line is not None:
                return line
            self._over = True
        raise Ended

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return not self._over and self._stop.alive and self._process.poll() is None

    def kill(self) -> None:
        """End it at once, with its children where the system knows groups of processes."""
        _kill(self._process)
        self.stop()

    def stop(self) -> None:
        """Close its input, wait a little, then end it."""
        self._stop()

    def last_words(self) -> str:
        """How it ended and the last lines of its standard error."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self._error_thread.join(1.0)
        code = self._process.poll()
        if code is None:
            how = "it closed its standard output"
        elif code < 0:
            how = f"it was ended by {_signal_name(-code)}"
        else:
            how = f"it ended with exit code {code}"
        said = self._errors.last()
        return f"{how}; " + (f"its last lines on standard error: {said}" if said else "standard error is empty")


def _started(launch: Launch) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            launch.arguments,
            cwd=launch.folder,
            env=dict(launch.environment),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=sys.platform != "win32",  # so that its children can be ended with it
        )
    except OSError as error:
        raise UserError(
            f"The program '{launch.arguments[0]}' cannot be started ({error.strerror}). It must be a program that this "
            "system can run: check its rights (chmod +x) and its first line (#!), or name the interpreter in 'command'."
        ) from None


def _thread(work: object, *arguments: object) -> Thread:
    thread = Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread


def _receive(stream: IO[bytes], inbox: queue.Queue[bytes | None], closed: Event) -> None:
    with stream, suppress(OSError, ValueError):
        while (line := stream.readline(LONGEST_LINE)) and _put(inbox, line, closed):
            pass
    _put(inbox, None, closed)


def _put(inbox: queue.Queue[bytes | None], line: bytes | None, closed: Event) -> bool:
    while not closed.is_set():
        with suppress(queue.Full):
            inbox.put(line, timeout=0.5)
            return True
    return False


def _send(stream: IO[bytes], outbox: queue.Queue[bytes | None]) -> None:
    with suppress(OSError, ValueError):  # the program is gone, which the reader finds out
        while (content := outbox.get()) is not None:
            stream.write(content)
            stream.flush()
    with suppress(OSError, ValueError):
        stream.close()


def _listen(stream: IO[bytes], errors: ErrorOutput) -> None:
    with stream, suppress(OSError, ValueError):
        while line := stream.readline(_ERROR_LINE):
            errors.take(line)


def _end(process: subprocess.Popen[bytes], outbox: queue.Queue[bytes | None], closed: Event) -> None:
    """Let it end by itself on the end of its input; whatever is still there after that is killed."""
    closed.set()
    outbox.put(None)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(OSError):
            if sys.platform != "win32":
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
