"""TF-IDF vectors are those of scikit-learn."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from wild_aieval.oversight.signals import words
from wild_aieval.oversight.signals.background import Novelty
from wild_aieval.oversight.signals.words import Words

VOCABULARY = ["pump", "Valve", "größe", "x1", "a", "naïve", "水", "don't", "İstanbul", "half-open", "3.5"]


def texts(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choice(VOCABULARY) for _ in range(draw.randint(0, 30))) for _ in range(count)]


@pytest.mark.parametrize("most", [50_000, 9, 4])
def test_as_scikit_learn_makes_them(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_MOST", most)
    known, given = texts(120, 1), [*texts(40, 2), "", "unknown words"]
    theirs = TfidfVectorizer(sublinear_tf=True, max_features=most, token_pattern=r"(?u)\w+").fit(known)
    ours = Words(known)
    for some in (known, given):
        assert np.allclose(ours.vectors(some).toarray(), theirs.transform(some).toarray(), rtol=0, atol=1e-15)


def test_a_distance_is_the_same_among_others() -> None:
    novelty = Novelty(texts(150, 3))
    given = [*texts(230, 4), "", "unknown"]
    together = novelty.distances(given)
    assert together == [novelty.distance(text) for text in given]
    assert len(set(together)) > 5


def test_known_texts_without_a_word() -> None:
    assert Novelty([""] * 120).distance("a word") == 0.0
