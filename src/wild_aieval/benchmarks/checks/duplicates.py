"""Texts that stand in a benchmark twice, or nearly so: within the test, across the split, query and document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wild_aieval.benchmarks.checks.finding import Finding, Severity
from wild_aieval.benchmarks.checks.shingles import THRESHOLD, near_pairs
from wild_aieval.benchmarks.checks.subject import Fields, Hits, Subject, many

FEWEST_WORDS = 5  # shorter texts are alike by chance
_FIELDS = {"classification": ("title", "text"), "translation": ("source",), "search": ("title", "text")}


class _Kind(NamedTuple):
    code: str
    severity: Severity
    what: str
    remedy: str


_KINDS = {
    ("test", "test"): _Kind(
        "near-duplicate-test", "warning", "in the test", "Keep one of each, or put both into one cluster."
    ),
    ("train", "test"): _Kind(
        "near-duplicate-train-test", "warning", "across train and test", "Take it out of one of the two."
    ),
    ("train", "train"): _Kind(
        "near-duplicate-train", "note", "in train", "The test is not touched; keep one of each unless it is meant."
    ),
    ("corpus", "corpus"): _Kind(
        "near-duplicate-corpus",
        "note",
        "in the corpus",
        "Give both the same family, so that either counts as found, or keep one.",
    ),
    ("corpus", "queries"): _Kind(
        "near-duplicate-query-corpus",
        "warning",
        "of a query and a document",
        "If it is the query's own document or family, say so under 'family', or take it out of the corpus.",
    ),
    ("queries", "queries"): _Kind(
        "near-duplicate-queries", "warning", "among the queries", "Keep one of each, or put both into one cluster."
    ),
}


class _Row(NamedTuple):
    part: str
    where: str
    fields: Fields


def near_duplicates(subject: Subject) -> Iterator[Finding]:
    """``near-duplicate-…``: runs of three words with a Jaccard similarity of at least 0.8 (``shingles``), verified.

    Texts of fewer than 5 words count only where they are equal. What is of one family or one cluster counts apart, as a
    note: the benchmark says itself that it belongs together. Source of the method: Broder 1997, Lee et al. 2022.
    """
    rows = [_Row(part, *placed) for part in ("train", "test", "corpus", "queries") for placed in subject.rows(part)]
    texts = [_text(subject, row.fields) for row in rows]
    found: dict[tuple[str, str, bool], Hits] = {}
    with subject.watch("near-duplicates", len(rows)) as advance:
        for one, other, similarity in near_pairs(texts, advance):
            if len(texts[other].split()) < FEWEST_WORDS and texts[one].casefold() != texts[other].casefold():
                continue
            a, b = rows[one], rows[other]
            related = _related(a.fields, b.fields)
            example = f"'{b.fields['id']}' and '{a.fields['id']}' ({a.where}), similarity {similarity:.2f}"
            found.setdefault((a.part, b.part, related), Hits()).add(b.where, example)
    for (first, second, related), hits in found.items():
        yield from _told(_KINDS[(first, second)], related, hits)


def _told(kind: _Kind, related: bool, hits: Hits) -> Iterator[Finding]:
    pairs = many(hits.count, f"pair of texts {kind.what} is", f"pairs of texts {kind.what} are")
    message = f"{pairs} the same or nearly so (Jaccard similarity of three-word runs ≥ {THRESHOLD})"
    if related:
        yield from hits.finding(f"{kind.code}-related", "note", f"{message}, within a family or cluster as declared.")
    else:
        yield from hits.finding(kind.code, kind.severity, f"{message}: {hits.examples[0]}. {kind.remedy}")


def _related(one: Fields, other: Fields) -> bool:
    return any(one.get(name) and one.get(name) == other.get(name) for name in ("family", "cluster"))


def _text(subject: Subject, fields: Fields) -> str:
    return " ".join(str(fields.get(name) or "") for name in _FIELDS[subject.task])
