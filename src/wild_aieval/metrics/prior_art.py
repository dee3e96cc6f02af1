"""The rules of prior-art search, applied to a ranking before it is measured.

Only documents published before the query's date count; family members count once; the query's own
family is no prior art against itself; ties are broken by score (descending), then id (ascending); a
score that is not a number comes last.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JudgedRanking:
    """One query after the rules.

    ``grades``: per rank the grade of the family, -1 where not judged. ``ideal``: the grades of all
    eligible judged families above 0, descending. ``families``: the ranking itself. ``late``: ids in
    the answer that were not published before the query's date (errors of the tool, taken out).
    """

    families: tuple[str, ...]
    grades: tuple[int, ...]
    ideal: tuple[int, ...]
    late: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know of a document or a query: ISO date and family ('' if unknown)."""

    date: str
    family: str


def is_prior_art(document: Facts, query: Facts) -> bool:
    """Published before the query's date and not of its own family; unknown dates count as eligible."""
    return not is_own_family(document, query) and not is_late(document, query)


def is_own_family(document: Facts, query: Facts) -> bool:
    """Of the query's own patent family."""
    return bool(query.family) and document.family == query.family


def is_late(document: Facts, query: Facts) -> bool:
    """Published on or after the query's date."""
    return bool(query.date and document.date) and document.date >= query.date


def judge(
    hits: Sequence[tuple[str, float]],
    judgments: Mapping[str, int],
    corpus: Mapping[str, Facts],
    query: Facts,
) -> JudgedRanking:
    """Apply the rules to the hits (id, score) of one query.

    ``judgments``: grade per document id, 0 for judged not relevant. A family takes its best grade.
    Judged documents outside the corpus cannot be found and do not count; a hit outside it is a KeyError.
    """

    def family_of(document_id: str) -> str:
        return corpus[document_id].family or document_id

    def order(hit: tuple[str, float]) -> tuple[float, str]:
        return (math.inf if math.isnan(hit[1]) else -hit[1], hit[0])

    best: dict[str, int] = {}
    for document_id, grade in judgments.items():
        if document_id in corpus and is_prior_art(corpus[document_id], query):
            family = family_of(document_id)
            best[family] = max(grade, best.get(family, 0))
    ranking: dict[str, None] = {}
    late: dict[str, None] = {}
    for document_id, _ in sorted(hits, key=order):
        if is_late(corpus[document_id], query):
            late.setdefault(document_id)
        elif is_prior_art(corpus[document_id], query):
            ranking.setdefault(family_of(document_id))
    return JudgedRanking(
        families=tuple(ranking),
        grades=tuple(best.get(family, -1) for family in ranking),
        ideal=tuple(sorted((grade for grade in best.values() if grade > 0), reverse=True)),
        late=tuple(late),
    )
