"""A data set in the hub's layout becomes a benchmark folder with its rows."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.load import load
from wild_aieval.commands import benchmark
from wild_aieval.errors import UserError


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("WILD_AIEVAL_HUB_COPIES", str(tmp_path / "copies"))
    folder = tmp_path / "copies" / "office" / "pumps"
    folder.mkdir(parents=True)
    for split, numbers in (("train", range(3)), ("validation", range(3, 5))):
        rows = [{"no": f"p{n}", "abstract": f"A pump number {n}.", "ipc": ["F04C 5/00"]} for n in numbers]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def imported(root: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    benchmark.add_arguments(parser)
    common = ["import", "hub:office/pumps", "--task", "classification", "--name", "pumps", "--to", str(root)]
    columns = ["--column", "id=no", "--column", "text=abstract", "--column", "symbols=ipc"]
    return benchmark.run(parser.parse_args([*common, *columns, *words]))


def test_splits_become_parts(copy: Path, tmp_path: Path) -> None:
    assert imported(tmp_path, "--split", "train=train", "--split", "test=validation", "--revision", "a" * 40) == 0
    found = load(Entry("classification/pumps", tmp_path / "classification" / "pumps"))
    assert {part: [row["id"] for row in rows] for part, rows in found.parts.items()} == {
        "train": ["p0", "p1", "p2"],
        "test": ["p3", "p4"],
    }
    assert found.manifest.data.format == "jsonl" and "test: validation" in found.manifest.creation
    assert "office/pumps" in found.manifest.creation


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--split", "dev=validation"), "has no such part"),
        (("--split", "test=validation", "--split", "test=train"), "given twice"),
        (("--split", "validation"), "expected PART=SPLIT"),
        (("--split", "test=nosuch", "--revision", "a" * 40), "nosuch"),
        (("--split", "test=validation", "--column", "train.id=no"), "no split is given for 'train'"),
    ],
)
def test_wrong_words(copy: Path, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UserError, match=told):
        imported(tmp_path, *words)
    assert not (tmp_path / "classification").exists()
