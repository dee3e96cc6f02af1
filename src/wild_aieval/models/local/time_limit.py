"""Work on what a model's folder brings, such as a chat template, ends in time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooLong(Exception):  # noqa: N818  named for what it says
    """The work took longer than it may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """TooLong where the work inside takes longer. There is no limit outside the main thread, or on Windows."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_: int, __: FrameType | None) -> None:
        raise TooLong(f"it takes longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    left, every = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, every)
        signal.signal(signal.SIGALRM, before)
