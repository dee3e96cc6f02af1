"""Answers scored some at a time have the figures, intervals and signatures of all at once."""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from wild_aieval.items import Failure
from wild_aieval.tasks import task_named

SYMBOLS = ["A01B", "A61B", "B60L", "C07D", "E04H", "F16H", "G06F", "H04L"]


def classification(place: Any, chance: random.Random) -> tuple[Any, list[Any]]:
    rows = [{"id": f"d{n}", "text": f"text {n}", "main": chance.choice(SYMBOLS[: 2 + n // 4])} for n in range(30)]
    answers = [
        Failure("no") if n % 11 == 0 else [[symbol, 0.5] for symbol in chance.sample(SYMBOLS, 3)] for n in range(30)
    ]
    return place.classification(rows), answers


def translation(place: Any, chance: random.Random) -> tuple[Any, list[Any]]:
    rows = [
        {"id": f"s{n}", "source": f"valve {n} of {n + 3} mm", "target": f"válvula {n} de {n + 3} mm"} for n in range(30)
    ]
    words = ["válvula", "bomba", "de", "mm", "7"]
    answers = [Failure("no") if n % 9 == 0 else {"text": " ".join(chance.choices(words, k=4)), "score": None}
               for n in range(30)]  # fmt: skip
    return place.translation(rows), answers


def search(place: Any, chance: random.Random) -> tuple[Any, list[Any]]:
    corpus = [{"id": f"c{n}", "text": f"text {n}", "date": "2001-01-01"} for n in range(40)]
    queries = [{"id": f"q{n}", "text": f"query {n}", "date": "2005-01-01"} for n in range(30)]
    # Every third query has nothing to find, so that a part may hold none that can be scored.
    qrels = [(f"q{n}", f"c{chance.randrange(40)}", "1") for n in range(30) if n % 3]
    answers = [
        Failure("no") if n % 8 == 0 else [[f"c{d}", 1 / (d + 1)] for d in sorted(chance.sample(range(40), 12))]
        for n in range(30)
    ]
    return place.search(corpus, queries, qrels), answers


MAKERS = {"classification": classification, "translation": translation, "search": search}


@pytest.mark.parametrize("size", [1, 7, 29])
@pytest.mark.parametrize("task", MAKERS)
def test_parts_give_what_the_whole_gives(place: Any, task: str, size: int) -> None:
    folder, answers = MAKERS[task](place, random.Random(7))
    benchmark, rules = place.open(folder), task_named(task)
    whole, parts = (place.score(rules, benchmark, answers, at) for at in (1000, size))
    assert parts.rows == whole.rows and parts.scored == whole.scored
    assert {name: asdict(value) for name, value in parts.measures.items()} == {
        name: asdict(value) for name, value in whole.measures.items()
    }
    assert all(set(row) <= set(whole.columns) for row in whole.rows)
    for name, aggregate in whole.scores.aggregates.items():
        found = parts.scores.aggregates[name]
        assert found.columns == aggregate.columns and found.signature == aggregate.signature
        assert np.array_equal(_dense(found.rows), _dense(aggregate.rows)), name


def _dense(rows: Any) -> Any:
    return rows if isinstance(rows, np.ndarray) else rows.toarray()
