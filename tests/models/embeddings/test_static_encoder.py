"""Static embeddings: by hand, against sentence-transformers, and at work through the same candidate."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document, LabelledDocument, Query
from wild_aieval.models import registry
from wild_aieval.models.embeddings.encoder import EncoderSettings
from wild_aieval.models.embeddings.static_encoder import StaticEncoder
from wild_aieval.models.embeddings.text_encoder import open_encoder
from wild_aieval.models.protocols import Workplace

Build = Callable[..., Any]
WORDS = ["[UNK]", "plough", "soil", "eye", "router", "a"]
MATRIX = np.array([[9, 9, 9], [1, 0, 0], [0.8, 0.2, 0], [0, 1, 0], [0, 0, 1], [0.1, 0.1, 0.1]], dtype=np.float32)


def save(folder: Path, tensors: dict[str, Any], config: dict[str, Any] | None = None) -> Path:
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding(length=20)  # what a folder may bring along must not count as words
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config if config is not None else {"normalize": True}))
    return folder


def encoder(folder: Path, store: Path, **settings: Any) -> Any:
    raw = {"name": "static", "kind": "embedding", "path": str(folder), **settings}
    return open_encoder(EncoderSettings.model_validate(raw), Workplace(0, store))


def unit(rows: Any) -> Any:
    return np.asarray(rows) / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_text_is_the_mean_of_its_known_tokens(tmp_path: Path) -> None:
    folder = save(tmp_path / "m", {"embeddings": MATRIX})
    own = encoder(folder, tmp_path)
    assert isinstance(own, StaticEncoder)
    expected = [(MATRIX[1] + MATRIX[2]) / 2, MATRIX[3]]
    np.testing.assert_allclose(own.encode(["Plough zebra soil", "eye"]), unit(expected), atol=1e-6)
    raw = encoder(folder, tmp_path, normalise=False)
    np.testing.assert_allclose(raw.encode(["plough soil", "eye"]), expected, atol=1e-6)
    np.testing.assert_array_equal(raw.encode(["zebra", ""]), np.zeros((2, 3)))
    np.testing.assert_array_equal(own.encode(["zebra"]), np.zeros((1, 3)))
    assert len(own.encode([])) == 0


def test_quantised_vocabularies(tmp_path: Path) -> None:
    mapping, weight = np.array([0, 0, 0, 1, 2, 2]), np.array([1, 2, 3, 4, 5, 6], dtype=np.float32)
    rows = np.array([[10, 0, 1], [0, -20, 1], [0, 3, 120]], dtype=np.int8)
    folder = save(tmp_path / "m", {"embeddings": rows, "mapping": mapping, "weights": weight})
    found = encoder(folder, tmp_path, normalise=False).encode(["soil eye", "a"])
    np.testing.assert_allclose(found, [(rows[0] * 3.0 + rows[1] * 4.0) / 2, rows[2] * 6.0])


@pytest.mark.parametrize("nested", [False, True])
def test_the_layout_of_sentence_transformers(tmp_path: Path, nested: bool) -> None:
    st = pytest.importorskip("sentence_transformers", reason="the library that these vectors are held against")
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer

    save(tmp_path / "made", {"embeddings": MATRIX})
    table = StaticEmbedding(Tokenizer.from_file(str(tmp_path / "made" / "tokenizer.json")), embedding_weights=MATRIX)
    model = st.SentenceTransformer(modules=[table], device="cpu")
    folder = tmp_path / "saved"
    model.save_pretrained(str(folder))
    if nested and not (folder / "0_StaticEmbedding").is_dir():
        (folder / "0_StaticEmbedding").mkdir()
        for name in ("model.safetensors", "tokenizer.json"):
            (folder / name).rename(folder / "0_StaticEmbedding" / name)
    texts = ["plough zebra soil", "eye", "router a a soil"]
    found = encoder(folder, tmp_path, normalise=False).encode(texts)
    np.testing.assert_allclose(found, model.encode(texts), atol=1e-6)


def test_long_texts_are_cut_as_the_folder_or_the_settings_say(tmp_path: Path) -> None:
    text = "plough " * 3 + "eye " * 600
    declared = save(tmp_path / "d", {"embeddings": MATRIX}, {"max_length": 3})
    silent = save(tmp_path / "s", {"embeddings": MATRIX}, {})
    np.testing.assert_allclose(encoder(declared, tmp_path).encode([text]), MATRIX[1:2], atol=1e-6)
    expected = (3 * MATRIX[1] + 509 * MATRIX[3]) / 512
    np.testing.assert_allclose(encoder(silent, tmp_path, normalise=False).encode([text])[0], expected, atol=1e-5)
    np.testing.assert_allclose(encoder(silent, tmp_path, max_tokens=8, normalise=False).encode([text])[0], (
        3 * MATRIX[1] + 5 * MATRIX[3]
    ) / 8, atol=1e-6)  # fmt: skip


def test_prompts_and_dimension(tmp_path: Path) -> None:
    folder = save(tmp_path / "m", {"embeddings": MATRIX})
    plain = encoder(folder, tmp_path)
    own = encoder(folder, tmp_path, prompt="soil ", query_prompt="eye ")
    np.testing.assert_array_equal(own.encode(["plough"]), plain.encode(["soil plough"]))
    np.testing.assert_array_equal(own.encode(["plough"], queries=True), plain.encode(["eye plough"]))
    np.testing.assert_allclose(encoder(folder, tmp_path, dimension=2).encode(["soil"]), unit([[0.8, 0.2]]), atol=1e-6)


def test_at_work_as_classifier_and_searcher(build: Build, tmp_path: Path) -> None:
    folder = save(tmp_path / "m", {"embeddings": MATRIX})
    model = build("embedding", path=str(folder), head="neighbours", neighbours=1)
    train = [LabelledDocument(Document(t, "", t), s, (s,)) for t, s in (("plough", "A01B"), ("eye", "A61B"))]
    model.fit(train)
    assert model.classify([Document("1", "", "a soil")])[0][0].symbol == "A01B"
    model.index([Document("d1", "", "eye"), Document("d2", "", "plough soil"), Document("d3", "", "router")])
    assert [hit.id for hit in model.search([Query("q", "soil")], 2)[0]] == ["d2", "d1"]
    assert set(model.facts()) == {"files", "tokenizers", "scikit-learn"}


def test_the_store_is_used_and_content_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = encoder(save(tmp_path / "m", {"embeddings": MATRIX}), tmp_path).encode(["plough"])
    other = encoder(save(tmp_path / "o", {"embeddings": MATRIX[::-1]}), tmp_path).encode(["plough"])
    assert not np.allclose(first, other)
    monkeypatch.setattr(StaticEncoder, "_load", lambda self: pytest.fail("the matrix was read"))
    np.testing.assert_array_equal(encoder(tmp_path / "m", tmp_path).encode(["plough"]), first)


@pytest.mark.parametrize(
    ("tensors", "expected"),
    [({"embeddings": MATRIX[:3]}, "3 vectors for the 6 tokens"), ({"embeddings": MATRIX[0]}, "holds no matrix")],
)
def test_a_table_that_does_not_fit_is_a_readable_error(tmp_path: Path, tensors: Any, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        encoder(save(tmp_path / "m", tensors), tmp_path).encode(["plough"])


def test_settings_of_networks_are_refused(tmp_path: Path) -> None:
    folder = save(tmp_path / "m", {"embeddings": MATRIX})
    for settings in ({"pooling": "cls"}, {"dtype": "bfloat16"}):
        with pytest.raises(UserError, match="holds a static model"):
            encoder(folder, tmp_path, **settings)


def test_a_folder_with_a_network_is_not_taken_for_a_table(tmp_path: Path, classifier_folder: Any) -> None:
    folder = classifier_folder(["A01B", "A61B"])
    raw = {"name": "m", "kind": "embedding", "path": str(folder)}
    settings = registry.read_settings(raw, "m")
    assert type(open_encoder(settings, Workplace(0, tmp_path))).__name__ == "Encoder"  # type: ignore[arg-type]
