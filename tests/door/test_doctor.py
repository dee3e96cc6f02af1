"""``doctor``: what can run here, and why the rest cannot."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wild_aieval.cli import main


def test_the_machine_and_every_candidate_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["libraries"]["torch"]
    rows = {row["model"]: row for row in found["candidates"]}
    assert rows["tfidf"]["here"] == "yes"
    assert "path" in rows["transformers-classifier"]["here"]


def test_a_named_candidate_that_cannot_run_is_exit_1_with_the_reason(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    own = place.model_file("mine", {"name": "mine", "kind": "transformers-classifier", "path": "/nowhere/model"})
    assert main(["doctor", "mine", "--config-dir", own]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "cannot" in shown
    assert "/nowhere/model" in shown
    assert main(["doctor", "bm25"]) == 0
    assert main(["doctor", "bm52"]) == 1
    assert "Did you mean 'bm25'" in capsys.readouterr().err


def test_a_file_that_is_no_model_and_a_broken_adapter_are_told(
    place: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place.model_file("words", {"kind": "unheard-of"})
    own = place.model_file("fine", {"name": "fine", "kind": "bm25"})
    from wild_aieval.models import registry

    def broken(*_: object) -> None:
        raise RuntimeError("libfoo is missing")

    monkeypatch.setattr(registry, "build", broken)
    assert main(["doctor", "words", "fine", "--config-dir", own, "--json"]) == 1
    rows = {row["model"]: row["here"] for row in json.loads(capsys.readouterr().out)["candidates"]}
    assert "there is no model kind 'unheard-of'" in rows["words"]
    assert rows["fine"] == "RuntimeError: libfoo is missing"
