"""Wrong input: one readable paragraph with the nearest valid name, exit code 1, before any candidate is made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.cli import main
from wild_aieval.models import registry

CASES = {
    "modle=tfidf": "'model'",
    "model.ngrms=3": "'ngrams'",
    "model=tfdif": "'tfidf'",
    "model=null": "Valid names: apertium",
    "~model": "cannot be taken away",
    "model=bm25,tfidf": "need -m",
    "benchmark=startr": "'starter'",
    "benchmark=tiny_": "'tiny'",
    "oversight=defalt": "'default'",
    "oversight.audit_probabilty=0.1": "'audit_probability'",
    "oversight.audit_probability=2": "less than or equal to 1",
    "oversight.search.FEW_RESULT=3": "'FEW_RESULTS'",
    "+oversight.search.FEW_RESULT=3": "'FEW_RESULTS'",
    "+oversight.search.DATE_VIOLATION=null": "hard reason",
    "oversight.second_system=/nowhere": "no run folder",
    "tracking=mlflw": "'mlflow'",
    "inference.chunk_size=0": "inference.chunk_size",
    "seed=-1": "seed: ",
    "limit=abc": "limit: ",
    "limit=0": "limit: ",
    "max_error_rate=2": "max_error_rate: ",
    "model.ngrams=[": "no viable alternative at input",
    "+colour=blue": "'colour'",
    "hydra.run.dirr=x": "--cfg hydra",
    "benchmark_roots=[/nowhere]": "/nowhere",
    "+model._target_=os.system": "'_target_' is refused",
    "model.name=a/b": "name: ",
    "rezume": "'resume'",
    "--multirn": "'--multirun'",
    "--cfg=jb": "'job'",
}


def paragraph(text: str) -> str:
    """The text, if it is one readable paragraph as the door prints it; notices of what is left out may go before."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("notice: ")).strip()
    assert body.startswith("wild-aieval: ")
    assert "\n" not in body
    assert "unexpected" not in body
    for leaked in ("Traceback", "HYDRA_FULL_ERROR", "hydra.cc", "To append to your config", "full_key", "object_type"):
        assert leaked not in body
    assert not re.search(r"use \+\w", body)
    assert len(body) < 700
    return body


@pytest.mark.parametrize(("argument", "expected"), CASES.items(), ids=CASES)
def test_one_readable_paragraph(
    place: Any,
    documents: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    argument: str,
    expected: str,
) -> None:
    place.classification(documents, [{"id": "t", "text": "soil", "main": "A01B"}])
    monkeypatch.setattr(registry, "build", lambda *_: pytest.fail("a candidate was made"))
    ground = [f"benchmark_roots=[{place.benchmarks}]"] if "benchmark_roots" not in argument else []
    assert main([argument, "tracking=none" if "tracking" not in argument else "seed=0", *ground]) == 1
    said = capsys.readouterr()
    assert expected in paragraph(said.err)
    assert said.out == ""


def test_a_typo_in_a_model_setting_names_the_settings_of_the_chosen_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model=transformers-classifier", "model.batch_siez=3"]) == 1
    assert "'batch_size'" in paragraph(capsys.readouterr().err)


def test_as_a_process_it_says_the_same(place: Any) -> None:
    done = place.cli("modle=tfidf")
    assert (done.returncode, done.stdout) == (1, "")
    assert "'model'" in paragraph(done.stderr)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["resume", "/nowhere"], "/nowhere"),
        (["rescore", "/nowhere"], "/nowhere"),
        (["log", "/nowhere"], "/nowhere"),
        (["resume"], "run_folder"),
        (["rescore", "--bogus", "x"], "--bogus"),
        (["benchmark", "lst"], "'list'"),
    ],
)
def test_commands(capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str) -> None:
    assert main(arguments) == 1
    assert expected in paragraph(capsys.readouterr().err)


def test_the_path_of_a_model(place: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["model=transformers-classifier", "tracking=none", "benchmark=classification/starter"]
    for path, extra, expected in (
        (tmp_path / "none", [], "there is no model folder"),
        ("office/model", [], "revision"),
        ("office/model", ["model.revision=abc1234"], "neither in the local hub cache"),
        ("package:no_such_package/model", [], "pip install no-such-package"),
        (tmp_path, [], "no config.json"),
    ):
        assert main([*chosen, f"model.path={path}", *extra]) == 1
        assert expected in paragraph(capsys.readouterr().err)


def test_a_run_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert main(["model=majority", "tracking=none", f"hydra.run.dir={file}/run"]) == 1
    assert "hydra.run.dir" in paragraph(capsys.readouterr().err)


def test_a_benchmark_that_does_not_fit(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model=bm25", "benchmark=classification/starter", "tracking=none"]) == 1
    assert "does search, not classification" in paragraph(capsys.readouterr().err)
    assert main(["model=bm25", "benchmark=classification/*", "tracking=none"]) == 1
    assert "none of the chosen benchmarks fits" in paragraph(capsys.readouterr().err)


def test_debug_shows_the_traceback(place: Any) -> None:
    for argument in ("debug=true", "--debug"):
        done = place.cli("seed=-1", argument)
        assert done.returncode == 1
        assert "Traceback" in done.stderr
    assert "Traceback" in place.cli("resume", "/nowhere", "--debug").stderr


@pytest.mark.parametrize(
    "content",
    [
        "name: evil\n_target_: os.system\n",
        "name: evil\nkind: majority\nextra: [{deep: {_target_: os.system}}]\n",
        "# @package _global_\nhydra: {callbacks: {evil: {_target_: tricky_plugin.Tricky}}}\n",
    ],
)
def test_code_in_a_users_file_is_refused(
    place: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "own" / "model").mkdir(parents=True)
    (tmp_path / "own" / "model" / "evil.yaml").write_text(content, encoding="utf-8")
    assert main(["--config-dir", str(tmp_path / "own"), "model=evil", "tracking=none"]) == 1
    said = paragraph(capsys.readouterr().err)
    assert "'_target_' is refused" in said
    assert "evil.yaml" in said


def test_an_adapter_that_breaks_is_no_fault_of_the_user(
    place: Any, documents: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place.classification(documents)

    def broken(*_: Any) -> Any:
        raise BrokenPipeError("a program that the adapter calls went away")

    monkeypatch.setattr(registry, "build", broken)
    folder = place.model_file("tricky", place.tricky())
    run = ["--config-dir", folder, "model=tricky", "benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]"]
    assert main([*run, "tracking=none"]) == 1
    assert "unexpected BrokenPipeError" in capsys.readouterr().err
