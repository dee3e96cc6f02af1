"""Whether what reviewers said about an item is so far apart that an adjudicator is asked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from wild_aieval.review.desk.progress import Answer, Said
from wild_aieval.standards import ipc

GRADES_APART = 2


def disagree(task: str, said: Sequence[Said], level: str = "subclass") -> bool:
    """Whether any two of them disagree, or none could decide."""
    if len(said) > 1 and all(one.decision == "cannot_decide" for one in said):
        return True
    return any(_apart(task, one, other, level) for one, other in combinations(said, 2))


def _apart(task: str, one: Said, other: Said, level: str) -> bool:
    return one.decision != other.decision or _ANSWERS[task](one.answer, other.answer, level)


def _symbols(one: Answer, other: Answer, level: str) -> bool:
    """Another main symbol, at the level of the labels."""

    def main(answer: Answer) -> Any:
        symbols = answer.get("symbols") or [""]
        return ipc.truncate(symbols[0], level) if symbols[0] else ""

    return bool(main(one) != main(other))


def _grades(one: Answer, other: Answer, level: str) -> bool:
    """A critical error for one only, or grades two apart."""
    grades = [answer.get("grade") for answer in (one, other)]
    far = None not in grades and abs(int(grades[0] or 0) - int(grades[1] or 0)) >= GRADES_APART
    return bool(far or one.get("critical") != other.get("critical"))


def _relevance(one: Answer, other: Answer, level: str) -> bool:
    """A document that takes novelty or inventive step (X, Y) for one only."""
    strong = [
        {document for document, category in (answer.get("relevant") or {}).items() if category in ("X", "Y")}
        for answer in (one, other)
    ]
    return strong[0] != strong[1]


_ANSWERS = {"classification": _symbols, "translation": _grades, "search": _relevance}
