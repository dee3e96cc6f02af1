"""One evaluation over workers of Ray: the same record as in one process, and nothing lost whoever dies."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import spread
from wild_aieval.errors import UserError
from wild_aieval.records import journal
from wild_aieval.settings import Inference

pytest.importorskip("ray")
pytestmark = pytest.mark.slow
PLUGIN = '''
"""A candidate that notes what it was asked in which process, and dies once at a document that says so."""

import os, pathlib, signal, time
from typing import Literal

from wild_aieval.items import Suggestion
from wild_aieval.models.protocols import ModelSettings, not_identity
from wild_aieval.models.registry import Kind


class Mortal:
    class Settings(ModelSettings):
        kind: Literal["mortal"]
        log: str = not_identity("")
        seconds: float = not_identity(0.0)

    def __init__(self, settings, workplace):
        self.settings = settings

    def facts(self):
        return {"mortal": os.environ.get("MORTAL", "1")}

    def classify(self, documents):
        time.sleep(self.settings.seconds)
        grave = pathlib.Path(self.settings.log + ".dead")
        if any("dies" in document.text for document in documents) and not grave.is_file():
            if not grave.exists():
                grave.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        with open(self.settings.log, "a") as stream:
            stream.write("".join(f"{os.getpid()} {document.id}\\\\n" for document in documents))
        return [[Suggestion("A01B", 0.5 + len(document.text) / 1000)] for document in documents]


KIND = Kind(("classification",), "mortal_plugin:Mortal", "dies once")
'''
Write = Callable[[Path, Mapping[str, str], str], None]


@pytest.fixture
def many(place: Any, write_plugin: Write) -> list[str]:
    """Forty documents, and the command line of a run over them."""
    write_plugin(place.root / "mortal", {"mortal": "mortal_plugin:KIND"}, PLUGIN.replace("\\\\n", "\\n"))
    symbols = ["A01B", "A61B", "B60L"]
    rows = [
        {"id": f"d{n:02d}", "text": f"{'dies' if n == 21 else 'word'} {n}", "main": symbols[n % 3]} for n in range(40)
    ]
    place.classification(rows)
    own = place.model_file(
        "mortal", {"name": "mortal", "kind": "mortal", "log": str(place.root / "asked"), "seconds": 0.0}
    )
    common = ["--config-dir", own, "model=mortal", "benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]"]
    return [*common, "tracking=none", "progress=false", "inference=ray", "inference.chunk_size=4"]


@pytest.fixture
def asked(place: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Counter[str]]:
    """How often each document was answered; ``.dead`` beside it once somebody died."""
    path = f"{place.root / 'mortal'}{os.pathsep}{place.environment()['PYTHONPATH']}"
    environment = place.environment() | {"PYTHONPATH": path}
    monkeypatch.setattr(type(place), "environment", lambda self: dict(environment))

    def counted() -> Counter[str]:
        return Counter(line.split()[1] for line in (place.root / "asked").read_text().splitlines())

    return counted


def outputs(folder: Path) -> dict[str, Any]:
    return {entry.item_id: (entry.status, entry.output) for entry in journal.read(folder / "journal.jsonl")}


def test_two_workers_give_what_one_process_gives_and_one_may_die(
    place: Any, many: list[str], asked: Callable[[], Counter[str]]
) -> None:
    spread_out = place.cli(*many, f"hydra.run.dir={place.root / 'spread'}")
    assert spread_out.returncode == 0, spread_out.stderr
    assert not [word for word in ("INFO", ".cc:", "ray.data", "Deprecat") if word in spread_out.stderr], (
        "what is told to Ray's makers"
    )
    assert (place.root / "asked.dead").exists()
    counted = asked()
    assert set(counted.values()) == {1}  # what died had answered nothing of its chunk
    assert len({line.split()[0] for line in (place.root / "asked").read_text().splitlines()}) >= 2
    alone = place.cli(*many, "inference.engine=local", f"hydra.run.dir={place.root / 'alone'}")
    assert alone.returncode == 0, alone.stderr
    assert outputs(place.root / "spread") == outputs(place.root / "alone")
    summaries = [json.loads((place.root / name / "summary.json").read_text()) for name in ("spread", "alone")]
    one, other = (summary["results"][0] for summary in summaries)
    assert (one["measures"], one["flags"], one["counts"]) == (other["measures"], other["flags"], other["counts"])
    assert not (place.root / "spread" / "shards").exists()


def test_what_workers_answered_outlives_the_run_that_spread_them(
    place: Any, many: list[str], asked: Callable[[], Counter[str]]
) -> None:
    (place.root / "asked.dead").write_text("nobody dies here")
    folder = place.root / "killed"
    process = place.start(*many, "model.seconds=1.5", f"hydra.run.dir={folder}")
    until = time.monotonic() + 60
    while not any(shard.stat().st_size for shard in folder.glob("shards/*.jsonl")) and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    time.sleep(3)  # the workers notice, and end
    kept = {entry.item_id for shard in folder.glob("shards/*.jsonl") for entry in journal.read(shard)}
    assert 0 < len(kept) < 40
    resumed = place.cli("resume", str(folder))
    assert resumed.returncode == 0, resumed.stderr
    assert len(outputs(folder)) == 40
    counted = asked()
    assert all(counted[name] == 1 for name in kept)
    assert not (folder / "shards").exists()


def test_items_at_which_every_worker_dies_end_the_run(
    place: Any, many: list[str], asked: Callable[[], Counter[str]]
) -> None:
    """As a document does that takes more memory than there is; what the others answered is kept."""
    (place.root / "asked.dead").mkdir()  # no grave can be written, so the next one dies, too
    folder = place.root / "run"
    done = place.cli(*many, f"hydra.run.dir={folder}")
    assert done.returncode == 1
    assert "workers died 3 times at the same items" in done.stderr and "Traceback" not in done.stderr
    kept = set(outputs(folder))
    assert 0 < len(kept) < 40
    assert not (folder / "shards").exists()
    (place.root / "asked.dead").rmdir()
    (place.root / "asked.dead").write_text("nobody dies here")
    done = place.cli(*many, "inference.engine=local", f"hydra.run.dir={folder}")
    assert done.returncode == 0, done.stderr
    counted = asked()
    assert len(counted) == 40 and all(counted[name] == 1 for name in kept)


def test_a_cluster_that_is_not_there(place: Any, many: list[str], asked: object) -> None:
    done = place.cli(*many, "inference.address=127.0.0.1:1", f"hydra.run.dir={place.root / 'run'}")
    assert done.returncode == 1
    assert "the Ray cluster cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_that_sees_something_else_is_refused() -> None:
    job = spread.Job({}, "classification/tiny", "a" * 64, {"kind": "x", "facts": {"torch": "1"}}, "", "")
    with pytest.raises(UserError, match="found other content"):
        spread._the_same(job, "b" * 64, job.identity)
    with pytest.raises(UserError, match="another candidate than the run: facts differ"):
        spread._the_same(job, "a" * 64, {"kind": "x", "facts": {"torch": "2"}})


def test_shards_that_were_taken_in_already_add_nothing(tmp_path: Path) -> None:
    entries = [journal.Entry(f"{n:064x}", "b", f"i{n}", "ok", n, None, 0.1) for n in range(3)]
    (tmp_path / "shards").mkdir()
    with journal.Journal(tmp_path / "journal.jsonl") as whole, journal.Journal(tmp_path / "shards" / "a.jsonl") as part:
        whole.append(entries[:2])
        part.append(entries[1:])
    with journal.Journal(tmp_path / "journal.jsonl") as whole:
        spread.absorb(whole, tmp_path)
    assert [entry.item_id for entry in journal.read(tmp_path / "journal.jsonl")] == ["i0", "i1", "i2"]
    assert not (tmp_path / "shards").exists()


def test_all_of_a_long_shard_is_taken_in(tmp_path: Path) -> None:
    entries = [journal.Entry(f"{n:064x}", "b", f"i{n}", "ok", n, None, 0.1) for n in range(2 * spread._AT_ONCE + 3)]
    (tmp_path / "shards").mkdir()
    with journal.Journal(tmp_path / "shards" / "a.jsonl") as part:
        part.append(entries)
    with journal.Journal(tmp_path / "journal.jsonl") as whole:
        spread.absorb(whole, tmp_path)
    assert [entry.item_id for entry in journal.read(tmp_path / "journal.jsonl")] == [one.item_id for one in entries]


@pytest.mark.parametrize("first", ["ok", "error"])
def test_of_two_shards_with_the_same_item_one_answer_is_taken(tmp_path: Path, first: str) -> None:
    (tmp_path / "shards").mkdir()
    for name, status in zip("ab", [first, "ok" if first == "error" else "error"], strict=True):
        told = (1, None) if status == "ok" else (None, "no luck")
        entries = [journal.Entry(f"{n:064x}", "b", f"i{n}", status, *told, 0.1, {"tokens_in": 5}) for n in range(2)]
        other = journal.Entry("c" * 64, "b", "c", "error", None, "no luck", 0.1)
        with journal.Journal(tmp_path / "shards" / f"{name}.jsonl") as part:
            part.append([*entries, other])
    with journal.Journal(tmp_path / "journal.jsonl") as whole:
        spread.absorb(whole, tmp_path)
    found = [(entry.item_id, entry.status) for entry in journal.read(tmp_path / "journal.jsonl")]
    assert found == [("i0", "ok"), ("i1", "ok"), ("c", "error")]
    assert not (tmp_path / "shards").exists()


def test_the_ways_to_spread_are_settings_that_change_no_answer() -> None:
    assert Inference(name="ray", engine="ray", workers=4, gpus=0.5).cpus == 1
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Inference(name="ray", workers=0)
