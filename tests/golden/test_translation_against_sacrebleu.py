"""BLEU, chrF++ and TER from summed statistics against sacreBLEU's corpus_score and its bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF, TER

from wild_aieval.metrics import statistics, translation
from wild_aieval.metrics.aggregates import Aggregate

VOCABULARY = {
    "en": "the housing (12) comprises a first valve and two springs of 10,000 kPa , wherein claim 1 method",
    "pt": "o invólucro (12) compreende uma primeira válvula e duas molas , em que a reivindicação 1 não é",
    "es": "la carcasa (12) comprende una primera válvula y dos resortes según la reivindicación 1 , año",
    "zh": "该 外壳 包括 第一 阀 和 两个 弹簧 ， 根据 权利 要求 1 所述 的 方法 。",
}


def _corpus(language: str, seed: int, n: int = 40) -> tuple[list[str], list[str]]:
    """References of 1 to 25 words; hypotheses with words dropped, replaced and swapped, some empty."""
    generator = np.random.default_rng(seed)
    words, glue = VOCABULARY[language].split(), "" if language == "zh" else " "
    hypotheses, references = [], []
    for number in range(n):
        reference = generator.choice(words, generator.integers(1, 26)).tolist()
        kept = [word for word in reference if generator.random() < 0.85]
        guess = [str(generator.choice(words)) if generator.random() < 0.1 else word for word in kept]
        if len(guess) > 3:
            guess[0], guess[2] = guess[2], guess[0]
        references.append(glue.join(reference))
        hypotheses.append("" if number % 11 == 5 else glue.join(guess))
    return hypotheses, references


EDGES: list[tuple[Sequence[str], Sequence[str]]] = [
    (["the first valve is closed"], ["the first valve is closed"]),
    (["the first valve is open now"], ["the first valve is closed"]),
    (["valve"], ["valve"]),
    (["a b c"], ["a b c"]),
    ([""], ["the valve"]),
    (["", ""], ["the valve", "a spring"]),
    (["qqq www zzz vvv kkk"], ["the first valve is closed"]),
    (["the valve the valve the valve the valve"], ["the valve"]),
    (["the first xx valve yy closed zz"], ["the first valve is closed"]),
    (["the valve"], [""]),
    ([""], [""]),
    (["  the valve .  ", "&quot;x&quot; 1,000.5"], ["the valve.", '"x" 1,000.5']),
]


def _assert_equal(hypotheses: Sequence[str], references: Sequence[str], language: str, tokenizer: str) -> None:
    pairs: list[tuple[Aggregate, Any]] = [
        (translation.bleu(hypotheses, references, language), BLEU(tokenize=tokenizer)),
        (translation.chrf(hypotheses, references), CHRF(word_order=2)),
        (translation.ter(hypotheses, references), TER()),
    ]
    for mine, theirs in pairs:
        expected = theirs.corpus_score(list(hypotheses), [list(references)])
        assert mine.value() == pytest.approx(expected.score, abs=1e-9), expected.name
        assert mine.signature.endswith(theirs.get_signature().format())


@pytest.mark.parametrize("language", ["en", "pt", "es"])
@pytest.mark.parametrize("seed", range(3))
def test_corpora_equal_sacrebleu(language: str, seed: int) -> None:
    _assert_equal(*_corpus(language, seed), language, "13a")


@pytest.mark.parametrize("tag", ["zh", "zh-CN"])
def test_chinese_corpora_equal_sacrebleu(tag: str) -> None:
    _assert_equal(*_corpus("zh", 4), tag, "zh")


@pytest.mark.parametrize(("hypotheses", "references"), EDGES)
def test_edges_equal_sacrebleu(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    _assert_equal(hypotheses, references, "en", "13a")


def test_each_segment_alone_equals_sacrebleu() -> None:
    hypotheses, references = _corpus("pt", 9)
    for aggregate, metric in (
        (translation.bleu(hypotheses, references, "pt"), BLEU()),
        (translation.chrf(hypotheses, references), CHRF(word_order=2)),
        (translation.ter(hypotheses, references), TER()),
    ):
        expected = [metric.corpus_score([h], [[r]]).score for h, r in zip(hypotheses, references, strict=True)]
        assert aggregate.measure(aggregate.rows) == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize("name", ["bleu", "chrf"])
def test_interval_is_that_of_sacrebleu(name: str) -> None:
    hypotheses, references = _corpus("en", 1, n=150)
    if name == "bleu":
        aggregate, metric = translation.bleu(hypotheses, references, "en"), BLEU()
    else:
        aggregate, metric = translation.chrf(hypotheses, references), CHRF(word_order=2)
    score = metric.corpus_score(hypotheses, [references], n_bootstrap=1000)
    mine = statistics.summarise({name: aggregate}, None, 3)[name]
    assert mine.low is not None
    assert mine.high is not None
    assert (mine.high - mine.low) / 2 == pytest.approx(float(score._ci), rel=0.15)
    assert (mine.high + mine.low) / 2 == pytest.approx(float(score._mean), abs=0.2 * float(score._ci))


def test_unlike_numbers_of_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="2 hypotheses for 1 references"):
        translation.chrf(["a", "b"], ["a"])


def test_no_texts_are_not_measured() -> None:
    empty = {"bleu": translation.bleu([], [], "en"), "chrf": translation.chrf([], []), "ter": translation.ter([], [])}
    for value in statistics.summarise(empty, None, 0).values():
        assert (value.value, value.low, value.high, value.n) == (None, None, None, 0)
