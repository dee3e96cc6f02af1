"""From 'benchmark init' over 'check' to a released version with its card, as a contributor goes."""

from __future__ import annotations

import argparse
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.commands import benchmark
from wild_aieval.errors import UserError


@pytest.fixture(autouse=True)
def own_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path / "runs"))


def called(*words: object) -> int:
    parser = argparse.ArgumentParser()
    benchmark.add_arguments(parser)
    return benchmark.run(parser.parse_args([str(word) for word in words]))


def started(root: Path, task: str, **options: str) -> Path:
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    assert called("init", "--task", task, "--name", "mine", "--to", root, *words) == 0
    return root / task / "mine"


def findings(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, str]]:
    """The exit code, and the severity of each code."""
    capsys.readouterr()
    code = called("check", "--json", *words)
    found = json.loads(capsys.readouterr().out)["findings"]
    return code, {one["code"]: one["severity"] for one in found}


def put(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def filled(folder: Path) -> None:
    """Rows of one's own, and what only the contributor knows."""
    words = ["plough", "harrow", "seed drill", "mower", "baler", "rake", "hoe", "scythe", "sickle", "spade"]
    rows = [
        {"id": f"r{n}", "title": f"A {word}", "text": f"A {word} of the make {n} turns, cuts or moves what is grown.",
         "main": "A01B 3/00", "family": f"f{n}"}
        for n, word in enumerate(words)
    ]  # fmt: skip
    put(folder / "train.jsonl", rows[:4])
    put(folder / "test.jsonl", rows[4:])
    text = (folder / "benchmark.yaml").read_text(encoding="utf-8")
    text = text.replace("licence: unknown", "licence: CC-BY-4.0  # agreed by letter")
    text = text.replace("contributor: unknown", "contributor: Office of Example")
    text = re.sub(r"confidentiality: \S+", "confidentiality: open", text)
    text = text.replace("label_level: subclass", "label_level: subclass\nlabel_origin: H")
    (folder / "benchmark.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("task", ["classification", "translation", "search"])
def test_a_new_folder_can_be_checked_and_says_what_is_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], task: str
) -> None:
    pair = {"source_language": "en", "target_language": "es"} if task == "translation" else {}
    folder = started(tmp_path, task, **pair)
    code, found = findings(capsys, folder, "--no-floors")
    assert code == 0 and "error" not in found.values()
    assert {"example-rows", "licence-unknown", "contributor-unknown"} <= found.keys()
    assert called("check", folder, "--no-floors", "--strict") == 1


def test_init_asks_for_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []
    answers = iter(["translation", "pairs", str(tmp_path), "Pairs", "", "CC0-1.0", "en", "de"])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or next(answers))
    assert called("init") == 0
    manifest = yaml.safe_load((tmp_path / "translation" / "pairs" / "benchmark.yaml").read_text())
    assert (manifest["title"], manifest["languages"], manifest["licence"]) == ("Pairs", ["en", "de"], "CC0-1.0")
    assert manifest["contributor"] == "unknown" and "[unknown]" in asked[4]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--task and --name"),
        (("--task", "clasification", "--name", "x"), "Did you mean 'classification'"),
        (("--task", "translation", "--name", "x"), "--source-language and --target-language"),
        (("--task", "search", "--name", "Big Set"), "is not a name of lower-case letters"),
        (("--task", "search", "--name", "x", "--licence", "CC-BY"), "SPDX"),
    ],
)
def test_wrong_words_to_init(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UserError, match=told):
        called("init", *words, "--to", tmp_path)
    assert not list(tmp_path.glob("*/*"))


def test_a_version_is_fixed_once_and_held(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = started(tmp_path, "classification")
    assert called("check", folder, "--no-floors", "--release") == 1
    assert "Not released: licence-unknown, contributor-unknown, example-rows" in capsys.readouterr().err
    assert not (folder / "released").exists()
    filled(folder)
    assert called("check", folder, "--no-floors", "--release") == 0
    manifest = (folder / "benchmark.yaml").read_text()
    assert "# agreed by letter" in manifest and set(yaml.safe_load(manifest)["data"]["sha256"]) == {
        "train.jsonl", "test.jsonl",
    }  # fmt: skip
    assert (folder / "released" / "0.1.0.yaml").read_text() == manifest
    code, found = findings(capsys, folder, "--no-floors")
    assert code == 0 and "never-released" not in found

    (folder / "test.jsonl").write_text((folder / "test.jsonl").read_text().replace("spade", "shovel"))
    code, found = findings(capsys, folder, "--no-floors")
    assert code == 1 and found["published-file-changed"] == "error"
    (folder / "test.jsonl").write_text((folder / "test.jsonl").read_text().replace("shovel", "spade"))
    (folder / "benchmark.yaml").write_text(manifest.replace("label_origin: H", "label_origin: G"))
    code, found = findings(capsys, folder, "--no-floors")
    assert code == 1 and found["published-version-changed"] == "error"
    (folder / "benchmark.yaml").write_text(manifest.replace("version: 0.1.0", "version: 0.2.0"))
    code, found = findings(capsys, folder, "--no-floors")
    assert code == 1 and found["supersedes-missing"] == "error"
    raised = manifest.replace("version: 0.1.0", "version: 0.2.0\nsupersedes: 0.1.0")
    (folder / "benchmark.yaml").write_text(raised)
    assert called("check", folder, "--no-floors", "--release") == 0
    assert sorted(path.name for path in (folder / "released").iterdir()) == ["0.1.0.yaml", "0.2.0.yaml"]


def test_the_check_measures_the_floors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = started(tmp_path, "classification")
    filled(folder)
    capsys.readouterr()
    assert called("check", folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    floors = {one["model"]: one["value"] for one in found["floors"]["floors"]}
    assert floors["majority"] == 1.0, "all rows have the same symbol"
    assert called("check", folder) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "floor majority: subclass.first_guess.main 1.000" in said
    assert "too few to tell two systems apart" in said or "Smallest difference" in said


def test_the_card_keeps_the_words_and_renews_the_figures(tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    folder = started(tmp_path, "classification")
    filled(folder)
    readme = folder / "README.md"
    readme.write_text("# Mine\n\nWords of the contributor.\n", encoding="utf-8")
    assert called("card", folder) == 0
    first = readme.read_text(encoding="utf-8")
    assert "Words of the contributor." in first and "| test | 6 | 6 |" in first and "### Floors" in first
    header = yaml.safe_load(first.split("---\n")[1])
    assert header["license"] == "cc-by-4.0" and header["task_categories"] == ["text-classification"]
    for name in ("lengths", "classes", "floors"):
        assert ElementTree.parse(folder / "figures" / f"{name}.svg").getroot().tag.endswith("svg")
        assert f"figures/{name}.svg" in first
    described = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    assert not described.metadata.issues.errors and len(list(described.records("test"))) == 6

    put(folder / "test.jsonl", [{"id": "z", "text": "A rake of a new make.", "main": "A01B 3/00"}])
    assert called("card", folder, "--no-floors") == 0
    second = readme.read_text(encoding="utf-8")
    assert second.count("## Figures") == 1 and "| test | 1 |" in second and "Words of the contributor." in second


def test_a_card_as_json_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = started(tmp_path, "search")
    before = sorted(path.name for path in folder.rglob("*"))
    capsys.readouterr()
    assert called("card", folder, "--json", "--no-floors") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == {"corpus": 1, "queries": 1, "qrels": 1}
    assert sorted(path.name for path in folder.rglob("*")) == before
