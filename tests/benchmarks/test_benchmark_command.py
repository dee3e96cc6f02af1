"""The subcommand ``benchmark``: what it prints and how it ends."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.commands import benchmark
from wild_aieval.errors import UserError


@pytest.fixture(autouse=True)
def no_starters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("wild_aieval.paths.starter_benchmarks", lambda: tmp_path / "none")


def called(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    benchmark.add_arguments(parser)
    return benchmark.run(parser.parse_args([str(word) for word in words]))


def test_list_shows_every_benchmark(make: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make("classification", title="[bold]Odd[/bold] title")
    make("translation")
    assert called("list", "--root", tmp_path / "benchmarks") == 0
    shown = capsys.readouterr().out
    for word in ("classification/small", "IPC subclass", "en → es", "CC0-1.0", "[bold]Odd[/bold] title", "open"):
        assert word in shown


def test_list_shows_a_broken_manifest_and_ends_with_1(
    make: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make("classification", licence=None)
    make("search")
    assert called("list", "--root", tmp_path / "benchmarks") == 1
    shown = capsys.readouterr().out
    assert "broken" in shown
    assert "the field 'licence' is missing" in shown
    assert "search/small" in shown


def test_list_as_json(make: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make("classification", licence=None)
    make("search", synthetic=True)
    assert called("list", "--json", "--root", tmp_path / "benchmarks") == 1
    broken, good = json.loads(capsys.readouterr().out)
    assert "licence" in broken["error"]
    assert (good["name"], good["synthetic"], good["error"]) == ("search/small", True, "")


def test_an_empty_list_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("list") == 0
    assert "benchmark import" in capsys.readouterr().out


def table(folder: Path) -> Path:
    path = folder / "pairs.csv"
    path.write_text("nr,en,es,doc\n1,Ploughs,Arados,A\n2,Harrows,,A\n", encoding="utf-8")
    return path


ARGUMENTS = (
    "--task translation --name pairs --source-language en --target-language es --column id=nr --column source=en"
)


def test_import_prints_counts_places_and_the_next_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, root = table(tmp_path), tmp_path / "root"
    rest = [*ARGUMENTS.split(), "--column", "target=es", "--cluster", "doc", "--skip-bad", "--to", root]
    assert called("import", source, *rest) == 0
    shown = capsys.readouterr().out
    assert "test: 1 rows" in shown
    assert "left out of pairs.csv: 1 rows, empty target" in shown
    assert f"{source}, line 3: the field 'target' is empty" in shown
    assert f"benchmark=translation/pairs 'benchmark_roots=[{root}]'" in shown
    row = json.loads((root / "translation" / "pairs" / "test.jsonl").read_text(encoding="utf-8"))
    assert row == {"id": "1", "source": "Ploughs", "target": "Arados", "cluster": "A"}


def test_import_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rest = [*ARGUMENTS.split(), "--column", "target=en", "--json", "--to", tmp_path]
    assert called("import", table(tmp_path), *rest) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["taken"] == {"test": 2}
    assert report["left_out"]["pairs.csv"] == {"rows": {}, "values": {}, "examples": {}}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "translation"], "--name, --to"),
        (["--task", "t", "--name", "n", "--to", "x", "--column", "text"], "OURS=THEIRS"),
        (["--task", "t", "--name", "n", "--to", "x", "--column", "id=a", "--column", "id=b"], "given twice"),
        (["--task", "t", "--name", "n", "--to", "x", "--train-until", "2010"], "--train-until 2010"),
    ],
)
def test_a_wrong_argument_is_named(tmp_path: Path, words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        called("import", table(tmp_path), *words)


def test_import_of_the_scheme_needs_no_more_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[Any] = []

    def instead(*arguments: Any) -> Any:
        given.extend(arguments)
        raise UserError("enough")

    monkeypatch.setattr("wild_aieval.benchmarks.ipc_scheme.import_scheme", instead)
    with pytest.raises(UserError, match="enough"):
        called("import", "ipc-scheme", "--to", tmp_path)
    assert given == [tmp_path, False, "1.0.0"]
