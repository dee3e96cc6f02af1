"""Judgments of a search benchmark: of known queries and documents, with known grades, enough of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, many


def loose_judgments(subject: Subject) -> Iterator[Finding]:
    """``query-unknown``, ``document-unknown``: judgments of what is not there. Rows with a fault count as there."""
    for name, part, what in (("query_id", "queries", "query"), ("document_id", "corpus", "document")):
        known, hits = subject.raw.ids.get(part, set()), Hits(50)
        for where, fields in subject.rows("qrels"):
            if fields[name] not in known:
                hits.add(where, f"{what} '{fields[name]}'")
        message = (
            f"{many(hits.count, 'judgment names', 'judgments name')} a {what} that is not in {part}: {hits.first}. Add "
            "it, or drop the judgment."
        )
        yield from hits.finding(f"{what}-unknown", "error", message)


def thin_queries(subject: Subject) -> Iterator[Finding]:
    """``query-unjudged``, ``query-without-relevant``, ``query-one-judgment``.

    A query without a relevant document takes no part in the measures. One judgment: such a query is found or not, and
    what else is relevant is unknown.
    """
    grades: dict[str, list[int]] = defaultdict(list)
    for _, fields in subject.rows("qrels"):
        grades[fields["query_id"]].append(fields["grade"])
    unjudged, barren, single = Hits(), Hits(), Hits()
    rows = subject.rows("queries")
    for where, fields in rows:
        found = grades.get(fields["id"], [])
        if not found:
            unjudged.add(where, f"'{fields['id']}'")
        elif max(found) <= 0:
            barren.add(where, f"'{fields['id']}', {many(len(found), 'judgment', 'judgments')}")
        elif len(found) == 1:
            single.add(where, f"'{fields['id']}'")
    remedy = "Judge documents for it, or take it out."
    yield from unjudged.finding(
        "query-unjudged",
        "warning",
        f"{unjudged.count:,} of {len(rows):,} queries have no judgment, and take no part in the measures. {remedy}",
    )
    yield from barren.finding(
        "query-without-relevant",
        "warning",
        f"{barren.count:,} of {len(rows):,} queries have judgments, but no relevant document. {remedy}",
    )
    yield from single.finding(
        "query-one-judgment",
        "note",
        f"{single.count:,} of {len(rows):,} queries have one judgment only: recall of them is 0 or 1, and other "
        "documents may be relevant unseen.",
    )


def grades_of_map(subject: Subject) -> Iterator[Finding]:
    """``grade-outside-map``: a numeric grade other than 0 that the manifest gives no category."""
    known = {0, *subject.manifest.grades.values()}
    hits = Hits()
    for where, fields in subject.rows("qrels"):
        if fields["grade"] not in known:
            hits.add(where, f"grade {fields['grade']} of '{fields['document_id']}' for '{fields['query_id']}'")
    declared = ", ".join(f"{name} = {grade}" for name, grade in subject.manifest.grades.items()) or "none"
    message = (
        f"{many(hits.count, 'judgment has', 'judgments have')} a grade that the manifest does not declare "
        f"({declared}): {hits.first}. Add it under 'grades', or mend it."
    )
    yield from hits.finding("grade-outside-map", "warning", message)


def corpus_size(subject: Subject) -> Iterator[Finding]:
    """``corpus-below-depth``: fewer documents than are asked for, so that every ranking finds all."""
    documents, depth = len(subject.rows("corpus")), subject.manifest.depth
    if 0 < documents <= depth:
        message = (
            f"the corpus has {many(documents, 'document', 'documents')}, and {depth:,} are asked for ('depth'): recall "
            "at that depth is 1 for any ranking. Add documents, or lower 'depth'."
        )
        yield Finding("corpus-below-depth", "warning", message, "benchmark.yaml: depth")
