"""How far reviewers of the same items agree: on the suggestion, on their own answers, and on first answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from wild_aieval.metrics import agreement
from wild_aieval.metrics.agreement import Scale
from wild_aieval.review.report.figure import Figure, bounded
from wild_aieval.review.report.material import Looked, Material, main_symbol
from wild_aieval.review.report.reviews import Answer, Review

GRADES = (1, 2, 3, 4, 5)
NO_PAIR = "no item was decided on by two reviewers"
ONE_ANSWER = "all said the same: chance would agree too"
_BOOTSTRAP = "percentile bootstrap over items"

Unit = tuple[str, dict[str, Hashable]]  # item, and reviewer to what was said of it


def figures(material: Material) -> list[Figure]:
    """Raw agreement, kappa of two reviewers and alpha of any number, for each thing that can be compared."""
    decisions = units(material.looked, lambda review: review.decision if review.decides else None)
    found = _of("decision", decisions)
    found += _of("answer", answers(material), *_scale(material.task))
    if material.level:
        firsts = units(material.looked, lambda review: main_symbol(review.first, material.level))
        found += _of("first_answer", firsts)
    return found


def answers(material: Material) -> list[Unit]:
    """What each reviewer answered in the end: main symbol, grade, or category of each document."""
    if material.task == "search":
        return _documents(material.looked)
    if material.task == "translation":
        return units(material.looked, lambda review: _grade(review.answer))
    return units(material.looked, lambda review: main_symbol(review.answer, material.level) if review.decides else None)


def units(rows: Iterable[Looked], said: Callable[[Review], Hashable | None]) -> list[Unit]:
    """For each item what its reviewers said; what is None is left out."""
    return [
        (row.item.id, {one.reviewer: value for one in row.said.reviews if (value := said(one)) is not None})
        for row in rows
    ]


def confusion(found: Sequence[Unit], most: int = 10) -> dict[str, Any] | None:
    """How often the first of two reviewers said one thing and the second another; the most frequent categories.

    Reviewers are in the order of their pseudonyms; with more than two of them, each item counts its first two.
    """
    pairs = [(unit[one], unit[other]) for _, unit in found if len(unit) > 1 for one, other in [sorted(unit)[:2]]]
    if not pairs:
        return None
    counts: dict[Hashable, int] = {}
    for value in (value for pair in pairs for value in pair):
        counts[value] = counts.get(value, 0) + 1
    names = sorted(sorted(counts, key=lambda value: (-counts[value], str(value)))[:most], key=str)
    table = [[sum(pair == (one, other) for pair in pairs) for other in names] for one in names]
    return {"names": [str(name) for name in names], "table": table, "n": len(pairs), "categories": len(counts)}


def _of(what: str, found: Sequence[Unit], scale: Scale = "nominal", order: Sequence[Hashable] = ()) -> list[Figure]:
    several = [unit for unit in found if len(unit[1]) > 1]
    items, people = [item for item, _ in several], sorted({name for _, unit in several for name in unit})
    things = f"with two reviewers or more ({what.replace('_', ' ')})"
    of, why = (
        f"{'items' if len(set(items)) == len(items) else 'documents'} {things}",
        ONE_ANSWER if several else NO_PAIR,
    )
    many = agreement.within(agreement.pairs_of_many([list(unit.values()) for _, unit in several], order), items)
    n, prefix = len(several), f"review.agreement.{what}"
    figures = [
        bounded(f"{prefix}.raw", agreement.raw(many), n, of, _BOOTSTRAP, why),
        bounded(f"{prefix}.alpha", agreement.alpha(many, scale), n, of, f"{_BOOTSTRAP}; {scale}", why),
    ]
    if len(people) == 2:
        first, second = ([unit[name] for _, unit in several] for name in people)
        pairs = agreement.within(agreement.pairs_of_two(first, second, order), items)
        how = f"{_BOOTSTRAP}; {'quadratic weights' if scale == 'ordinal' else 'no weights'}"
        figures.append(bounded(f"{prefix}.kappa", agreement.kappa(pairs, scale), n, of, how, why))
    return figures


def _scale(task: str) -> tuple[Scale, Sequence[Hashable]]:
    return ("ordinal", GRADES) if task == "translation" else ("nominal", ())


def _grade(answer: Answer) -> int | None:
    grade = answer.get("grade")
    return int(grade) if grade in GRADES else None


def _documents(rows: Iterable[Looked]) -> list[Unit]:
    """One unit for each document of each query."""
    found: dict[tuple[str, str], dict[str, Hashable]] = {}
    for row in rows:
        for review in row.said.reviews:
            for document, category in (review.answer.get("relevant") or {}).items():
                found.setdefault((row.item.id, str(document)), {})[review.reviewer] = str(category)
    return [(item, unit) for (item, _), unit in found.items()]
