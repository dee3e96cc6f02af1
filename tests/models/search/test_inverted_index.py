"""The index of BM25 against the library bm25s to the last bit, and the choice of the best against a sort."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wild_aieval.items import Document, Query
from wild_aieval.models.search import inverted_index
from wild_aieval.models.search.analysis import Analysis
from wild_aieval.models.search.inverted_index import InvertedIndex, in_memory
from wild_aieval.models.search.selection import best_rows

Build = Callable[..., Any]
WORDS = [f"word{number}" for number in range(300)]


def texts(count: int, words: int, seed: int = 0) -> list[str]:
    chance = random.Random(seed)
    shares = [1 / (place + 1) for place in range(len(WORDS))]
    return [" ".join(chance.choices(WORDS, shares, k=chance.randrange(words))) for _ in range(count)]


@pytest.mark.parametrize("room", [0, 2**28])
@pytest.mark.parametrize(("k1", "b"), [(1.5, 0.75), (0.9, 0.4), (0.0, 0.0)])
def test_scores_are_those_of_bm25s_to_the_last_bit(
    monkeypatch: pytest.MonkeyPatch, room: int, k1: float, b: float
) -> None:
    import bm25s

    monkeypatch.setattr(inverted_index, "_WHOLE", room)
    monkeypatch.setattr(inverted_index, "_BLOCK", 100)
    corpus, order = texts(400, 60), np.random.default_rng(1).permutation(400)
    mine = InvertedIndex(in_memory(Analysis().terms((text, "en") for text in corpus), order, k1, b))
    theirs = bm25s.BM25(k1=k1, b=b, method="lucene")
    theirs.index(bm25s.tokenize(corpus, return_ids=False, show_progress=False), show_progress=False)
    for query in texts(40, 80, seed=2):
        words = [word for word in Analysis().words([query], ["en"])[0] if word in theirs.vocab_dict]
        expected = np.zeros(400, dtype=np.float32)
        expected[order] = theirs.get_scores(words) if words else 0.0
        for size in (400, 399, 17, 0):
            found = np.full(size, 7.0, dtype=np.float32)
            mine.score([*words, "unknown"], found)
            assert found.tolist() == expected[:size].tolist()


@given(st.lists(st.tuples(st.text(), st.sampled_from(["en", "de-AT", "zh", "xx"])), max_size=6))
def test_terms_are_the_words_and_the_words_are_those_of_bm25s(given_texts: list[tuple[str, str]]) -> None:
    import bm25s

    alone, languages = [text for text, _ in given_texts], [language for _, language in given_texts]
    plain = bm25s.tokenize(alone, stopwords=None, return_ids=False, show_progress=False) if alone else []
    assert Analysis(stop_words=None).words(alone, languages) == plain
    analysis = Analysis("auto", None, bigrams=True)
    terms = analysis.terms(given_texts)
    names = {number: word for word, number in terms.vocabulary.items()}
    found: list[list[str]] = [[] for _ in alone]
    for number, owner in zip(terms.numbers.tolist(), terms.owners.tolist(), strict=True):
        found[owner].append(names[number])
    assert found == analysis.words(alone, languages)
    assert terms.lengths.tolist() == [len(words) for words in found]


def test_terms_have_one_number_for_words_with_one_stem() -> None:
    pytest.importorskip("Stemmer")
    terms = Analysis("auto", "auto").terms([("ploughs ploughing the", "en"), ("Pflüge plough", "de")])
    assert terms.numbers.tolist()[:2] == [terms.vocabulary["plough"]] * 2
    assert terms.numbers.tolist()[3] == terms.vocabulary["plough"], "the same stem in another language"
    assert terms.lengths.tolist() == [2, 2]
    assert max(terms.vocabulary.values()) < terms.size


@given(
    st.lists(st.integers(-3, 40), max_size=900),
    st.integers(1, 30),
    st.sampled_from([0.0, 1.5]),
    st.sampled_from([-np.inf, 0.0, 5.0]),
)
def test_the_best_rows_are_those_of_a_sort(listed: list[int], k: int, slack: float, floor: float) -> None:
    scores = np.array(listed, dtype=np.float32)
    above = sorted((score for score in listed if score > floor), reverse=True)
    cut = above[k - 1] - slack if len(above) > k else -np.inf
    expected = [row for row, score in enumerate(listed) if score > floor and score >= cut]
    assert best_rows(scores, k, slack, floor).tolist() == expected


def test_nothing_to_find_and_more_asked_for_than_there_is(build: Build) -> None:
    model = build("bm25")
    queries = [Query("q", "a plough"), Query("r", ""), Query("s", "plough", date="1990-01-01", family="F")]
    model.index([])
    assert model.search(queries, 10) == [[], [], []]
    assert model.search([], 10) == []
    model.index([Document("d1", "", "plough", date="2001-01-01"), Document("d2", "", "plough soil", family="F")])
    first, second, third = model.search(queries, 10)
    assert {hit.id for hit in first} == {"d1", "d2"}
    assert second == third == [], "no word; one document is too late, the other of the own family"
    model.index([Document("d3", "", ""), Document("d4", "", "the")])
    assert model.search(queries, 10) == [[], [], []], "documents without words"
