"""Ask a candidate for some items: one call for a chunk, item by item where that fails; each answer becomes an entry."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.errors import UserError, no_room
from wild_aieval.items import Failure
from wild_aieval.models.assignment import Assignment, meet
from wild_aieval.models.metering import Meter, Usage
from wild_aieval.models.protocols import Candidate
from wild_aieval.packed import Mapped
from wild_aieval.records.journal import Entry, unfit
from wild_aieval.tasks.base import Item, Task


class Answered(NamedTuple):
    """Entries of a chunk; ``stop`` says why the run must end here, '' where it goes on."""

    entries: list[Entry]
    stop: str


def prepare(task: Task, model: Candidate, benchmark: Benchmark) -> None:
    """Let the candidate see what it will be asked, learn from the training part, take in the corpus."""
    level = benchmark.manifest.label_level if task.name == "classification" else ""
    items = Mapped(task.items(benchmark), lambda item: str(item.id))
    meet(model, Assignment(benchmark.name, task.name, items, level))
    task.prepare(model, benchmark)


def answered(
    task: Task, model: Candidate, benchmark: Benchmark, items: Sequence[Item], keys: Sequence[str], meter: Meter
) -> Answered:
    """Ask for a chunk; its time is shared by its items."""
    started = time.perf_counter()
    outputs = ask(task, model, items, benchmark)
    seconds = (time.perf_counter() - started) / len(items)
    entries = [
        entry_of(key, benchmark.name, item.id, output, seconds, meter.take(item.id))
        for key, item, output in zip(keys, items, outputs, strict=True)
        if not _unasked(output)
    ]
    return Answered(entries, next((output.message for output in outputs if _unasked(output)), ""))


def ask(task: Task, model: Candidate, items: Sequence[Item], benchmark: Benchmark) -> list[Any]:
    """One call for the chunk; if it fails, one call per item, so that only the bad item is an error."""
    try:
        outputs = task.ask(model, items, benchmark)
    except (UserError, KeyboardInterrupt):
        raise
    except BaseException as error:  # whatever a candidate raises is its answer to these items; libraries in Rust panic
        if no_room(error, alone=len(items) == 1):
            raise UserError(
                f"this machine has no room left ({type(error).__name__}: {error}), which is no fault of the candidate. "
                "What was answered is kept. Make room, then continue with 'resume'."
            ) from error
        fault = f"{type(error).__name__}: {error}"
    else:
        if len(outputs) == len(items):
            return outputs
        fault = f"{len(outputs)} answers came for {len(items)} items"
    if len(items) == 1:
        return [Failure(fault)]
    return [output for item in items for output in ask(task, model, [item], benchmark)]


def entry_of(key: str, benchmark: str, item_id: str, output: Any, seconds: float, usage: Usage | None) -> Entry:
    """What the journal says of an output."""
    measured = usage.as_dict() if usage else None
    fault = output.message if isinstance(output, Failure) else unfit(output)
    if fault is None:
        return Entry(key, benchmark, item_id, "ok", output, None, seconds, measured)
    text = output.answer if isinstance(output, Failure) else None
    return Entry(key, benchmark, item_id, "error", text, fault, seconds, measured)


def _unasked(output: Any) -> bool:
    return isinstance(output, Failure) and output.unasked
