"""Weights that are damaged or not all there are one error that says so, before anything is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Query, Segment
from wild_aieval.models.embeddings.encoder import Encoder, EncoderSettings
from wild_aieval.models.protocols import Workplace

Build = Callable[..., Any]
LABELS = ["A01B", "G06F", "H04L"]
DOCUMENTS = [Document("d", "", "a plough for soil")]


def changed(folder: Path, target: Path, keep: Callable[[str], bool], rename: str = "", **more: Any) -> Path:
    """A copy of a model with only the tensors that are kept, the leading ``rename`` cut off, and ``more`` of them."""
    target.mkdir()
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    tensors = load_file(folder / "model.safetensors")
    kept = {name.removeprefix(rename): tensor.clone() for name, tensor in tensors.items() if keep(name)}
    save_file(kept | more, target / "model.safetensors", metadata={"format": "pt"})
    return target


def bare(folder: Path, target: Path) -> Path:
    """A BERT classifier without its head and pooler, as a base encoder is saved."""
    return changed(folder, target, lambda name: not name.startswith("classifier") and "pooler" not in name, "bert.")


def encode(folder: Path, cache: Path) -> Any:
    settings = {"name": "enc", "kind": "embedding", "path": str(folder), "runtime": "torch"}
    return Encoder(EncoderSettings.model_validate(settings), Workplace(0, cache)).encode(["a plough for soil"])


def test_a_base_encoder_is_no_classifier(build: Build, classifier_folder: Callable[..., Path], tmp_path: Path) -> None:
    model = build("transformers-classifier", path=str(bare(classifier_folder(LABELS), tmp_path / "base")))
    with pytest.raises(UserError, match=r"lacks bert\.pooler.*classifier\.bias.*random numbers.*sequence classifier"):
        model.classify(DOCUMENTS)


def test_a_classifier_that_lacks_only_its_head_is_refused(
    build: Build, classifier_folder: Callable[..., Path], tmp_path: Path
) -> None:
    folder = changed(classifier_folder(LABELS), tmp_path / "headless", lambda name: not name.startswith("classifier"))
    with pytest.raises(UserError, match=r"lacks classifier\.bias, classifier\.weight, which Bert"):
        build("transformers-classifier", path=str(folder)).classify(DOCUMENTS)


def test_a_base_encoder_is_no_cross_encoder(
    build: Build, classifier_folder: Callable[..., Path], tmp_path: Path
) -> None:
    folder = bare(classifier_folder(["LABEL_0"]), tmp_path / "base")
    model = build("rerank", path=str(folder), member={"name": "bm25", "kind": "bm25"}, max_tokens=32)
    model.index(DOCUMENTS)
    with pytest.raises(UserError, match=r"lacks .*classifier\.weight"):
        model.search([Query("q", "soil")], 3)


def test_a_base_encoder_is_an_encoder_with_or_without_pooler_and_head(
    classifier_folder: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = classifier_folder(LABELS)
    expected = encode(whole, tmp_path / "cache")
    capsys.readouterr()
    np.testing.assert_array_equal(encode(bare(whole, tmp_path / "base"), tmp_path / "cache"), expected)
    assert capsys.readouterr().err == ""


def test_an_encoder_that_lacks_a_layer_is_refused(classifier_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = changed(classifier_folder(LABELS), tmp_path / "short", lambda name: ".layer.1.output.dense" not in name)
    with pytest.raises(UserError, match=r"lacks encoder\.layer\.1\.output\.dense\.bias, .*BertModel"):
        encode(folder, tmp_path)


def test_weights_that_nothing_uses_are_said_once_and_do_no_harm(
    build: Build, classifier_folder: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    whole = classifier_folder(LABELS)
    more = {"bert.encoder.layer.7.extra": torch.zeros(2), "cls.predictions.bias": torch.zeros(2)}
    model = build("transformers-classifier", path=str(changed(whole, tmp_path / "more", lambda _: True, **more)))
    capsys.readouterr()
    answers = [model.classify(DOCUMENTS), model.classify(DOCUMENTS)]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "left out: bert.encoder.layer.7.extra." in said
    assert answers[0] == answers[1] == build("transformers-classifier", path=str(whole)).classify(DOCUMENTS)


def test_a_translator_that_lacks_a_part_is_refused(build: Build, marian_folder: Path, tmp_path: Path) -> None:
    folder = changed(marian_folder, tmp_path / "cut", lambda name: "decoder.layers.0.fc1" not in name)
    with pytest.raises(
        UserError, match=r"lacks model\.decoder\.layers\.0\.fc1\.bias.*translation model \(MarianMTModel"
    ):
        build("transformers-translator", path=str(folder), pairs=["en-es"]).translate([Segment("s", "eye", "en", "es")])


def test_a_chat_model_without_its_last_layer_is_refused(build: Build, chat_folder: Path, tmp_path: Path) -> None:
    folder = changed(chat_folder, tmp_path / "cut", lambda name: not name.startswith("lm_head"))
    prompt = {"system": "", "user": "Classify: {text}"}
    model = build("transformers-chat", path=str(folder), mode="parsed", classification=prompt)
    with pytest.raises(UserError, match=r"lacks lm_head\.weight.*language model that writes text"):
        model.classify(DOCUMENTS)


def test_a_config_of_another_model_is_said_with_shapes(build: Build, classifier_folder: Callable[..., Path]) -> None:
    folder = classifier_folder(LABELS)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    names = {"id2label": {"0": "A01B", "1": "G06F"}, "label2id": {"A01B": 0, "G06F": 1}}
    (folder / "config.json").write_text(json.dumps(config | names), encoding="utf-8")
    with pytest.raises(
        UserError, match=r"another model than its weights: classifier\.bias \(3, not 2\).*3x32, not 2x32"
    ):
        build("transformers-classifier", path=str(folder)).classify(DOCUMENTS)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda whole: whole[:-10], "Copy or download it again"),
        (lambda whole: b"", r"0 bytes\)"),
        (lambda whole: b"\xff" * 100, "header too large"),
        (lambda whole: b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    ],
)
@pytest.mark.parametrize("kind", ["transformers-classifier", "embedding"])
def test_a_damaged_file_is_named(
    build: Build, classifier_folder: Callable[..., Path], kind: str, damage: Any, expected: str
) -> None:
    folder = classifier_folder(LABELS)
    file = folder / "model.safetensors"
    file.write_bytes(damage(file.read_bytes()))
    model = build(kind, path=str(folder))
    with pytest.raises(UserError, match=rf"'{file}' is damaged .*{expected}"):
        model.classify(DOCUMENTS)


def test_a_missing_file_of_several_is_named(build: Build, classifier_folder: Callable[..., Path]) -> None:
    folder = classifier_folder(LABELS)
    names = list(load_file(folder / "model.safetensors"))
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    places = dict.fromkeys(names, "model-00001-of-00002.safetensors") | {names[0]: "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    with pytest.raises(UserError, match=r"model-00002-of-00002\.safetensors' is missing"):
        build("transformers-classifier", path=str(folder)).classify(DOCUMENTS)
