"""Data sets of the hub whose commit the manifest does not know: resolved once, kept, carried by results."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from wild_aieval.benchmarks import lock
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import load
from wild_aieval.benchmarks.notices import NOT_COMPARABLE, notes
from wild_aieval.benchmarks.places import HUB_COPIES, availability, cache_of
from wild_aieval.benchmarks.sources import revision
from wild_aieval.errors import UserError

ONE, OTHER = "a" * 40, "b" * 40
POINTER = {"id": "office/set", "revision": None, "split": "test"}
ROW = {"id": "s1", "source": "Ploughs", "target": "Arados"}


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv(HUB_COPIES, raising=False)
    return tmp_path / "runs"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """A hub whose newest commit is ONE; keeps what it is asked."""
    asked: list[tuple[str, str]] = []

    def latest(name: str, branch: str) -> str:
        asked.append((name, branch))
        return ONE

    monkeypatch.setattr(lock, "latest", latest)
    return asked


@pytest.fixture
def entry(make: Any) -> Entry:
    made: Entry = make("translation", data={"format": "hub", "files": None, "hub": {"test": POINTER}})
    return made


def commit(entry: Entry) -> str:
    manifest = entry.manifest()
    return lock.commit_of(manifest, entry.path, manifest.data.hub["test"][0])


def copied(root: Path, noted: str = "") -> Path:
    """A copy of the data set as ``hf download --local-dir`` leaves it."""
    copy = root / POINTER["id"]  # type: ignore[operator]
    copy.mkdir(parents=True)
    (copy / "test.jsonl").write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    if noted:
        notes_of = copy / ".cache" / "huggingface" / "download"
        notes_of.mkdir(parents=True)
        (notes_of / "test.jsonl.metadata").write_text(f"{noted}\netag\n1.0\n", encoding="utf-8")
    return copy


def test_the_first_load_asks_the_hub_and_keeps_the_commit(entry: Entry, hub: list[tuple[str, str]]) -> None:
    assert commit(entry) == ONE
    kept = yaml.safe_load((entry.path / "benchmark.lock").read_text(encoding="utf-8"))
    assert kept["version"] == "1.0.0"
    (resolved,) = kept["commits"]
    assert (resolved["id"], resolved["branch"], resolved["commit"]) == ("office/set", "main", ONE)
    assert resolved["resolved"].startswith("20")


def test_later_loads_take_the_lock_without_the_hub(entry: Entry, hub: list[tuple[str, str]]) -> None:
    assert [commit(entry), commit(entry)] == [ONE, ONE]
    assert hub == [("office/set", "main")]


def test_a_branch_is_asked_for_by_its_name(make: Any, hub: list[tuple[str, str]]) -> None:
    pointer = POINTER | {"branch": "refs/convert/parquet"}
    made = make("translation", data={"format": "hub", "files": None, "hub": {"test": pointer}})
    assert commit(made) == ONE
    assert hub == [("office/set", "refs/convert/parquet")]


def test_a_new_version_is_resolved_anew(entry: Entry, hub: list[tuple[str, str]]) -> None:
    commit(entry)
    path = entry.path / "benchmark.yaml"
    path.write_text(path.read_text().replace("1.0.0", "1.1.0"))
    commit(entry)
    assert len(hub) == 2
    assert yaml.safe_load((entry.path / "benchmark.lock").read_text())["version"] == "1.1.0"


def test_a_commit_of_the_manifest_asks_nobody(make: Any, hub: list[tuple[str, str]]) -> None:
    made = make("translation", data={"format": "hub", "files": None, "hub": {"test": POINTER | {"revision": OTHER}}})
    assert commit(made) == OTHER
    assert hub == []
    assert not (made.path / "benchmark.lock").exists()


def test_a_lock_in_a_read_only_place_is_kept_under_runs(
    entry: Entry, hub: list[tuple[str, str]], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def refuse(path: Path, *arguments: Any, **options: Any) -> int:
        if path.parent == entry.path:
            raise PermissionError(13, "Permission denied")
        return write(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", refuse)
    assert [commit(entry), commit(entry)] == [ONE, ONE]
    assert len(hub) == 1
    assert (runs / "locks" / "translation" / "small" / "benchmark.lock").is_file()


def test_without_a_connection_the_remedy_is_told(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(name: str, branch: str) -> str:
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(lock, "latest", unreachable)
    with pytest.raises(UserError) as caught:
        load(entry)
    message = str(caught.value)
    for word in ("translation/small", "office/set", "no route", "Connect once", "$WILD_AIEVAL_HUB_COPIES/office/set"):
        assert word in message
    assert "\n" not in message


def test_the_real_client_offline_gives_the_same_error(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match=r"the hub could not be asked.*Connect once"):
        load(entry)


@pytest.mark.parametrize("answer", ["None", "main", ""])
def test_what_is_no_commit_is_refused(entry: Entry, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(lock, "latest", lambda name, branch: answer)
    with pytest.raises(UserError, match="which is no commit"):
        commit(entry)


@pytest.mark.parametrize("text", ["version: 1.0.0\ncommits: 3\n", "version: 1.0.0\ncommits: [{id: x}]\n"])
def test_a_damaged_lock_says_so(entry: Entry, text: str) -> None:
    (entry.path / "benchmark.lock").write_text(text)
    with pytest.raises(UserError, match=r"benchmark.lock: not a lock.*Delete it"):
        commit(entry)


def test_rows_of_the_hub_are_loaded_at_the_locked_commit_and_the_identity_carries_it(
    entry: Entry, hub: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    asked = []

    class Builder:
        def __init__(self) -> None:
            self.config = SimpleNamespace(data_files={"test": [f"hf://datasets/office/set@{ONE}/test.jsonl"]})

        def download_and_prepare(self) -> None:
            tables = cache_of(ONE) / "office___set" / "default" / "0.0.0" / ONE
            (tables.parent / f"{ONE}.incomplete").mkdir(parents=True)
            (tables.parent / f"{ONE}.incomplete" / "dataset_info.json").touch()
            assert not availability(entry.manifest(), entry.path).here
            tables.mkdir()
            (tables / "dataset_info.json").touch()

        def as_dataset(self, split: str) -> list[dict[str, str]]:
            return [ROW]

    def builder(source: str, config: str | None, **options: Any) -> Builder:
        asked.append((source, options["revision"]))
        return Builder()

    monkeypatch.setattr(datasets, "load_dataset_builder", builder)
    assert not availability(entry.manifest(), entry.path).here
    benchmark = load(entry)
    assert asked == [("office/set", ONE)]
    assert benchmark.identity.revision == f"office/set@{ONE}"
    assert benchmark.identity.unlocked == ()
    assert notes(benchmark.manifest, benchmark.identity) == []
    assert availability(entry.manifest(), entry.path).here


@pytest.mark.parametrize("beside", [True, False], ids=["beside the manifest", "in the folder of copies"])
def test_a_copy_of_unknown_commit_is_read_and_is_not_comparable(
    entry: Entry, hub: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    copied(entry.path if beside else tmp_path / "copies")
    if not beside:
        monkeypatch.setenv(HUB_COPIES, str(tmp_path / "copies"))
    benchmark = load(entry)
    assert hub == []
    assert (benchmark.identity.revision, benchmark.identity.unlocked) == ("", ("office/set",))
    (note,) = notes(benchmark.manifest, benchmark.identity)
    assert note["code"] == NOT_COMPARABLE
    assert "local copy of office/set" in note["text"]


def test_a_copy_that_notes_its_commit_is_comparable(entry: Entry, hub: list[tuple[str, str]]) -> None:
    copied(entry.path, ONE)
    identity = load(entry).identity
    assert (identity.revision, identity.unlocked) == (f"office/set@{ONE}", ())


def test_a_copy_with_a_file_of_its_own_has_no_known_commit(entry: Entry) -> None:
    copy = copied(entry.path, ONE)
    (copy / "more-test.jsonl").write_text(json.dumps(ROW | {"id": "s2"}) + "\n")
    assert revision(entry.manifest(), entry.path).unknown == ("office/set",)


def test_a_copy_of_another_commit_than_the_pinned_one_is_refused(make: Any) -> None:
    made = make("translation", data={"format": "hub", "files": None, "hub": {"test": POINTER | {"revision": OTHER}}})
    copied(made.path, ONE)
    with pytest.raises(UserError, match=rf"of commit {ONE[:12]}….*is pinned to {OTHER[:12]}….*--revision {OTHER}"):
        load(made)


def test_digests_of_the_manifest_pin_a_copy(make: Any, tmp_path: Path) -> None:
    import hashlib

    digest = hashlib.sha256((json.dumps(ROW) + "\n").encode()).hexdigest()
    data = {"format": "hub", "files": None, "hub": {"test": POINTER}, "sha256": {"office/set/test.jsonl": digest}}
    made = make("translation", data=data)
    copied(made.path)
    assert load(made).identity.unlocked == ()
