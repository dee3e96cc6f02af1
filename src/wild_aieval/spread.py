"""One evaluation on many machines: Ray Data hands numbers of items to workers, each with the candidate in memory.

No text travels through Ray. Every worker opens the benchmark where the run opened it, checks that it is the same to the
last byte, and writes what it answers into a shard of the journal in the run folder; only numbers of answered items come
back. Shards are taken into the journal by the same keys as any answer, also those of workers that died.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import socket
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval import asking, derive, selection
from wild_aieval import settings as schema
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.errors import Unavailable, UserError
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace
from wild_aieval.packed import Keys
from wild_aieval.paths import runs_dir
from wild_aieval.questions import questions
from wild_aieval.records import journal as journals
from wild_aieval.records.journal import Journal
from wild_aieval.records.run_folder import SHARDS, RunFolder
from wild_aieval.settings import Inference, Settings
from wild_aieval.tasks import task_named

_COLUMN = "data"  # of the numbers, by Ray
_AT_ONCE = 1_024
_RETRIES = 2  # of items at which a worker died; workers are made anew however long the run is
_DEATHS = ("ActorDiedError", "ActorUnavailableError", "WorkerCrashedError")


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is told: plain data, and where things lie on the file system that all share."""

    settings: dict[str, Any]
    benchmark: str
    digest: str
    identity: dict[str, Any]
    folder: str
    runs: str


def job(benchmark: Benchmark, identity: dict[str, Any], settings: Settings, folder: RunFolder) -> Job:
    """What workers must know of a run."""
    told = settings.model_dump(mode="json")
    return Job(told, benchmark.name, benchmark.identity.digest, identity, str(folder.path), str(runs_dir()))


class Worker:
    """One process of the cluster. Made once; called with numbers of items, gives back those that are journalled."""

    def __init__(self, job: Job) -> None:
        os.environ["WILD_AIEVAL_RUNS"] = job.runs
        settings = schema.read(job.settings)
        self._benchmark = next(one for one in selection.open_benchmarks(settings) if one.name == job.benchmark)
        self._task = task_named(self._benchmark.identity.task)
        workplace = Workplace(settings.seed, runs_dir() / "cache")
        self._model, self._meter = registry.build(settings.model, workplace), workplace.meter
        _the_same(job, self._benchmark.identity.digest, derive.identity_of(settings, self._model.facts()))
        self._asked = questions(self._task, self._benchmark, job.identity, settings)
        asking.prepare(self._task, self._model, self._benchmark)
        shards = Path(job.folder) / SHARDS
        shards.mkdir(exist_ok=True)
        self._shard = Journal(shards / f"{uuid.uuid4().hex}.jsonl")

    def __call__(self, batch: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
        """Ask for the items with these numbers."""
        numbers = batch[_COLUMN].tolist()
        items, keys = [self._asked.items[n] for n in numbers], [self._asked.keys[n] for n in numbers]
        found = asking.answered(self._task, self._model, self._benchmark, items, keys, self._meter)
        self._shard.append(found.entries)
        if found.stop:
            raise UserError(found.stop)
        return batch


def answered(job: Job, numbers: NDArray[np.int64], how: Inference, journal: Journal) -> Iterator[int]:
    """How many more items are answered, as it happens; at the end, whatever it is, they are in the journal.

    Raises:
        UserError: where the cluster cannot be had, a worker has no room, or the candidate says that the run must end.
    """
    ray = _library()
    try:
        with _cluster(ray, how):
            yield from _batches(ray.data, job, numbers, how)
    except (UserError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001  Ray wraps what workers raise in errors of its own
        raise _told(error) from None
    finally:
        absorb(journal, Path(job.folder))


def _batches(data: Any, job: Job, numbers: NDArray[np.int64], how: Inference) -> Iterator[int]:
    data.DataContext.get_current().enable_progress_bars = False
    blocks = max(1, min(len(numbers) // how.chunk_size, 1_000))
    source = data.from_numpy(np.array_split(numbers, blocks))
    asked = source.map_batches(
        Worker,
        fn_constructor_args=(job,),
        batch_size=how.chunk_size,
        compute=data.ActorPoolStrategy(size=how.workers),
        num_cpus=how.cpus,
        num_gpus=how.gpus,
        ray_remote_args_fn=lambda: {"max_task_retries": _RETRIES},
    )
    for batch in asked.iter_batches(batch_size=None):
        yield len(batch[_COLUMN])


def leftovers(folder: RunFolder) -> None:
    """What workers answered before the run that spread them was killed goes into the journal."""
    if (folder.path / SHARDS).is_dir():
        with Journal(folder.journal) as journal:
            absorb(journal, folder.path)


def absorb(journal: Journal, folder: Path) -> None:
    """Take what workers answered into the journal; a shard goes when all of it is there.

    An item may stand in two: its worker died after it wrote, and another was asked. An answer counts before an error.
    """
    shards = sorted((folder / SHARDS).glob("*.jsonl"))
    taken: set[bytes] = set()
    for shard in shards:
        _take(journal, shard, "ok", taken)
    for shard in shards:
        _take(journal, shard, "error", taken)
        shard.unlink()
    with contextlib.suppress(OSError):
        (folder / SHARDS).rmdir()


def _take(journal: Journal, shard: Path, status: str, taken: set[bytes]) -> None:
    """Entries of a status whose keys come for the first time; half of a digest tells them apart in less memory."""
    entries = (entry for entry in journals.read(shard) if entry.status == status)
    while batch := list(itertools.islice(entries, _AT_ONCE)):
        new = []
        for entry, there in zip(batch, journal.before.answered(Keys(one.key for one in batch)), strict=True):
            short = entry.key[-32:].encode()
            if not there and short not in taken:
                taken.add(short)
                new.append(entry)
        if new:
            journal.append(new)


def _the_same(job: Job, digest: str, identity: dict[str, Any]) -> None:
    """Answers of another candidate or on other items must not stand under the keys of this run."""
    if digest != job.digest:
        raise UserError(
            f"{job.benchmark}: a worker found other content (digest {digest[:12]}) than the run ({job.digest[:12]}). "
            "All machines must see the same files: put benchmarks on a file system that they share."
        )
    if identity != job.identity:
        names = [name for name in identity if identity[name] != job.identity.get(name)]
        raise UserError(
            f"a worker has another candidate than the run: {', '.join(names)} differ (versions of libraries, files of "
            "the model, or OMP_NUM_THREADS). Install the same on all machines."
        )


def _library() -> Any:
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it tells of faults that are none
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")  # of its own statistics
    try:
        import ray
        import ray.data
    except ImportError:
        raise Unavailable(
            "inference=ray needs the package 'ray', which is not installed. Install it with: "
            "pip install 'wild-aieval[ray]', or leave inference=ray out."
        ) from None
    warnings.filterwarnings("ignore", "`ray_remote_args_fn` is deprecated")  # nothing else sets retries before Ray 2.64
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # errors are told by us
    return ray


@contextlib.contextmanager
def _cluster(ray: Any, how: Inference) -> Iterator[None]:
    """A cluster that is there (``address``), or processes of this machine; one that was joined before stays."""
    if ray.is_initialized():
        yield
        return
    try:
        _listening(how.address)
        with _unheard():
            ray.init(address=how.address, include_dashboard=False, log_to_driver=False, logging_level="error")
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(
            f"inference.address={how.address}: the Ray cluster cannot be reached "
            f"({' '.join(str(error).split())[:300]}). Start it (ray start --head), mend the address, or leave it out "
            "to use this machine alone."
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Ray's native part says on standard error which level it was told to log at."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _listening(address: str | None) -> None:
    """OSError where nobody listens at HOST:PORT, which Ray itself would try for minutes."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()


def _told(error: BaseException) -> Exception:
    """What a worker raised, without Ray's own story around it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, UserError):
            return seen
        if type(seen).__name__ == "OutOfMemoryError":
            return UserError(
                "a worker was ended because its machine has no memory left. What was answered is kept. Take fewer "
                "workers (inference.workers) or a machine with more memory, then continue with 'resume'."
            )
        if type(seen).__name__ in _DEATHS:
            return UserError(
                f"workers died {_RETRIES + 1} times at the same items: ended from outside, out of memory, or crashed "
                "by what the items hold. What was answered is kept. To see at which item it is, give the command again "
                "with the same hydra.run.dir, inference.engine=local and inference.chunk_size=1."
            )
        seen = getattr(seen, "cause", None) or seen.__cause__
    return error if isinstance(error, Exception) else RuntimeError(str(error))
