"""A run, on one page.

Benchmarks are read and checked, the candidate is made, every item is asked once and journalled, the
answers are scored and flagged, and the run folder is written. Whoever wants to show results reads
that folder afterwards: nothing right of the journal needs the candidate again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import compress, islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval import asking, coverage, derive, logs, selection, spread
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.confidentiality import places
from wild_aieval.errors import UserError
from wild_aieval.models import registry
from wild_aieval.models.metering import Meter
from wild_aieval.models.protocols import Candidate, Workplace
from wild_aieval.paths import runs_dir
from wild_aieval.progress import Progress
from wild_aieval.questions import questions
from wild_aieval.records import resources
from wild_aieval.records.journal import Journal
from wild_aieval.records.run_folder import RUNSPEC, RunFolder
from wild_aieval.settings import Settings
from wild_aieval.tasks import task_named

_LONG_CHUNK = 4.0  # seconds; a process that is killed may lose so much of its answers


class Desk(NamedTuple):
    """What is looked at while answers come in."""

    folder: RunFolder
    progress: Progress
    meter: Meter
    meanwhile: Callable[[], None]


def _nothing() -> None:
    """What is done meanwhile where nobody says otherwise."""


def evaluate(settings: Settings, folder: RunFolder, meanwhile: Callable[[], None] = _nothing) -> dict[str, Any]:
    """Run one candidate on the chosen benchmarks; returns the summary (see ``derive``).

    ``meanwhile`` is called when the first answers of open benchmarks are there and more are to come.

    Raises UserError for wrong input before any model is loaded wherever that can be known.
    """
    folder.create()
    with folder.locked(), Progress(settings.progress) as progress:
        benchmarks = selection.open_benchmarks(settings)
        open_to_all = derive.rules_of(benchmarks).texts
        if not open_to_all:
            places.close(folder.path)
            logs.guard()
        derive.second_system(settings, folder, benchmarks)  # a wrong folder shows before any work
        coverage.certificates(settings.oversight)
        workplace = Workplace(settings.seed, runs_dir() / "cache", progress.task)
        with derive.quiet(benchmarks):  # what a candidate reads when it is made may be about them
            model = registry.build(settings.model, workplace)
            identity = derive.identity_of(settings, model.facts())
        derive.second_system(settings, folder, benchmarks, identity)
        spec = derive.describe_run(settings, identity, benchmarks)
        folder.write_json(RUNSPEC, spec.as_dict())
        spread.leftovers(folder)
        with resources.session(folder), Journal(folder.journal) as journal:
            for benchmark in benchmarks:
                with derive.quiet([benchmark]):
                    desk = Desk(folder, progress, workplace.meter, meanwhile if open_to_all else _nothing)
                    answer(benchmark, model, identity, settings, journal, desk)
                    for say in workplace.after:  # what a candidate has to say once all were asked
                        say()
        return derive.results(settings, folder, benchmarks, identity)


def answer(
    benchmark: Benchmark,
    model: Candidate,
    identity: dict[str, Any],
    settings: Settings,
    journal: Journal,
    desk: Desk,
) -> None:
    """Ask for every item that has no answer in the journal, chunk by chunk; errors of before are asked again."""
    task = task_named(benchmark.identity.task)
    asked = questions(task, benchmark, identity, settings)
    lacking = ~journal.before.answered(asked.keys)
    open_ones, open_items = np.flatnonzero(lacking), compress(asked.items, lacking.tolist())
    title = f"{settings.model.name} · {benchmark.name}"
    with desk.progress.task(title, total=len(asked), done=len(asked) - len(open_ones)) as advance:
        if not len(open_ones):
            return
        if settings.inference.engine == "ray":
            job = spread.job(benchmark, identity, settings, desk.folder)
            for count in spread.answered(job, open_ones, settings.inference, journal):
                advance(count)
            return
        asking.prepare(task, model, benchmark)
        for chunk in _chunks(open_ones, settings.inference.chunk_size, getattr(model, "many_at_once", False)):
            items = list(islice(open_items, len(chunk)))
            keys = [asked.keys[number] for number in chunk.tolist()]
            found = asking.answered(task, model, benchmark, items, keys, desk.meter)
            journal.append(found.entries)
            if found.stop:
                raise UserError(found.stop)
            advance(len(items))
            if chunk[-1] != open_ones[-1]:
                desk.meanwhile()


def _chunks(numbers: NDArray[np.int64], size: int, grow: bool) -> Iterator[NDArray[np.int64]]:
    """``grow``: chunks become as long as some seconds allow, each at most 16 times the one before. A candidate that
    has many requests under way waits for the last of a chunk with idle hands, which long chunks make rare.
    """
    start = 0
    while start < len(numbers):
        begun = time.perf_counter()
        yield numbers[start : start + size]
        start += size
        if grow:
            in_time = int(size * _LONG_CHUNK / max(1e-3, time.perf_counter() - begun))
            size = max(size, min(in_time, 16 * size))
