"""Real runs that are killed at chosen moments, and all that can be seen of a run afterwards."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.records.run_folder import RunFolder

_SPEC = importlib.util.spec_from_file_location("places_of_all_tests", Path(__file__).parents[1] / "conftest.py")
assert _SPEC is not None and _SPEC.loader is not None
_PLACES = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_PLACES)

SYMBOLS = ["A01B", "A61B", "G06F"]
ITEMS = [{"id": f"d{n}", "text": f"text number {n}", "main": SYMBOLS[n % 3]} for n in range(12)]
DOES = {"d3": "unknown", "d8": "empty"}  # flagged, so that MLflow has traces
_TIMES = ("seconds", "latency_", "items_per_second", "peak_", "energy")
_ASKED_FOR = "benchmark_asked_for"  # a resumed run names the benchmarks that were measured
_OF_THE_DAY = ("wae.created", "wae.git_", "wae.result_key", "wae.origin", "mlflow.loggedArtifacts", "mlflow.runName")


class Forge:
    """A server that forks a command each, a small benchmark, a candidate, and stores of MLflow with their tables."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = _PLACES.Place(root)
        self.place.classification(ITEMS)
        own = self.place.model_file("tricky", self.place.tricky(DOES))
        roots = f"benchmark_roots=[{self.place.benchmarks}]"
        self.base = ["--config-dir", own, "model=tricky", "benchmark=tiny", roots, "inference.chunk_size=3"]
        self._server = self._started()
        modules = root / "modules.txt"
        self.warm = root / "warm"
        done = self.run(self.warm, *self.command(self.warm), modules=str(modules))
        assert done["code"] == 0, done["stderr"]
        assert self._ask(imports=str(modules))["threads"] == 1

    def _started(self) -> subprocess.Popen[str]:
        # Warnings of C libraries of a fork are not of interest; OMP must not have started threads before it.
        environment = self.place.environment() | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
        environment.pop("PYTEST_CURRENT_TEST", None)
        command = [sys.executable, str(Path(__file__).with_name("fork_server.py")), str(self.root)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, cwd=self.root, text=True, stdin=pipe, stdout=pipe)

    def command(self, scene: Path, *more: str) -> list[str]:
        """A run in its scene: run folder, store and records of its own."""
        return [*self.base, f"hydra.run.dir={scene / 'run'}", *more]

    def resume(self, scene: Path) -> list[str]:
        return ["resume", str(scene / "run")]

    def run(self, scene: Path, *argv: str, **more: Any) -> dict[str, Any]:
        """One command; ``code`` is negative where a signal ended it."""
        scene.mkdir(parents=True, exist_ok=True)
        environment = {"WILD_AIEVAL_RUNS": str(scene)} | more.pop("env", {})
        return self._ask(argv=list(argv), env=environment, **more)

    def scene(self, name: str, store: bool = True) -> Path:
        """A new place; ``store``: with a store whose tables are there, which takes seconds to make."""
        scene = self.root / name
        while scene.exists():  # other modules have names of their own
            scene = scene.with_name(f"{scene.name}-")
        scene.mkdir()
        if store:
            shutil.copyfile(self.template, scene / "mlflow.db")
        return scene

    @property
    def template(self) -> Path:
        """The tables of a store without any runs."""
        file = self.root / "template.db"
        if not file.exists():
            shutil.copyfile(self.warm / "mlflow.db", file)
            self.empty(file)
        return file

    def empty(self, store: Path) -> None:
        """Take all runs out of a store."""
        with sqlite3.connect(store) as link:
            names = [name for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                if name not in ("alembic_version", "workspaces"):
                    link.execute(f"DELETE FROM {name} {'WHERE experiment_id > 0' * (name == 'experiments')}")
        link.close()

    def clean(self, said: str) -> bool:
        """No traceback reaches a user."""
        return "Traceback" not in said and "Exception ignored" not in said

    def asked(self) -> list[str]:
        return self.place.asked()

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._server.stdin and self._server.stdout
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait(30)


def derived(folder: Path) -> dict[str, Any]:
    """Everything that a run derives, without times and ids of MLflow; and which files there are."""
    run = RunFolder(folder)
    rows = {name: list(run.read_table(name)) for name in ("predictions", "items", "flags")}
    for row in rows["predictions"]:
        del row["seconds"]
    with np.load(folder / "statistics.npz", allow_pickle=False) as arrays:
        statistics = {name: arrays[name].tolist() for name in arrays.files}
    summary = run.read_json("summary.json")
    for result in summary["results"]:
        del result["timing"], result["resources"], result["mlflow_run_id"]
    for name in ("created", "command", "git_sha", "git_dirty"):
        summary["runspec"]["context"].pop(name, None)
    del summary["runspec"]["settings"]["benchmark"]  # a resumed run names those that were measured
    del summary["runspec"]["settings"]["tracking"]  # where it is logged is no part of what is derived
    files = sorted(path.name for path in folder.iterdir() if "resources.json" not in path.name)
    return rows | {"statistics": statistics, "summary": summary, "files": files}


def differences(found: Any, expected: Any, where: str = "") -> list[str]:
    """Where two states differ, in words."""
    if isinstance(found, dict) and isinstance(expected, dict):
        names = sorted({*found, *expected}, key=str)
        return [
            line
            for name in names
            for line in differences(found.get(name, "-"), expected.get(name, "-"), f"{where}/{name}")
        ]
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return [line for place, (one, other) in pairs for line in differences(one, other, f"{where}/{place}")]
    same = found == expected or (found != found and expected != expected)
    return [] if same else [f"{where}: {found!r:.300}, expected {expected!r:.300}"]


def tracked(store: Path) -> dict[str, Any]:
    """What a store shows, without times and ids: runs with all they hold, candidates, traces, experiments."""
    link = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        return _Store(link, store).all()
    finally:
        link.close()


class _Store:
    def __init__(self, link: sqlite3.Connection, file: Path) -> None:
        self._link, self._file = link, file

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        return self._link.execute(statement, values).fetchall()

    def all(self) -> dict[str, Any]:
        runs = self._rows("SELECT run_uuid, name, status, experiment_id FROM runs WHERE lifecycle_stage = 'active'")
        return {
            "runs": sorted(([name, status, self._run(run, place)] for run, name, status, place in runs), key=str),
            "models": self._rows("SELECT name, status, lifecycle_stage, model_type FROM logged_models"),
            "model params": sorted(self._rows("SELECT param_key, param_value FROM logged_model_params")),
            "model metrics": sorted(
                row
                for row in self._rows(
                    "SELECT DISTINCT metric_name, metric_value, dataset_name FROM logged_model_metrics"
                )
                if not row[0].startswith(_TIMES)
            ),
            "experiments": sorted(self._rows("SELECT name, lifecycle_stage FROM experiments")),
            "experiment tags": self._experiment_tags(),
            "datasets": self._rows("SELECT name, digest FROM datasets"),
        }

    def _run(self, run: str, experiment: str) -> dict[str, Any]:
        metrics = self._rows("SELECT key, value, step FROM metrics WHERE run_uuid = ?", run)
        tags = self._rows("SELECT key, value FROM tags WHERE run_uuid = ?", run)
        roots = (self._file.parent / "mlartifacts").glob(f"**/{run}/artifacts")  # a server has a folder per experiment
        root = next(roots, self._file)
        return {
            "metrics": sorted(row for row in metrics if not row[0].startswith(_TIMES)),
            "params": sorted(
                self._rows("SELECT key, value FROM params WHERE run_uuid = ? AND key <> ?", run, _ASKED_FOR)
            ),
            "tags": sorted(row for row in tags if not row[0].startswith(_OF_THE_DAY)),
            "traces": self._traces(run, experiment),
            "files": sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()),
        }

    def _traces(self, run: str, experiment: str) -> list[Any]:
        """(item, status, number of assessments) of each trace of the experiment; others than the run's are strays."""
        found = self._rows(
            "SELECT t.request_id, t.status, (SELECT COUNT(*) FROM assessments a WHERE a.trace_id = t.request_id),"
            " (SELECT value FROM trace_request_metadata m WHERE m.request_id = t.request_id"
            "  AND m.key = 'mlflow.sourceRun'),"
            " (SELECT value FROM trace_tags g WHERE g.request_id = t.request_id AND g.key = 'wae.item_id')"
            " FROM trace_info t WHERE t.experiment_id = ?",
            experiment,
        )
        return sorted(
            (str(item), status, notes, "own" if source == run else "stray") for _, status, notes, source, item in found
        )

    def _experiment_tags(self) -> list[Any]:
        rows = self._rows("SELECT key, value FROM experiment_tags")
        return sorted((key, "" if key.startswith("mlflow.sharedViewState") else value) for key, value in rows)


@pytest.fixture(scope="session")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """One for all, since its imports take seconds.

    In memory where that can be: a killed process loses nothing that a killed machine would, and syncing is free.
    """
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        memory = tmp_path_factory.mktemp("forge")
    with tempfile.TemporaryDirectory(dir=memory, prefix="wild-aieval-") as root:
        made = Forge(Path(root))
        yield made
        made.close()


@pytest.fixture(scope="session")
def differ() -> Any:
    return differences


@pytest.fixture(scope="session")
def seen() -> Any:
    """``seen(scene)``: what a run left, on the disk and in MLflow."""

    def of(scene: Path) -> dict[str, Any]:
        store = scene / "mlflow.db"
        return {"folder": derived(scene / "run"), "mlflow": tracked(store) if store.exists() else None}

    return of
