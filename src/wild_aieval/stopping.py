"""Whoever tells a command to end: a key, a closed terminal, a scheduler. All of them end it as Ctrl-C does.

Schedulers send SIGTERM and, some seconds later, SIGKILL; the seconds are enough to leave a folder in order.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

INTERRUPTED = 130
_AGAIN = 0.05  # seconds
_ALSO = ("SIGTERM", "SIGHUP")


def as_ctrl_c() -> None:
    """SIGTERM and SIGHUP raise KeyboardInterrupt too. What was ignored stays so: ``nohup`` ignores SIGHUP."""
    for number in _signals():
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _stop)
    if hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) == signal.SIG_DFL:
        signal.signal(signal.SIGALRM, _stop)
        sys.unraisablehook = _unheard


def not_now() -> None:
    """From here on nothing interrupts: the last words are being said."""
    if sys.unraisablehook is _unheard:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
    for number in (signal.SIGINT, *_signals()):
        signal.signal(number, signal.SIG_IGN)


def at_once() -> None:
    """From here on, who asks again while the process winds up ends it at once; nothing is written any more."""
    for number in (signal.SIGINT, *_signals()):
        signal.signal(number, _end)


def _signals() -> list[signal.Signals]:
    return [signal.Signals[name] for name in _ALSO if hasattr(signal, name)]


def _stop(number: int, frame: FrameType | None) -> None:
    """Do what SIGINT would do at this moment: an event loop has a handler of its own for it."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):  # ignored, as a shell does for what runs in its background
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)


def _unheard(lost: Any) -> None:
    """Python drops an interrupt that comes while it clears an object away; it is raised again a moment later."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    else:
        sys.__unraisablehook__(lost)


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)
