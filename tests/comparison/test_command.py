"""``compare`` at the door: folders, sweeps and MLflow runs in, sentences, JSON, a page and an MLflow run out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.cli import main

SYMBOLS = ["A01B", "A61B", "B60L", "C07D"]
ROWS = [{"id": f"d{n:02d}", "text": f"{SYMBOLS[n % 4].lower()} {n}", "main": SYMBOLS[n % 4]} for n in range(40)]
TRAIN = [{**row, "id": f"t{row['id']}"} for row in ROWS]
FIELDS = ("effect", "low", "high", "p", "p_adjusted", "tie_group", "items_needed", "sentence")


@pytest.fixture
def runs(place: Any) -> tuple[str, str]:
    """TF-IDF, which is right here, and the floor."""
    place.classification(ROWS, TRAIN)
    first, second = (str(place.run(model, folder=model)[1].path) for model in ("tfidf", "majority"))
    return first, second


def test_the_sentence_is_printed_and_the_folder_written(
    place: Any, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = place.root / "comparison"
    assert main(["compare", *runs, "--tracking", "none", "--out", str(out)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    written = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    sentence = written["benchmarks"][0]["pairs"][0]["sentence"]
    assert sentence.startswith("On classification/tiny 1.0.0 (n = 40 documents), tfidf is better than majority by ")
    assert sentence in shown
    assert sentence in (out / "report.html").read_text(encoding="utf-8")
    assert str(out) in shown


def test_json_has_the_agreed_fields(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *runs, "--tracking", "none", "--json", "--resamples", "1000"]) == 0
    printed = json.loads(capsys.readouterr().out)
    pair = printed["benchmarks"][0]["pairs"][0]
    assert set(FIELDS) <= set(pair)
    assert pair["effect"] == pytest.approx(0.75)
    assert pair["p"] == pair["p_adjusted"] == pytest.approx(1 / 1001)


@pytest.mark.parametrize(("language", "words"), [("fr", "devance majority"), ("es", "es mejor que majority")])
def test_other_languages(runs: tuple[str, str], capsys: pytest.CaptureFixture[str], language: str, words: str) -> None:
    assert main(["compare", *runs, "--tracking", "none", "--json", "--language", language]) == 0
    assert words in json.loads(capsys.readouterr().out)["benchmarks"][0]["pairs"][0]["sentence"]


def test_a_whole_sweep_is_compared(place: Any, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    sweep = place.root / "sweep"
    sweep.mkdir()
    for number, run in enumerate(runs):
        Path(run).rename(sweep / f"{number}")
    assert main(["compare", str(sweep), "--tracking", "none", "--json"]) == 0
    names = [system["name"] for system in json.loads(capsys.readouterr().out)["benchmarks"][0]["systems"]]
    assert names == ["tfidf", "majority"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere: there is no such folder"),
        (["--resamples", "10"], "--resamples 10: expected at least 1000"),
        (["--measure", "accuracy"], "not all of these runs have the measure 'accuracy'"),
        (["--baseline", "bert"], "--baseline bert: no such system"),
        (["--language", "de"], "invalid choice: 'de'"),
    ],
)
def test_wrong_input_is_one_paragraph(
    runs: tuple[str, str], capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["compare", *runs, *arguments, "--tracking", "none"]) == 1
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown


def test_a_comparison_is_an_mlflow_run_and_runs_are_compared_by_their_ids(
    place: Any, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    import mlflow

    uri = f"sqlite:///{place.root}/mlflow.db"
    ids = []
    for run in runs:
        assert main(["log", run, "--uri", uri, "--json"]) == 0
        ids.append(json.loads(capsys.readouterr().out)["results"][0]["mlflow_run_id"])
    out = place.root / "comparison"
    assert main(["compare", *ids, "--uri", uri, "--json", "--out", str(out)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [system["run"] for system in printed["benchmarks"][0]["systems"]] == ids
    assert json.loads((out / "comparison.json").read_text(encoding="utf-8")) == printed
    client = mlflow.MlflowClient(tracking_uri=uri)
    logged = client.get_run(printed["mlflow_run_id"])
    assert client.get_experiment(logged.info.experiment_id).name == "wild-aieval/comparison"
    pair = printed["benchmarks"][0]["pairs"][0]
    assert pair["sentence"] in logged.data.tags["mlflow.note.content"]
    name = "classification/tiny.subclass.first_guess.main.tfidf_minus_majority"
    assert logged.data.metrics[f"{name}.effect"] == pair["effect"]
    assert logged.data.params["family"] == "all pairs"
    files = {file.path for file in client.list_artifacts(printed["mlflow_run_id"])}
    assert {"comparison.json", "report.html", "pairs.json", "systems.json"} <= files
    assert main(["compare", *runs, "--tracking", "none", "--json"]) == 0
    local = json.loads(capsys.readouterr().out)["benchmarks"][0]["pairs"]
    assert local == printed["benchmarks"][0]["pairs"], "the store holds what the run folders hold"
    assert main(["compare", ids[0], "f" * 32, "--uri", uri, "--tracking", "none"]) == 1
    assert "cannot be fetched" in capsys.readouterr().err


def test_guarded_runs_are_compared_from_their_folders_only(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    import mlflow

    place.classification(ROWS, TRAIN, confidentiality="aggregate-only")
    folders = [str(place.run(model, folder=model)[1].path) for model in ("tfidf", "majority")]
    uri = f"sqlite:///{place.root}/mlflow.db"
    assert main(["log", folders[0], "--uri", uri, "--json"]) == 0
    run_id = json.loads(capsys.readouterr().out)["results"][0]["mlflow_run_id"]
    client = mlflow.MlflowClient(tracking_uri=uri)
    assert not {"statistics.npz", "items.parquet"} & {file.path for file in client.list_artifacts(run_id)}
    assert main(["compare", run_id, folders[1], "--uri", uri]) == 1
    assert "holds no statistics.npz" in capsys.readouterr().err
    assert main(["compare", *folders, "--tracking", "none", "--out", str(place.root / "c")]) == 0
    assert "d07" not in (place.root / "c" / "report.html").read_text(encoding="utf-8")


def test_an_unreachable_store_loses_no_comparison(
    place: Any, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = place.root / "comparison"
    assert main(["compare", *runs, "--uri", "http://127.0.0.1:9", "--out", str(out)]) == 0
    assert f"The comparison is kept in {out}" in capsys.readouterr().err
    assert (out / "comparison.json").is_file()


def test_benchmarks_without_the_measure_or_the_baseline_are_left_out(
    place: Any, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    segments = [{"id": f"s{n}", "source": f"a valve {n}", "target": f"una válvula {n}"} for n in range(12)]
    place.translation(segments)
    others = [str(place.run(m, folder=f"t-{n}")[1].path) for n, m in enumerate((place.tricky(), "copy-source"))]
    common = ["compare", *runs, *others, "--tracking", "none", "--json"]
    for extra, expected in (
        ([], ["classification/tiny", "translation/tiny"]),
        (["--measure", "bleu"], ["translation/tiny"]),
        (["--baseline", "majority"], ["classification/tiny"]),
    ):
        assert main([*common, *extra]) == 0
        assert [group["benchmark"] for group in json.loads(capsys.readouterr().out)["benchmarks"]] == expected
