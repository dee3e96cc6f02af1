"""A transformers sequence classifier: labels, scores, and weights that are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document

LABELS = ["A01B", "a61b5/00", "G06F", "H04L"]
PRINTED = ["A01B", "A61B 5/00", "G06F", "H04L"]
TEXTS = ["a plough for soil", "an eye test device of a vehicle " * 20, "memory", ""]
Build = Callable[..., Any]


def documents() -> list[Document]:
    return [Document(str(number), "", text) for number, text in enumerate(TEXTS)]


@pytest.mark.parametrize("several", [False, True])
def test_scores_are_softmax_or_sigmoid_of_the_logits(
    build: Build, classifier_folder: Callable[..., Path], several: bool
) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = classifier_folder(LABELS, several)
    answers = build("transformers-classifier", path=str(folder), max_tokens=32).classify(documents())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    for text, answer in zip(TEXTS, answers, strict=True):
        with torch.no_grad():
            logits = model(**tokenizer(text, truncation=True, max_length=32, return_tensors="pt")).logits[0]
        scores = (logits.sigmoid() if several else logits.softmax(dim=0)).tolist()
        expected = sorted(zip(PRINTED, scores, strict=True), key=lambda pair: -pair[1])
        assert [suggestion.symbol for suggestion in answer] == [symbol for symbol, _ in expected]
        assert [suggestion.score for suggestion in answer] == pytest.approx([score for _, score in expected], abs=1e-5)
    total = sum(suggestion.score for suggestion in answers[0])
    assert (total == pytest.approx(1.0)) is not several


def test_batches_do_not_matter_and_only_the_best_are_given(
    build: Build, classifier_folder: Callable[..., Path]
) -> None:
    path = str(classifier_folder(LABELS))
    whole = build("transformers-classifier", path=path, max_tokens=32).classify(documents())
    single = build("transformers-classifier", path=path, max_tokens=32, batch_size=1).classify(documents())
    for one, other in zip(whole, single, strict=True):
        assert [s.symbol for s in one] == [s.symbol for s in other]
        assert [s.score for s in one] == pytest.approx([s.score for s in other], abs=1e-5)
    few = build("transformers-classifier", path=path, max_tokens=32, suggestions=3).classify(documents())
    assert few == [answer[:3] for answer in whole]


@pytest.mark.parametrize(("labels", "bad"), [(["A01B", "agriculture"], "agriculture"), (None, "LABEL_0")])
def test_labels_that_are_no_symbols_are_found_before_the_model_is_loaded(
    build: Build, classifier_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, labels: Any, bad: str
) -> None:
    from transformers import AutoModelForSequenceClassification

    folder = classifier_folder(labels)
    monkeypatch.setattr(AutoModelForSequenceClassification, "from_pretrained", lambda *_: pytest.fail("loaded"))
    with pytest.raises(UserError, match=f"the label '{bad}' in id2label is no classification symbol"):
        build("transformers-classifier", path=str(folder))


def test_labels_are_ordered_by_number(build: Build, classifier_folder: Callable[..., Path]) -> None:
    from wild_aieval.standards import ipc

    names = sorted(symbol for symbol in ipc.valid_symbols() if len(symbol) == 4)[:12]
    model = build("transformers-classifier", path=str(classifier_folder(names)))
    assert model._symbols == names, "10 comes after 9, not after 1"


def test_only_safetensors_are_read(build: Build, classifier_folder: Callable[..., Path]) -> None:
    folder = classifier_folder(LABELS)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UserError, match=r"no \*\.safetensors.*can run code"):
        build("transformers-classifier", path=str(folder))


def test_weights_that_are_damaged_or_do_not_fit_are_one_readable_error(
    build: Build, classifier_folder: Callable[..., Path]
) -> None:
    folder = classifier_folder(LABELS)
    (folder / "model.safetensors").write_bytes(b"no weights")
    model = build("transformers-classifier", path=str(folder))
    with pytest.raises(UserError, match="cannot be loaded"):
        model.classify(documents())


def test_a_device_that_is_not_here_is_one_readable_error(build: Build, classifier_folder: Callable[..., Path]) -> None:
    model = build("transformers-classifier", path=str(classifier_folder(LABELS)), device="cuda:99")
    with pytest.raises(UserError, match=r"model\.device must exist here"):
        model.classify(documents())


def test_code_that_a_model_brings_is_not_run(
    build: Build, classifier_folder: Callable[..., Path], tmp_path: Path
) -> None:
    folder = classifier_folder(LABELS)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {
        "model_type": "evil",
        "auto_map": {"AutoConfig": "evil.Config", "AutoModelForSequenceClassification": "evil.Model"},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be loaded"):
        build("transformers-classifier", path=str(folder)).classify(documents())
    assert not (tmp_path / "ran").exists()


def test_a_run_with_a_tiny_model(place: Any, classifier_folder: Callable[..., Path]) -> None:
    place.classification([{"id": str(n), "text": f"a plough {n}", "main": "A01B"} for n in range(3)])
    model = {"name": "bert", "kind": "transformers-classifier", "path": str(classifier_folder(LABELS))}
    summary, _ = place.run(model)
    assert summary["results"][0]["counts"] == {"asked": 3, "answered": 3, "errors": 0, "scored": 3}
    assert len(summary["runspec"]["model"]["facts"]["files"]) == 64
