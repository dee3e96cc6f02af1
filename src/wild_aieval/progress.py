"""Progress of long work on the terminal: how far, how fast, how long still."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from wild_aieval.visible import beneath, on_line


class Progress:
    """A rich progress display on standard error; silent where that is no terminal or it is switched off."""

    def __init__(self, wanted: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Display

        console = Console(file=beneath(sys.stderr))
        self._display: Any = Display(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not wanted or not console.is_terminal,
        )

    @contextmanager
    def task(self, title: str, total: int, done: int = 0) -> Iterator[Callable[[int], None]]:
        """Show one piece of work; yields a function that takes the number of items just done."""
        from rich.markup import escape

        number = self._display.add_task(escape(on_line(title)), total=total, completed=done, rate="preparing")

        def advance(count: int) -> None:
            self._display.advance(number, count)
            speed = self._display.tasks[number].speed
            self._display.update(number, rate=f"{speed:.1f}/s" if speed else "")

        yield advance
        self._display.update(number, rate="done")

    def __enter__(self) -> Progress:
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()
