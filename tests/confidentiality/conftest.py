"""Planted sentences, a search for them, and a whole office that works on them: one for each class."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.cli import main

_SPEC = importlib.util.spec_from_file_location("searching", Path(__file__).with_name("searching.py"))
assert _SPEC is not None and _SPEC.loader is not None
searching = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(searching)

WORDS = "brass lantern forgets seven quiet walruses near the école"
SUBJECTS = {"A01B": "plough soil", "A61B": "eye test", "G06F": "memory cache", "H04L": "packet router"}


def sentence(field_name: str) -> str:
    """A sentence that stands in one kind of field only."""
    return f"{field_name}quince {WORDS}"


class Office:
    """A place with benchmarks of one class. ``kept``: what stays in the office; all else of the place leaves."""

    def __init__(self, place: Any, name: str, empty_store: Callable[[], Path]) -> None:
        self.place, self.name, self._empty_store = place, name, empty_store
        self.printed: list[str] = []

    @property
    def root(self) -> Path:
        return self.place.root

    def cli(self, *arguments: str, code: tuple[int, ...] = (0, 2)) -> str:
        """One command in this process, whose output is kept among what leaves; tracebacks as a process shows them."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                ended = main(arguments)
            except Exception:  # noqa: BLE001  debug=true raises
                traceback.print_exc()
                ended = 1
        self.printed.append(said.getvalue())
        assert ended in code, f"{arguments}: {self.printed[-1]}"
        return self.printed[-1]

    def run(self, task: str, model: str, *more: str, folder: str = "run", code: tuple[int, ...] = (0, 2)) -> str:
        return self.cli(
            f"model={model}", f"benchmark={task}/guarded", f"benchmark_roots=[{self.place.benchmarks}]",
            f"hydra.run.dir={self.root}/{folder}", f"tracking.uri={self.uri}", "debug=true", *more, code=code,
        )  # fmt: skip

    @property
    def uri(self) -> str:
        """The address of an MLflow store of its own."""
        file = self.root / "mlflow" / "mlflow.db"
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            shutil.copyfile(self._empty_store(), file)
        return f"sqlite:///{file}"

    def leaving(self, *files: Path) -> list[Path]:
        """What leaves: the store, pages, comparisons, what was printed, and what lies in the temporary folder."""
        said = self.root / "printed.txt"
        said.write_text("\n".join(self.printed), encoding="utf-8")
        return [path for path in (said, self.root / "mlflow", self.root / "tmp", *files) if path.exists()]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow store without runs. Its tables take seconds to make, so each test gets a copy."""
    file = tmp_path_factory.mktemp("store") / "mlflow.db"
    code = f"from wild_aieval.tracking.opening import open_store; open_store('sqlite:///{file}')"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return file


@pytest.fixture
def office(request: pytest.FixtureRequest, place: Any, monkeypatch: pytest.MonkeyPatch) -> Office:
    """One benchmark of each task, of the class that the test names; every kind of field has its own sentence."""
    made = Office(place, request.param, lambda: request.getfixturevalue("empty_store"))
    (place.root / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(place.root / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(place.root / "tmp"))
    monkeypatch.chdir(place.root)
    facts = {"confidentiality": request.param, "label_origin": "H"}
    rows = [
        {
            "id": f"case-{symbol}-{number}-zeppelin", "title": sentence("title") if number else "", "main": symbol,
            "text": f"{words} {sentence('text')} number {number}", "date": f"{2001 + number % 3}-01-02", "office": "EP",
        }
        for number in range(12)
        for symbol, words in SUBJECTS.items()
    ]  # fmt: skip
    train = [
        {**row, "id": f"t{number}", "text": f"{row['text']} {sentence('train')}"} for number, row in enumerate(rows)
    ]
    place.classification(rows, train, name="guarded", **facts)
    segments = [
        {"id": f"s{n}", "source": f"{sentence('source')} {n}", "target": f"{sentence('target')} {n}"} for n in range(12)
    ]
    place.translation(segments, name="guarded", confidentiality=request.param)
    corpus = [{"id": f"c{n}", "text": f"{sentence('corpus')} {n}", "date": "2001-01-01"} for n in range(6)]
    queries = [{"id": f"q{n}-zeppelin", "text": f"{sentence('query')} {n}", "date": "2005-01-01"} for n in range(12)]
    place.search(corpus, queries, [(f"q{n}-zeppelin", f"c{n % 6}", "1") for n in range(12)], name="guarded",
                 confidentiality=request.param)  # fmt: skip
    return made


def tool(office: Office, code: str, **settings: Any) -> tuple[str, ...]:
    """A program of the user as a candidate of translation; returns the options that name it."""
    file = office.root / "secretfile quince tool.py"
    file.write_text(f"import json, sys\nfor line in sys.stdin:\n    item = json.loads(line)\n{code}", encoding="utf-8")
    content = {"name": "own", "kind": "command", "tasks": ["translation"], "version": "1",
               "command": ["python3", str(file)]}  # fmt: skip
    return ("--config-dir", office.place.model_file("own", content | settings))


@pytest.fixture
def decide(office: Office) -> Any:
    """``decide(run_folder, comment)``: somebody differs on every item of the batch, and says why."""

    def said(folder: Path, comment: str) -> None:
        from wild_aieval.oversight.ledger.file import FileLedger
        from wild_aieval.review import store

        batch = store.read(folder, store.batches(folder)[0])
        ledger = FileLedger(store.default_ledger(folder))
        for item in batch.items:
            place = {"batch": batch.id, "token": item.token, "mode": item.mode, "active_seconds": 20}
            said = {"answer": {"symbols": ["A01B"]}, "decision": "differs", "rationale": comment}
            ledger.append("review.decision", "ada", "reviewer", place | said)

    return said
