"""MinHash finds what the exact similarity would find, in time that grows with the number of texts only."""

from __future__ import annotations

import random
import time

import pytest

from wild_aieval.benchmarks.checks import shingles
from wild_aieval.benchmarks.checks.shingles import near_pairs

WORDS = [f"w{number}" for number in range(3_000)]


def invented(count: int, generator: random.Random) -> list[str]:
    return [" ".join(generator.choices(WORDS, k=generator.randrange(40, 160))) for _ in range(count)]


def test_all_near_pairs_are_found_and_no_other() -> None:
    generator = random.Random(5)
    texts = invented(300, generator)
    for text in texts[:300]:
        words = text.split()
        for place in generator.sample(range(len(words)), generator.randrange(0, 5)):
            words[place] = "other"
        texts.append(" ".join(words))
    sets = [shingles._shingles(text) for text in texts]
    near = {
        (one, other)
        for one in range(len(texts))
        for other in range(one + 1, len(texts))
        if shingles._jaccard(sets[one], sets[other]) >= 0.8
    }
    found = list(near_pairs(texts))
    assert {(pair.one, pair.other) for pair in found} <= near
    assert len(found) >= 0.98 * len(near) > 150
    assert all(pair.similarity >= 0.8 for pair in found)


def test_case_and_punctuation_do_not_part_texts_and_scripts_without_spaces_are_read() -> None:
    texts = [
        "A valve, of steel!",
        "a VALVE of steel",
        "一种具有阀门的装置和盖子",
        "一种具有阀门的装置和盖子。",
        "",
        "  ",
    ]
    assert [(pair.one, pair.other, pair.similarity) for pair in near_pairs(texts)] == [(0, 1, 1.0), (2, 3, 1.0)]


def test_many_equal_texts_give_one_pair_each() -> None:
    assert len(list(near_pairs(["the same text of some words"] * 500))) == 499


def test_a_large_bucket_is_not_compared_each_with_each() -> None:
    members = list(range(1_000))
    assert len(list(shingles._pairs(members))) < 2_000
    assert len(list(shingles._pairs(members[:10]))) == 45


@pytest.mark.slow
def test_twenty_thousand_texts_take_seconds() -> None:
    texts = invented(20_000, random.Random(6))
    started = time.monotonic()
    assert len(list(near_pairs(texts))) < 5
    assert time.monotonic() - started < 30
