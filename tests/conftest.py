"""A place to run in: tiny benchmarks, a plug-in candidate that misbehaves on order, and the door as a process."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from wild_aieval import settings as schema
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import Benchmark, load
from wild_aieval.evaluate import evaluate
from wild_aieval.metrics.values import MeasureValue
from wild_aieval.paths import conf_dir
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.settings import Settings
from wild_aieval.tasks.base import Row, Scores, Task, clusters_of

_SPEC = importlib.util.spec_from_file_location("figures_plugin", Path(__file__).with_name("figures_plugin.py"))
assert _SPEC and _SPEC.loader
figures_plugin = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(figures_plugin)
pytest_addoption, pytest_configure = figures_plugin.add_option, figures_plugin.register

# What starts the tests in the background may have switched these off, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

SOURCE = Path(__file__).resolve().parents[1] / "src"
MANIFEST: dict[str, Any] = {
    "version": "1.0.0",
    "title": "A small one",
    "description": "For tests.",
    "languages": ["en"],
    "licence": "CC0-1.0",
    "creation": "Written by hand.",
    "contributor": "the tests",
    "created": "2024-05-01",
    "confidentiality": "open",
}
PLUGIN = '''
"""A candidate that does as the word in its settings says for each item, and logs what it was asked."""

import hashlib, pathlib, sys, time
from typing import Literal

from wild_aieval.items import Failure, Hit, Suggestion, Translation
from wild_aieval.models.protocols import ModelSettings, not_identity
from wild_aieval.models.registry import Kind

SYMBOLS = ["A01B", "A61B", "B60L", "C07D", "E04H", "F16H", "G06F", "H04L"]


class Tricky:
    class Settings(ModelSettings):
        kind: Literal["tricky"]
        does: dict[str, str] = {}
        log: str = not_identity("")
        seconds: float = not_identity(0.0)
        weight: int = 0

    def __init__(self, settings, workplace):
        self.settings, self.corpus = settings, []
        self.note("made")

    def facts(self):
        return {"tricky": "1"}

    def note(self, *words):
        if self.settings.log:
            with pathlib.Path(self.settings.log).open("a") as stream:
                stream.write(" ".join(words) + "\\n")

    def index(self, corpus):
        self.corpus = list(corpus)

    def told(self, item):
        """Whether an earlier process-wide run was asked for this item; the first run (two tries) was not."""
        told = pathlib.Path(self.settings.log + "." + item)
        tries = len(told.read_text()) if told.exists() else 0
        told.write_text("x" * (tries + 1))
        return tries >= 2

    def answers(self, items, good, bad):
        self.note("asked", *(item.id for item in items))
        time.sleep(self.settings.seconds * len(items))
        answers = []
        for item in items:
            what = self.settings.does.get(item.id, "")
            if what == "raise":
                raise RuntimeError("no luck with " + item.id)
            if what == "once" and not self.told(item.id):
                raise RuntimeError("not the first time")
            if what in ("disk", "memory"):
                raise OSError(28, "No space left on device") if what == "disk" else MemoryError
            if what == "exit":
                sys.exit(0)
            if what == "interrupt":
                raise KeyboardInterrupt
            if what == "few":
                continue
            answers.append({"none": None, "failure": Failure("cannot")}[what] if what in ("none", "failure")
                           else bad[what] if what in bad else good(item))
        return answers

    def classify(self, documents):
        def good(document):
            start = hashlib.sha256((document.text + str(self.settings.weight)).encode()).digest()[0]
            return [Suggestion(SYMBOLS[(start + place) % 8], 0.9 / (place + 1)) for place in range(3)]

        bad = {"nan": [Suggestion("A01B", float("nan"))], "empty": [], "unknown": [Suggestion("Q99Z", 0.9)],
               "surrogate": [Suggestion("A\\ud800", 0.9)]}
        return self.answers(documents, good, bad)

    def translate(self, segments):
        bad = {"nan": Translation("x", float("nan")), "empty": Translation(" "), "text-none": Translation(None),
               "surrogate": Translation("\\ud800")}
        return self.answers(segments, lambda segment: Translation(segment.text.upper(), 0.9), bad)

    def search(self, queries, k):
        def good(query):
            return [Hit(document.id, 1.0 / (place + 1)) for place, document in enumerate(self.corpus[:k])]

        first = self.corpus[0].id
        bad = {"nan": [Hit(first, float("nan"))], "empty": [], "unknown": [Hit("nowhere", 1.0)],
               "twice": [Hit(first, 1.0), Hit(first, 0.5)]}
        return self.answers(queries, good, bad)


class Learner(Tricky):
    class Settings(Tricky.Settings):
        kind: Literal["tricky-learner"]

    def fit(self, train):
        self.note("fit", *(item.document.id for item in train))


KIND = Kind(("classification", "translation", "search"), "tricky_plugin:Tricky", "misbehaves on order")
LEARNER = Kind(("classification",), "tricky_plugin:Learner", "the same, with a training part")
'''


class Scored(NamedTuple):
    """Scores, the rows of the items, and the columns that were announced."""

    scores: Scores
    rows: list[Row]
    columns: tuple[str, ...]

    @property
    def measures(self) -> dict[str, MeasureValue]:
        return self.scores.measures

    @property
    def scored(self) -> int:
        return self.scores.scored


class Place:
    """A folder with benchmarks, run folders and the plug-in, and ways to run there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.benchmarks = root / "benchmarks"
        self.benchmarks.mkdir()
        self.plugins = root / "plugins"
        self.log = root / "asked.log"
        plugin(self.plugins, {"tricky": "tricky_plugin:KIND", "tricky-learner": "tricky_plugin:LEARNER"}, PLUGIN)

    def write(self, task: str, name: str, manifest: Mapping[str, Any], files: Mapping[str, str]) -> Path:
        """A benchmark folder with a good manifest, changed by ``manifest``."""
        folder = self.benchmarks / task / name
        folder.mkdir(parents=True, exist_ok=True)
        content = {"name": name, "task": task, **MANIFEST, **manifest}
        (folder / "benchmark.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        return folder

    def classification(
        self,
        test: Sequence[Mapping[str, Any]],
        train: Sequence[Mapping[str, Any]] = (),
        name: str = "tiny",
        **extra: Any,
    ) -> Path:
        """A classification benchmark of IPC subclasses."""
        parts = {"train": train, "test": test} if train else {"test": test}
        manifest = {
            "scheme": "IPC",
            "edition": "2023.01",
            "data": {"format": "jsonl", "files": {part: f"{part}.jsonl" for part in parts}},
        }
        files = {f"{part}.jsonl": lines(rows) for part, rows in parts.items()}
        return self.write("classification", name, manifest | extra, files)

    def translation(self, test: Sequence[Mapping[str, Any]], name: str = "tiny", **extra: Any) -> Path:
        """A translation benchmark, English to Spanish."""
        manifest = {
            "languages": ["en", "es"],
            "source_language": "en",
            "target_language": "es",
            "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
        }
        return self.write("translation", name, manifest | extra, {"test.jsonl": lines(test)})

    def search(
        self,
        corpus: Sequence[Mapping[str, Any]],
        queries: Sequence[Mapping[str, Any]],
        qrels: Sequence[tuple[str, str, str]],
        name: str = "tiny",
        **extra: Any,
    ) -> Path:
        """A search benchmark; dates and families stand at the top of a row here."""

        def beir(row: Mapping[str, Any]) -> dict[str, Any]:
            facts = {"date": row.get("date"), "family_id": row.get("family")}
            facts |= {name: row.get(name) for name in ("abstract", "claims", "language")}
            known = {key: value for key, value in facts.items() if value}
            return {"_id": row["id"], "title": row.get("title", ""), "text": row["text"], "metadata": known}

        manifest = {
            "data": {
                "format": "beir",
                "files": {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "qrels.tsv"},
            }
        }
        files = {
            "corpus.jsonl": lines(map(beir, corpus)),
            "queries.jsonl": lines(map(beir, queries)),
            "qrels.tsv": "query-id\tcorpus-id\tscore\n" + "".join("\t".join(row) + "\n" for row in qrels),
        }
        return self.write("search", name, manifest | extra, files)

    def open(self, folder: Path) -> Benchmark:
        """The benchmark in memory."""
        return load(Entry(f"{folder.parent.name}/{folder.name}", folder))

    def score(self, task: Task, benchmark: Benchmark, answers: Sequence[Any], at_a_time: int = 1000) -> Scored:
        """The answers to all items of a benchmark scored, some at a time."""
        items = task.items(benchmark)
        scorer, rows = task.scorer(benchmark, items), []
        for start in range(0, len(items), at_a_time):
            rows += scorer.add(items[start : start + at_a_time], answers[start : start + at_a_time])
        return Scored(scorer.scores(clusters_of(items), 0), rows, scorer.columns)

    def settings(self, model: str | Mapping[str, Any], benchmark: str | list[str] = "tiny", **changes: Any) -> Settings:
        """Checked settings: the project's own option files with changes."""

        def option(group: str, name: str) -> dict[str, Any]:
            content: dict[str, Any] = yaml.safe_load((conf_dir() / group / f"{name}.yaml").read_text(encoding="utf-8"))
            return content

        raw: dict[str, Any] = {
            "model": option("model", model) if isinstance(model, str) else dict(model),
            "oversight": option("oversight", "default") | changes.pop("oversight", {}),
            "tracking": option("tracking", "none"),
            "inference": {"name": "local", "chunk_size": changes.pop("chunk_size", 4)},
            "benchmark": benchmark,
            "benchmark_roots": [str(self.benchmarks)],
            "progress": False,
        }
        return schema.read(raw | changes)

    def tricky(self, does: Mapping[str, str] | None = None, **settings: Any) -> dict[str, Any]:
        """Model settings of the plug-in candidate, which logs what it is asked."""
        return {"name": "tricky", "kind": "tricky", "does": dict(does or {}), "log": str(self.log)} | settings

    def asked(self) -> list[str]:
        """Ids that the plug-in candidate was asked so far, repeated ones included; the log starts anew."""
        rows = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [word for row in rows for word in row.split()[1:]]

    def run(
        self, model: str | Mapping[str, Any], folder: str = "run", **changes: Any
    ) -> tuple[dict[str, Any], RunFolder]:
        """Evaluate in this process; returns the summary and the run folder."""
        place = RunFolder(self.root / folder)
        return evaluate(self.settings(model, **changes), place), place

    def environment(self) -> dict[str, str]:
        """For processes: the package and the plug-in importable, results in this place, no network."""
        own = {
            "PYTHONPATH": f"{SOURCE}{os.pathsep}{self.plugins}",
            "WILD_AIEVAL_RUNS": str(self.root / "runs"),
            "HF_HUB_OFFLINE": "1",
            "PYTHONUNBUFFERED": "1",
        }
        kept = {key: value for key, value in os.environ.items() if key != "HYDRA_FULL_ERROR"}
        return kept | own

    def start(self, *arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """The door as a process of its own."""
        command = [sys.executable, "-m", "wild_aieval", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self.environment(), cwd=cwd or self.root, text=True, stdout=pipe, stderr=pipe
        )

    def cli(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the door to its end."""
        process = self.start(*arguments, cwd=cwd)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def model_file(self, name: str, content: Mapping[str, Any]) -> str:
        """Write a user's own model file; returns the folder for --config-dir."""
        folder = self.root / "own" / "model"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(dict(content)), encoding="utf-8")
        return str(folder.parent)


def plugin(folder: Path, kinds: Mapping[str, str], code: str) -> None:
    """A distribution as pip would lay it down: a module and its metadata with entry points ``kind: module:OBJECT``."""
    folder.mkdir(exist_ok=True)
    module = next(iter(kinds.values())).partition(":")[0]
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
    entries = "".join(f"{name} = {target}\n" for name, target in kinds.items())
    (info / "entry_points.txt").write_text(f"[wild_aieval.models]\n{entries}", encoding="utf-8")


def lines(rows: Any) -> str:
    """JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests first: at the end, one process would be waited for with all of them."""

    def long(item: pytest.Item) -> int:
        return 2 if item.get_closest_marker("real_data") else 1 if item.get_closest_marker("slow") else 0

    ranks: dict[Path, int] = {}
    for item in items:
        ranks[item.path] = max(long(item), ranks.get(item.path, 0))
    items.sort(key=lambda item: -ranks[item.path])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium of the system, through playwright; skipped where there is none.

    One at a time: playwright refuses a second in a thread, and holds the thread's event loop while it is open.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """An own place for each test."""
    made = Place(tmp_path)
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.syspath_prepend(str(made.plugins))
    sys.modules.pop("tricky_plugin", None)
    yield made
    sys.modules.pop("tricky_plugin", None)


@pytest.fixture
def documents() -> list[dict[str, Any]]:
    """Ten documents to classify, two for each of five subclasses."""
    texts = {"A01B": "a plough for soil", "A61B": "an eye test device", "G06F": "a memory cache unit"}
    texts |= {"B60L": "a battery of a vehicle", "H04L": "a packet network router"}
    return [
        {"id": f"d{number}", "text": f"{text} number {number}", "main": symbol}
        for number, (symbol, text) in enumerate([*texts.items(), *texts.items()])
    ]


@pytest.fixture
def write_plugin() -> Callable[[Path, Mapping[str, str], str], None]:
    """``write_plugin(folder, {kind: "module:OBJECT"}, code)`` writes a distribution with entry points."""
    return plugin
