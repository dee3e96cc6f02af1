"""Which run folders there are, and how each stands; nothing is written, what is damaged is told and not raised."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from wild_aieval import schema_version
from wild_aieval.confidentiality import leaving
from wild_aieval.errors import UserError
from wild_aieval.metrics.headline import headline
from wild_aieval.records.run_folder import JOURNAL, RUNSPEC, SCHEMA_VERSION, SUMMARY

State = Literal["finished", "unfinished", "running", "damaged", "newer"]
STATES: tuple[State, ...] = ("finished", "unfinished", "running", "damaged", "newer")
CLASSES = ("open", "shared-scores", "aggregate-only")  # the strictest last
REVIEW, CERTIFICATES, FAILURE = "review", "certificates.json", "failure.txt"
_NOT_RUNS = {"cache", "mlartifacts", "locks", "comparisons"}


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder. ``name``: below the root; ``created``: UTC; ``figures``: by benchmark, the measure to compare by.

    ``events``: lines of its own ledger. ``uses``: paths of other runs that it was made with. ``confidentiality``: the
    strictest class of its benchmarks; the strictest there is where it is not known.
    """

    path: Path
    name: str
    created: datetime.datetime
    state: State
    model: str = "?"
    benchmarks: tuple[str, ...] = ()
    figures: tuple[tuple[str, str, float | None], ...] = ()
    bytes: int = 0
    logged: bool = False
    events: int = 0
    certificates: bool = False
    uses: tuple[str, ...] = ()
    confidentiality: str = CLASSES[-1]
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        figures = [{"benchmark": b, "measure": m, "value": v} for b, m, v in self.figures]
        plain = {"path": str(self.path), "created": self.created.isoformat(timespec="seconds"), "figures": figures}
        return asdict(self) | plain | {"next": self.next}

    @property
    def next(self) -> str:
        """The command that goes on with it, or ''."""
        return f"python -m wild_aieval resume {self.path}" if self.state == "unfinished" else ""


def scan(root: Path) -> list[Run]:
    """All run folders below the root, the newest first. UserError where there is no such folder."""
    if not root.is_dir():
        raise UserError(f"--root {root}: there is no such folder. Run folders lie in 'runs', or where you put them.")
    return sorted((look(path, root) for path in _folders(root)), key=lambda run: (run.created, run.name), reverse=True)


def look(path: Path, root: Path) -> Run:
    """One run folder."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) and path != root else path.name
    files = list(_files(path))
    changed = max((stat.st_mtime for _, stat in files), default=path.stat().st_mtime)
    facts: dict[str, Any] = {
        "bytes": sum(stat.st_size for _, stat in files),
        "events": sum(_lines(file) for file in (path / REVIEW).glob("ledger*.jsonl")),
        "certificates": (path / CERTIFICATES).is_file(),
    }
    try:
        state, known = _standing(path)
    except schema_version.OtherVersion as error:
        state, known = "newer", {"problem": str(error)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration, UserError) as error:
        said = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        state, known = "damaged", {"problem": said}
    if busy(path):
        state = "running"
    created = known.pop("created", None) or datetime.datetime.fromtimestamp(changed, datetime.UTC)
    return Run(path=path, name=name, created=created, state=state, **facts, **known)


def busy(path: Path) -> bool:
    """Whether a process holds the lock of the folder."""
    file = path / ".lock"
    if not file.exists():
        return False
    from filelock import FileLock, Timeout

    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:  # a folder that only others may write: nobody can tell
        return False
    lock.release()
    return False


def _folders(root: Path) -> Iterator[Path]:
    """Folders with a RunSpec, a journal or the note of a failed candidate; a run folder holds no other."""
    for place, folders, files in os.walk(root):
        if {RUNSPEC, JOURNAL, SUMMARY, FAILURE} & set(files):
            folders.clear()
            yield Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NOT_RUNS)


def _files(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for place, _, names in os.walk(path):
        for name in names:
            try:
                yield Path(place, name), Path(place, name).lstat()
            except FileNotFoundError:  # gone meanwhile
                continue


def _lines(file: Path) -> int:
    try:
        return file.read_bytes().count(b"\n")
    except OSError:
        return 0


def _standing(path: Path) -> tuple[State, dict[str, Any]]:
    """Its state and what is known of it. A summary of an earlier command stands beside a RunSpec that is younger."""
    summary = _read(path / SUMMARY) if (path / SUMMARY).is_file() else None
    if not (path / RUNSPEC).is_file() and summary is None:
        problem = (path / FAILURE).read_text(encoding="utf-8", errors="replace").strip() if _failed(path) else ""
        return ("unfinished", {"problem": problem}) if problem else ("damaged", {"problem": f"no {RUNSPEC}"})
    spec = _read(path / RUNSPEC) if summary is None or (path / RUNSPEC).is_file() else summary["runspec"]
    known = _described(spec)
    if summary is None or summary["runspec"]["context"]["created"] != spec["context"]["created"]:
        return "unfinished", known
    results = summary["results"]
    known["logged"] = bool(results) and all(result.get("mlflow_run_id") for result in results)
    known["figures"] = tuple(_figure(leaving.entry(result)) for result in results)
    return "finished", known


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    schema_version.check(content["schema_version"], SCHEMA_VERSION, file)
    return content


def _failed(path: Path) -> bool:
    return (path / FAILURE).is_file()


def _described(spec: Mapping[str, Any]) -> dict[str, Any]:
    policy = spec["settings"].get("oversight") or {}
    classes = [benchmark.get("confidentiality", CLASSES[-1]) for benchmark in spec["benchmarks"]]
    created = datetime.datetime.fromisoformat(spec["context"]["created"])
    return {
        "model": str(spec["settings"]["model"]["name"]),
        "benchmarks": tuple(f"{benchmark['task']}/{benchmark['name']}" for benchmark in spec["benchmarks"]),
        "created": created if created.tzinfo else created.replace(tzinfo=datetime.UTC),
        "uses": tuple(str(policy[name]) for name in ("second_system", "certificate") if policy.get(name)),
        "confidentiality": strictest(classes),
    }


def strictest(classes: list[str]) -> str:
    """Of several classes; one that is not known counts as the strictest."""
    places = [CLASSES.index(name) if name in CLASSES else len(CLASSES) - 1 for name in classes]
    return CLASSES[max(places, default=len(CLASSES) - 1)]


def _figure(result: Mapping[str, Any]) -> tuple[str, str, float | None]:
    name = headline(result["task"], result["measures"])[0]
    return result["benchmark"], name, (result["measures"].get(name) or {}).get("value")
