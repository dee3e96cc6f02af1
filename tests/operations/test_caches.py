"""What is kept to save time: listed by kind, removed when it was not used, never under a run that is at work."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from wild_aieval.cli import main

DAY = 86_400


@pytest.fixture
def cache(root: Path) -> Path:
    """Entries of several kinds, used 1 to 90 days ago; the folder was made long ago and read a day ago."""
    ages = {
        "embeddings/model/new.vectors": (1, 1), "embeddings/model/old.corpus": (90, 90),
        "embeddings/model/read.corpus": (2, 90),
        "search/old.bm25": (60, 60), "datasets/commit/table.arrow": (60, 60), "weights/model/one.bin": (90, 90),
        "weights/model/two.bin": (1, 90), "embeddings/model/old.corpus.lock": (90, 90),
        "encoders/choice-1.json": (90, 90),
    }  # fmt: skip
    for name, (read, written) in ages.items():
        file = root / "cache" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * 5_000)
        os.utime(file, (time.time() - read * DAY, time.time() - written * DAY))
    return root / "cache"


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, dict[str, Any]]:
    assert main(["runs", "cache", "--json", *words]) == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def files(cache: Path) -> set[str]:
    return {str(file.relative_to(cache)) for file in cache.rglob("*") if file.is_file()}


def test_what_was_not_used_goes_and_nothing_else(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(cache)
    would = {name for name, row in told(capsys, "--unused", "30d").items() if row["goes"]}
    assert would == {"embeddings/model/old.corpus", "search/old.bm25"} and files(cache) == before
    done = {name for name, row in told(capsys, "--unused", "30d", "--yes").items() if row["removed"]}
    assert done == would and files(cache) == before - would
    assert {name for name, row in told(capsys, "--unused", "0d", "--kind", "datasets").items() if row["goes"]} == {
        "datasets/commit"
    }
    told(capsys, "--unused", "0d", "--yes")
    assert files(cache) == {
        "datasets/commit/table.arrow", "embeddings/model/old.corpus.lock", "encoders/choice-1.json",
    }  # fmt: skip
    assert told(capsys, "--unused", "0d", "--kind", "datasets", "--yes")["datasets/commit"]["removed"]
    assert told(capsys) == {}


def test_sizes_by_kind(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = told(capsys)
    assert rows["weights/model"]["bytes"] == sum(
        file.stat().st_blocks * 512 for file in (cache / "weights" / "model").iterdir()
    )
    assert main(["runs", "cache"]) == 0
    said = capsys.readouterr().out
    assert "embeddings" in said and " in 3, last used" in said and "--unused 30d" in said


def test_an_empty_place_has_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "--unused", "30d") == {}


def test_what_goes_while_it_is_listed_is_left_out(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = Path.lstat

    def gone(path: Path) -> os.stat_result:
        if path.name in ("old.bm25", "one.bin"):
            path.unlink(missing_ok=True)
        return state(path)

    monkeypatch.setattr(Path, "lstat", gone)
    found = told(capsys)
    left = (cache / "weights" / "model" / "two.bin").stat()
    assert "search/old.bm25" not in found and found["weights/model"]["bytes"] == left.st_blocks * 512


def test_nothing_goes_while_a_run_is_at_work(
    cache: Path, make: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(cache)
    with FileLock(make("2026-11-06/h") / ".lock"):
        assert main(["runs", "cache", "--unused", "30d", "--yes"]) == 1
    assert "2026-11-06/h is at work" in capsys.readouterr().err and files(cache) == before


def test_a_link_goes_and_what_it_leads_to_stays(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept", encoding="utf-8")
    (cache / "weights" / "link").symlink_to(elsewhere)
    assert told(capsys, "--unused", "0d", "--yes")["weights/link"]["removed"]
    assert not (cache / "weights" / "link").is_symlink() and (elsewhere / "kept").is_file()


@pytest.mark.parametrize(
    "words, reason",
    [
        (["--yes"], "--yes needs --unused AGE"), (["--unused", "soon"], "expected an age"),
        (["--unused", "999999d"], "of at most 36500 days"), (["--kind", "embedings"], "Did you mean 'embeddings'"),
    ],
)  # fmt: skip
def test_wrong_words(cache: Path, words: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(cache)
    assert main(["runs", "cache", *words]) == 1
    assert reason in capsys.readouterr().err and files(cache) == before
