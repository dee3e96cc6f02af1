"""Statistics of BLEU and chrF++ against sacreBLEU's: the same integers, whatever the texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF

from wild_aieval.metrics import ngrams, translation, words

ODD = "ab  AB.,;:!?-'\"&<>()[]{}~`^_|\\/%$#@*+=0123\t\n\r\x0b\x1c\x85\u00a0\u2003\u3000é阀门，。😀👩‍🔧\x00\ud800"
PIECES = [
    "the valve",
    "-\n",
    "<skipped>",
    "<ski",
    "pped>",
    "&quot;",
    "&amp;lt;",
    "1.5",
    "2,",
    ".3",
    ". .",
    "..,",
    "1-",
    "x",
]
texts = st.one_of(
    st.text(alphabet=ODD, max_size=40),
    st.lists(st.sampled_from([*PIECES, " "]), max_size=12).map("".join),
    st.text(max_size=20),
)
TOKENIZERS = {"en": "13a", "zh": "zh", "ja": "char"}


def rows_of_sacrebleu(metric: Any, pairs: list[tuple[str, str]]) -> Any:
    return np.array(metric._extract_corpus_statistics([one for one, _ in pairs], [[other for _, other in pairs]]))


@pytest.mark.parametrize("language", TOKENIZERS)
@given(pairs=st.lists(st.one_of(st.tuples(texts, texts), texts.map(lambda text: (text, text))), min_size=1, max_size=6))
@example(pairs=[("", ""), (" ", "a"), ("a", " "), ("a .", "a."), ("a b c d e", "a b c d e")])
@settings(max_examples=150, deadline=None)
def test_the_integers_are_those_of_sacrebleu(language: str, pairs: list[tuple[str, str]]) -> None:
    one, other = [list(side) for side in zip(*pairs, strict=True)]
    bleu = translation.bleu(one, other, language)
    assert (bleu.rows == rows_of_sacrebleu(BLEU(tokenize=TOKENIZERS[language]), pairs)).all()
    assert (translation.chrf(one, other).rows == rows_of_sacrebleu(CHRF(word_order=2), pairs)).all()


@given(st.lists(texts, max_size=5))
@settings(max_examples=300, deadline=None)
def test_words_are_the_tokens_of_13a(given: list[str]) -> None:
    metric = BLEU()
    assert words.of_13a(given) == [metric._preprocess_segment(text).split() for text in given]


def test_many_and_long_and_strange_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of several sizes, and pairs with more different signs than fit into a key."""
    generator = np.random.default_rng(3)
    wide = ["".join(chr(code) for code in generator.integers(0x4E00, 0x9FFF, 3_000)) for _ in range(2)]
    alphabets = ["abcde ", "abcdefghijklmnopqrstuvwxyzäöü ,.", "".join(chr(0x4E00 + n) for n in range(700))]
    pairs = [(wide[0], wide[0][:500] + wide[1][:500])]
    for number in range(400):
        signs = list(alphabets[number % 3])
        text = "".join(generator.choice(signs, generator.integers(0, 80)))
        cut = int(generator.integers(0, len(text) + 1))
        pairs.append((text, text[cut:] + text[:cut]))
    expected = rows_of_sacrebleu(CHRF(word_order=2), pairs)
    one, other = [list(side) for side in zip(*pairs, strict=True)]
    for most in (1, 5_000, ngrams._AT_ONCE):
        monkeypatch.setattr(ngrams, "_AT_ONCE", most)
        assert (translation.chrf(one, other).rows == expected).all()
    assert (translation.bleu(one, other, "en").rows == rows_of_sacrebleu(BLEU(), pairs)).all()
