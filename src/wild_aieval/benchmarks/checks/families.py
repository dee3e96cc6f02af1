"""Patent families: on one side of a split only, and never the answer to their own query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, many


def shared_families(subject: Subject) -> Iterator[Finding]:
    """``family-leak``: a family with rows in train and in test."""
    train: dict[str, str] = {}
    for where, fields in subject.rows("train"):
        if fields.get("family"):
            train.setdefault(fields["family"], where)
    hits = Hits()
    families = set()
    for where, fields in subject.rows("test"):
        if (family := fields.get("family")) and family in train:
            families.add(family)
            hits.add(where, f"'{fields['id']}' is of family '{family}', as is {train[family]}")
    message = (
        f"{many(len(families), 'patent family is', 'patent families are')} in train and in test "
        f"({many(hits.count, 'test row', 'test rows')}): the test is easier than it looks. Keep each on one side."
    )
    yield from hits.finding("family-leak", "warning", message)


def own_family(subject: Subject) -> Iterator[Finding]:
    """``own-family-relevant``, ``own-id-relevant``: a query whose own family, or own document, counts as relevant.

    The scoring leaves the query's own family out, so such a judgment is never found.
    """
    queries = {fields["id"]: fields["family"] for _, fields in subject.rows("queries")}
    corpus = {fields["id"]: fields["family"] for _, fields in subject.rows("corpus")}
    family, itself = Hits(), Hits()
    for where, fields in subject.rows("qrels"):
        query, document = fields["query_id"], fields["document_id"]
        if fields["grade"] <= 0:
            continue
        if query == document:
            itself.add(where, f"'{query}'")
        elif queries.get(query) and queries[query] == corpus.get(document):
            family.add(where, f"'{document}' for '{query}': both are of family '{queries[query]}'")
    yield from family.finding(
        "own-family-relevant",
        "warning",
        f"{many(family.count, 'relevant document is', 'relevant documents are')} of the query's own family, which the "
        "scoring leaves out. Drop the judgment.",
    )
    yield from itself.finding(
        "own-id-relevant",
        "error",
        f"{many(itself.count, 'query counts', 'queries count')} itself as relevant. Drop the judgment.",
    )


def unclustered(subject: Subject) -> Iterator[Finding]:
    """``family-not-cluster``: test rows of one family, but no clusters, so that intervals come out too narrow."""
    rows = subject.rows("queries" if subject.task == "search" else "test")
    if any(fields.get("cluster") for _, fields in rows):
        return
    sizes = Counter(fields["family"] for _, fields in rows if fields.get("family"))
    shared = {family: size for family, size in sizes.items() if size > 1}
    hits = Hits()
    for where, fields in rows:
        if fields.get("family") in shared:
            hits.add(where, f"'{fields['id']}' is of family '{fields['family']}'")
    message = (
        f"{many(hits.count, 'row is', 'rows are')} of a family that has several ({len(shared):,} families), but no row "
        "has a cluster: intervals come out too narrow. Give the family as 'cluster' too."
    )
    yield from hits.finding("family-not-cluster", "note", message)
