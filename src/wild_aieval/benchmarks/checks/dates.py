"""Dates: plausible, the test after the training, what counts as relevant before its query."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from wild_aieval.benchmarks.checks.finding import Finding
from wild_aieval.benchmarks.checks.subject import Hits, Subject, many

FIRST_YEAR = 1790  # first patent act of the United States; EPO and WIPO collections begin later
SPLIT = 0.9  # share of test rows behind this share of training rows, from which on the split is one by date


def implausible_dates(subject: Subject) -> Iterator[Finding]:
    """``date-future``, ``date-early``: a day after today, or before 1790."""
    today = datetime.date.today().isoformat()
    future, early = Hits(50), Hits(50)
    for part in subject.parts:
        for where, fields in subject.rows(part):
            date = fields.get("date", "")
            if date > today:
                future.add(where, f"'{fields['id']}' is dated {date}")
            elif date and int(date[:4]) < FIRST_YEAR:
                early.add(where, f"'{fields['id']}' is dated {date}")
    for hits, code, what in ((future, "date-future", f"after today, {today}"), (early, "date-early", "before 1790")):
        message = (
            f"{many(hits.count, 'date lies', 'dates lie')} {what}; expected is the day of a publication or filing. "
        )
        yield from hits.finding(
            code, "error", message + "Mend the dates (day and month exchanged, two digits of a year?)."
        )


def split_by_date(subject: Subject) -> Iterator[Finding]:
    """``split-date``: test rows dated before the end of the training, in a set that is split by date.

    A set counts as split by date where nine tenths of the test rows are later than nine tenths of the training rows.
    Else ``split-not-by-date`` notes that both cover the same time.
    """
    train, test = (sorted(f["date"] for _, f in subject.rows(part) if f.get("date")) for part in ("train", "test"))
    if not (train and test) or test[0] > train[-1]:
        return
    last = train[int(SPLIT * (len(train) - 1))]
    if sum(date > last for date in test) < SPLIT * len(test):
        message = (
            f"train ({train[0]} to {train[-1]}) and test ({test[0]} to {test[-1]}) cover the same time: figures do not "
            "say how a tool does on applications later than its training. Consider a split by date."
        )
        yield Finding("split-not-by-date", "note", message, subject.manifest.data.files.get("test", "test"))
        return
    hits = Hits()
    for where, fields in subject.rows("test"):
        if fields.get("date") and fields["date"] <= train[-1]:
            hits.add(where, f"'{fields['id']}' is dated {fields['date']}")
    message = (
        f"{many(hits.count, 'test row is', 'test rows are')} not later than the last training row ({train[-1]}), in a "
        "set that is split by date. Move them to train, or take later training rows out."
    )
    yield from hits.finding("split-date", "warning", message)


def undated(subject: Subject) -> Iterator[Finding]:
    """``undated``: rows of a corpus or of queries without a date, for which 'only earlier documents' cannot hold."""
    for part in ("corpus", "queries"):
        rows, hits = subject.rows(part), Hits()
        for where, fields in rows:
            if not fields["date"]:
                hits.add(where, f"'{fields['id']}'")
        message = (
            f"{hits.count:,} of {len(rows):,} rows in {part} have no date; the rule that only documents published "
            "before the query are prior art cannot hold for them. Give the publication date of documents, and the "
            "priority or filing date of queries."
        )
        yield from hits.finding("undated", "warning", message)


def relevant_too_late(subject: Subject) -> Iterator[Finding]:
    """``relevant-not-earlier``: a relevant document that was not published before its query's date.

    The scoring counts only earlier documents, so such a judgment is never found. Documents of category E are of this
    kind by their nature (WIPO Standard ST.14).
    """
    queries = {fields["id"]: fields["date"] for _, fields in subject.rows("queries")}
    corpus = {fields["id"]: fields["date"] for _, fields in subject.rows("corpus")}
    hits = Hits()
    for where, fields in subject.rows("qrels"):
        asked, published = queries.get(fields["query_id"], ""), corpus.get(fields["document_id"], "")
        if fields["grade"] > 0 and asked and published >= asked:
            hits.add(where, f"'{fields['document_id']}' of {published} for '{fields['query_id']}' of {asked}")
    message = (
        f"{many(hits.count, 'relevant document was', 'relevant documents were')} not published before the date of the "
        "query, and is therefore never counted as found. Mend the dates, or drop the judgment (category E is no prior "
        "art for an inventive step)."
    )
    yield from hits.finding("relevant-not-earlier", "warning", message)
