"""Four ways in which evaluation harnesses have printed wrong numbers, each held against this one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.items import Failure
from wild_aieval.metrics import statistics, translation
from wild_aieval.models.embeddings.encoder import Encoder, EncoderSettings
from wild_aieval.models.protocols import Workplace
from wild_aieval.tasks import task_named

CORPUS = [{"id": f"c{number:02d}", "text": f"document {number}"} for number in range(30)]
QUERIES = [{"id": f"q{number:02d}", "text": f"query {number}"} for number in range(20)]
QRELS = [(f"q{number:02d}", f"c{number:02d}", "X") for number in range(20)]


def test_half_the_queries_unanswered_gives_half_the_score(place: Any) -> None:
    task = task_named("search")
    benchmark = place.open(place.search(CORPUS, QUERIES, QRELS))
    whole = [[[f"c{number:02d}", 1.0]] for number in range(20)]
    half: list[Any] = [Failure("no answer") if number % 2 else answer for number, answer in enumerate(whole)]
    best, halved = (place.score(task, benchmark, answers).measures for answers in (whole, half))
    for name in ("recall_10", "ndcg_10", "map_100", "mrr_100", "pres_100"):
        assert best[name].value == 1.0, name
        assert halved[name].value == pytest.approx(0.5), name
        assert (best[name].n, halved[name].n) == (20, 20), "an unanswered query stays in the denominator"


@pytest.mark.slow
def test_two_models_that_share_a_cache_never_share_an_answer(place: Any, tmp_path: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    texts = ["plough soil", "eye patient", "memory cache"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *" ".join(texts).split()]
    encoders = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
        folder = tmp_path / f"weights-{seed}"
        BertModel(BertConfig(vocab_size=len(words), **shape)).save_pretrained(folder)
        BertTokenizer(vocab={word: number for number, word in enumerate(words)}).save_pretrained(folder)
        settings = EncoderSettings.model_validate({"name": "same", "kind": "embedding", "path": str(folder)})
        encoders.append(Encoder(settings, Workplace(0, tmp_path / "cache")))
    first, second = (encoder.encode(texts) for encoder in encoders)
    assert not np.allclose(first, second, atol=1e-3)
    for encoder, vectors in zip(encoders, (first, second), strict=True):
        np.testing.assert_array_equal(encoder.encode(texts), vectors)
    place.classification([{"id": "d", "text": "soil", "main": "A01B"}])
    place.run(place.tricky(weight=1), folder="run")
    place.asked()
    place.run(place.tricky(weight=2), folder="run")
    assert place.asked() == ["d"], "the journal of a run folder is no other model's"


def test_the_error_of_a_corpus_measure_is_that_of_the_bootstrap_and_does_not_shrink_with_resamples() -> None:
    generator = np.random.default_rng(0)
    words = ["the", "housing", "comprises", "a", "first", "valve", "and", "two", "springs", "wherein", "the", "claim"]
    references = [" ".join(generator.choice(words, generator.integers(4, 16))) for _ in range(150)]
    guesses = [" ".join(w if generator.random() < 0.8 else "x" for w in text.split()) for text in references]
    aggregate = translation.chrf(guesses, references)
    widths = []
    for resamples in (1000, 8000):
        found = statistics.summarise({"chrf": aggregate}, None, 0, resamples)["chrf"]
        assert found.low is not None
        assert found.high is not None
        widths.append(found.high - found.low)
    draws = generator.integers(0, 150, (4000, 150))
    counts = np.stack([np.bincount(draw, minlength=150) for draw in draws]).astype(float)
    deviation = aggregate.measure(counts @ aggregate.rows).std()
    assert widths[0] == pytest.approx(widths[1], rel=0.08), "eight times the resamples, the same width"
    assert widths[1] / (2 * statistics.Z_95) == pytest.approx(deviation, rel=0.08)


def test_a_ranking_of_nothing_but_ties_does_not_depend_on_its_order(place: Any) -> None:
    task = task_named("search")
    benchmark = place.open(place.search(CORPUS, QUERIES, QRELS))
    shuffler = random.Random(5)
    found = []
    for _ in range(5):
        answers = [[[row["id"], 0.5] for row in shuffler.sample(CORPUS, len(CORPUS))] for _ in QUERIES]
        found.append({name: m.value for name, m in place.score(task, benchmark, answers).measures.items()})
    assert all(values == found[0] for values in found)
    assert found[0]["mrr_100"] == pytest.approx(np.mean([1 / (number + 1) for number in range(20)]))
