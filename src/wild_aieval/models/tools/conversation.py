"""A program that is asked in JSON Lines: kept alive, timed out, started again, and never believed about the wrong item.

Every request carries an id that is used once, so an answer that comes late, twice or for something else finds no item.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.confidentiality.quoting import named
from wild_aieval.errors import UserError
from wild_aieval.models.protocols import Watch
from wild_aieval.models.tools.line_sheet import Reply, Sheet, fields_of, was_used
from wild_aieval.models.tools.program import Ended, Launch, Program

_QUIET = 2.0  # seconds without a line after which a batch with enough lines is over
_PART = 500  # documents on one line of 'index' and 'train'


@dataclass(frozen=True)
class Limits:
    """Seconds for a batch, in addition for the first one after a start, for a line of preparation; how many deaths."""

    batch: float
    start: float
    prepare: float
    in_a_row: int
    restarts: int


class Conversation:
    """``prepare`` what it must know, ``ask`` as often as needed. UserError where it dies too often."""

    def __init__(self, name: str, launch: Launch, limits: Limits, watch: Watch) -> None:
        self._name, self._launch, self._limits, self._watch = name, launch, limits, watch
        self._program: Program | None = None
        self._prepared: dict[str, tuple[str, Sequence[Mapping[str, Any]]]] = {}
        self._starts = self._deaths_in_a_row = self._number = 0
        self._fresh = True

    def prepare(self, task: str, confirmation: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Send documents in parts; a program that is started again gets them again.

        Each part is answered by ``{confirmation: documents so far}``.
        """
        self._prepared.pop(task, None)
        program = self._running()
        self._send_documents(program, task, confirmation, rows)
        self._prepared[task] = (confirmation, rows)

    def ask(self, requests: Sequence[Mapping[str, Any]]) -> list[Reply]:
        """One reply per request, in order. When the program dies or hangs, what it had not answered is asked one by
        one, so that only the request at which it does so again is a fault.
        """
        replies, end = self._exchange(requests)
        for place in range(len(requests)):
            if place in replies:
                continue
            if len(requests) == 1:
                replies[place] = Reply({}, end)
                continue
            alone, end = self._exchange([requests[place]])
            replies[place] = alone.get(0, Reply({}, end))._replace(attempts=2)
        return [replies[place] for place in range(len(requests))]

    def stop(self) -> None:
        """End the program."""
        if self._program:
            self._program.stop()

    def _exchange(self, requests: Sequence[Mapping[str, Any]]) -> tuple[dict[int, Reply], str]:
        """Replies by place, and how it ended before all had come ('' where it did not)."""
        program = self._running()
        sheet = Sheet(requests, self._number, self._launch.mask)
        self._number += len(requests)
        started = time.monotonic()
        until = started + self._limits.batch + (self._limits.start if self._fresh else 0.0)
        program.write(sheet.text)
        end = self._listen(program, sheet, until)
        if sheet.answered:
            self._deaths_in_a_row, self._fresh = 0, False
        if end:
            self._lost(end)
        else:
            sheet.close()
        share = (time.monotonic() - started) / len(requests)
        return {place: reply._replace(seconds=share) for place, reply in sheet.replies.items()}, end

    def _listen(self, program: Program, sheet: Sheet, until: float) -> str:
        while not sheet.complete:
            left = max(0.0, until - time.monotonic())
            try:
                sheet.take(program.read(min(_QUIET, left) if sheet.full else left))
            except Ended:
                return f"the program gave no answer: {program.last_words()}"
            except TimeoutError:
                if sheet.full:
                    return ""
                program.kill()
                return (
                    f"no answer within {self._limits.batch:g} seconds (timeout_seconds), so the program was ended. "
                    "Does it write one line for each item, and flush its output after each line or batch?"
                )
        return ""

    def _running(self) -> Program:
        if self._program is None or not self._program.alive:
            if self._starts > self._limits.restarts:
                raise UserError(
                    self._gave_up(f"it had to be started again {self._limits.restarts} times (max_restarts)")
                )
            self.stop()
            self._program, self._fresh = Program(self._launch), True
            self._starts += 1
            for task, (confirmation, rows) in self._prepared.items():
                self._send_documents(self._program, task, confirmation, rows)
        return self._program

    def _lost(self, end: str) -> None:
        self._deaths_in_a_row += 1
        if self._deaths_in_a_row > self._limits.in_a_row:
            times = f"it failed {self._deaths_in_a_row} times in a row without an answer (crashes_in_a_row)"
            raise UserError(self._gave_up(f"{times}; the last time: {end}"))

    def _gave_up(self, why: str) -> str:
        return (
            f"{self._name}: the program '{self._launch.arguments[0]}' was given up: {why}. What was answered is kept. "
            f"Mend the program (its messages are in {self._launch.log}), then continue with 'resume'."
        )

    def _send_documents(
        self, program: Program, task: str, confirmation: str, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        parts = max(1, -(-len(rows) // _PART))
        with self._watch(f"{self._name} · {task}", len(rows)) as advance:
            for part in range(parts):
                documents = rows[part * _PART : (part + 1) * _PART]
                line = {"task": task, "part": part + 1, "parts": parts, "documents": documents}
                program.write(json.dumps(line) + "\n")
                self._confirmed(program, task, confirmation, part * _PART + len(documents))
                advance(len(documents))

    def _confirmed(self, program: Program, task: str, confirmation: str, expected: int) -> None:
        until = time.monotonic() + self._limits.prepare
        try:
            while True:
                text = self._launch.mask(program.read(max(0.0, until - time.monotonic())).decode("utf-8", "replace"))
                fields = fields_of(text)
                if not was_used(str(fields.get("id", "")), self._number):
                    break
        except Ended:
            fault = program.last_words()
        except TimeoutError:
            program.kill()
            fault = f"no answer within {self._limits.prepare:g} seconds (prepare_seconds)"
        else:
            if fields.get(confirmation) == expected:
                return
            fault = f"it answered {named(text.strip())}"
        raise UserError(
            f"{self._name}: the program '{self._launch.arguments[0]}' did not take in the documents of '{task}'. "
            f'Expected {{"{confirmation}": {expected}}}, the number of documents so far, on its own line; {fault}. '
            "Mend the program, then continue with 'resume'."
        )
