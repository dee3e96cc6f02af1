"""A transformers sequence classifier: labels, scores, and weights that are refused."""

from __future__ import annotations

import importlib.util
import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure

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


def renamed(folder: Path, target: Path, **changed: Any) -> Path:
    """A copy of a model whose config is changed."""
    shutil.copytree(folder, target)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (target / "config.json").write_text(json.dumps(config | changed), encoding="utf-8")
    return target


def test_labels_can_be_mapped_in_the_model_file(
    build: Build, classifier_folder: Callable[..., Path], tmp_path: Path
) -> None:
    folder = classifier_folder(["A01B", "A61B 5/00", "H04L", "G06F"])
    path = str(renamed(folder, tmp_path / "named", id2label=dict(enumerate(["farming", "medicine", "H04L", "other"]))))
    mapping = {"farming": "A01B", "medicine": "a61b5/00", "other": None}
    plain = build("transformers-classifier", path=str(folder))
    mapped = build("transformers-classifier", path=path, labels=mapping)
    for one, other in zip(mapped.classify(documents()), plain.classify(documents()), strict=True):
        assert one == [suggestion for suggestion in other if suggestion.symbol != "G06F"]
    for labels, fault in (
        ({"farming": "A01B"}, "the label 'medicine' in id2label is no classification symbol"),
        ({**mapping, "farmin": "A01B"}, "maps 'farmin', which is not in id2label. Did you mean 'farming'"),
        ({**mapping, "farming": "tractors"}, "maps 'farming' to 'tractors', which is no classification symbol"),
        ({**mapping, "farming": "H04L"}, "several labels stand for 'H04L'"),
        ({"farming": None, "medicine": None, "H04L": None, "other": None}, "no label stands for a symbol"),
    ):
        with pytest.raises(UserError, match=fault):
            build("transformers-classifier", path=path, labels=labels)


def test_a_config_without_labels_can_be_mapped(build: Build, classifier_folder: Callable[..., Path]) -> None:
    model = build("transformers-classifier", path=str(classifier_folder(None)), labels={"LABEL_0": "A", "LABEL_1": "B"})
    assert {suggestion.symbol for suggestion in model.classify(documents())[0]} == {"A", "B"}


def test_the_problem_type_can_be_set(build: Build, classifier_folder: Callable[..., Path], tmp_path: Path) -> None:
    kind, multi = "transformers-classifier", "multi_label_classification"
    folder = classifier_folder(LABELS)
    single, several = str(folder), str(renamed(folder, tmp_path / "several", problem_type=multi))
    wanted = build(kind, path=several).classify(documents())
    assert build(kind, path=single, problem_type=multi).classify(documents()) == wanted
    assert build(kind, path=several, problem_type="auto").classify(documents()) == wanted
    assert build(kind, path=several, problem_type="single_label_classification").classify(documents()) != wanted


def by_hand(folder: Path, views: list[list[int]]) -> Any:
    """Logits of shape (views, labels), each view asked alone."""
    import torch
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return torch.stack([model(torch.tensor([view])).logits[0] for view in views])


LONG = "a plough for soil an eye test device memory cache unit battery of vehicle packet network router " * 3


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(
    ("pooling", "pooled"), [("mean", "probabilities"), ("max", "probabilities"), ("mean", "logits")]
)
def test_windows_read_the_whole_text(
    build: Build, classifier_folder: Callable[..., Path], several: bool, pooling: str, pooled: str
) -> None:
    from transformers import AutoTokenizer

    folder = classifier_folder(LABELS, several)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer(LONG, truncation=True, max_length=20, stride=5, return_overflowing_tokens=True)["input_ids"]
    # The last window is as long as the others: it begins earlier rather than being short.
    ids = tokenizer(LONG, add_special_tokens=False)["input_ids"]
    views = [view for view in encoded if len(view) == 20]
    covered = 18 + 13 * (len(views) - 1)
    if covered < len(ids):
        start = 13 * len(views)
        views.append([encoded[0][0], *ids[start : start + 18], encoded[0][-1]])
    logits = by_hand(folder, views)
    probabilities = (lambda x: x.sigmoid()) if several else (lambda x: x.softmax(dim=-1))
    merge = (lambda x: x.mean(dim=0)) if pooling == "mean" else (lambda x: x.max(dim=0).values)
    scores = probabilities(merge(logits)) if pooled == "logits" else merge(probabilities(logits))
    settings = {"max_tokens": 20, "long_texts": "windows", "overlap": 5, "pooling": pooling, "pooled": pooled}
    answer = build("transformers-classifier", path=str(folder), **settings).classify([Document("1", "", LONG)])[0]
    expected = dict(zip(PRINTED, scores.tolist(), strict=True))
    assert {suggestion.symbol: suggestion.score for suggestion in answer} == pytest.approx(expected, abs=1e-5)


def test_head_and_head_with_tail(build: Build, classifier_folder: Callable[..., Path]) -> None:
    from transformers import AutoTokenizer

    folder = classifier_folder(LABELS)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    first, *ids, last = tokenizer(LONG)["input_ids"]
    for long_texts, kept in (("head", ids[:18]), ("head+tail", ids[:9] + ids[-9:])):
        model = build("transformers-classifier", path=str(folder), max_tokens=20, long_texts=long_texts)
        answer = model.classify([Document("1", "", LONG)])[0]
        expected = by_hand(folder, [[first, *kept, last]]).softmax(dim=-1)[0].tolist()
        found = {suggestion.symbol: suggestion.score for suggestion in answer}
        assert found == pytest.approx(dict(zip(PRINTED, expected, strict=True)), abs=1e-5)


def test_views_cover_every_token_and_fit() -> None:
    from wild_aieval.models.local.long_texts import LongTextSettings, views

    raw = {"name": "n", "kind": "k", "path": "p", "long_texts": "windows", "max_tokens": 12, "overlap": 4}
    settings = LongTextSettings.model_validate(raw)
    for size in range(60):
        found = views(list(range(size)), 10, settings)
        assert sorted({token for view in found for token in view}) == list(range(size))
        assert all(len(view) <= 10 for view in found)
        assert all(second[0] == first[6] for first, second in itertools.pairwise(found))
    with pytest.raises(ValueError, match="overlap must be at most half"):
        LongTextSettings.model_validate(raw | {"overlap": 7})


def test_a_model_that_takes_fewer_tokens_gets_as_many_as_it_takes(
    build: Build, classifier_folder: Callable[..., Path]
) -> None:
    path = str(classifier_folder(LABELS))
    long = [Document("1", "", LONG)]
    most = build("transformers-classifier", path=path, max_tokens=64).classify(long)
    assert build("transformers-classifier", path=path, max_tokens=512).classify(long) == most


def test_scores_that_are_no_numbers_are_errors(build: Build, classifier_folder: Callable[..., Path]) -> None:
    import torch

    model = build("transformers-classifier", path=str(classifier_folder(LABELS)))
    model._load()
    with torch.no_grad():
        model._model.classifier.bias.fill_(float("nan"))
    answers = model.classify(documents())
    assert all(isinstance(answer, Failure) and "no numbers" in answer.message for answer in answers)


def test_an_attention_that_is_not_here_is_one_readable_error(
    build: Build, classifier_folder: Callable[..., Path]
) -> None:
    path = str(classifier_folder(LABELS))
    eager = build("transformers-classifier", path=path, attention="eager")
    sdpa = build("transformers-classifier", path=path, attention="sdpa")
    for one, other in zip(eager.classify(documents()), sdpa.classify(documents()), strict=True):
        assert [s.score for s in one] == pytest.approx([s.score for s in other], abs=1e-4)
    assert eager._model.config._attn_implementation == "eager"
    assert sdpa._model.config._attn_implementation == "sdpa"
    assert eager._settings.identity() != sdpa._settings.identity()
    if importlib.util.find_spec("flash_attn") is None:
        missing = build("transformers-classifier", path=path, attention="flash_attention_2")
        with pytest.raises(UserError, match=r"cannot be loaded.*attention"):
            missing.classify(documents())


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
    with pytest.raises(UserError, match=r"model\.safetensors' is damaged .*10 bytes"):
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
