"""Prior-art search: which documents of a corpus matter for an application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Query
from wild_aieval.metrics import aggregates, ranking
from wild_aieval.metrics.judging import Collection, Judge, Judged
from wild_aieval.metrics.prior_art import Facts
from wild_aieval.oversight.signals import common
from wild_aieval.oversight.signals import search as reasons
from wild_aieval.oversight.signals.background import Lengths
from wild_aieval.packed import Mapped
from wild_aieval.runspec import digest, digest_rows
from wild_aieval.tasks.base import Codes, Columns, Item, Row, Scores

Floats = NDArray[np.float64]
CUTOFFS = (10, 50, 100)


class _Known(NamedTuple):
    """The documents, lengths of the queries, sorted dates of the documents, how many have none."""

    documents: Collection
    lengths: Lengths
    dates: list[str]
    undated: int


class Search:
    """Outputs are ``[[document id, score], ...]``, best first."""

    name = "search"

    def __init__(self) -> None:
        self._documents: dict[str, Collection] = {}
        self._backgrounds: dict[str, _Known] = {}

    def items(self, benchmark: Benchmark) -> Sequence[Item]:
        """The queries, each with the judgments that belong to it."""
        judgments: dict[str, dict[str, int]] = {row["id"]: {} for row in benchmark.parts["queries"]}
        for row in benchmark.parts["qrels"]:
            judgments[row["query_id"]][row["document_id"]] = row["grade"]
        language = _only_language(benchmark)
        return Mapped(benchmark.parts["queries"], lambda row: _item(row, judgments[row["id"]], language))

    def context(self, benchmark: Benchmark) -> str:
        """The corpus and the depth that is asked for."""
        return digest([benchmark.manifest.depth, digest_rows(benchmark.parts["corpus"])])

    def prepare(self, model: Any, benchmark: Benchmark) -> None:
        """Index the corpus."""
        model.index(documents(benchmark))

    def ask(self, model: Any, items: Sequence[Item], benchmark: Benchmark) -> list[Any]:
        """Call ``search`` at the benchmark's depth; unknown or repeated ids are an error of the tool."""
        answers = model.search([item.given for item in items], benchmark.manifest.depth)
        known = self._collection(benchmark)
        return [a if isinstance(a, Failure) else _checked(a, known, benchmark.manifest.depth) for a in answers]

    def scorer(self, benchmark: Benchmark, items: Sequence[Item]) -> _Scorer:
        """Ranking measures over the queries that have a relevant document; an error ranks nothing."""
        return _Scorer(benchmark, self._collection(benchmark))

    def signals(
        self, benchmark: Benchmark, items: Sequence[Item], answers: Sequence[Any | Failure], codes: Codes = None
    ) -> list[dict[str, float]]:
        """Of the query, of the collection before its date, and of the documents found."""
        spoken: list[float | None] = [None] * len(items)
        if common.wanted("LANG_MISMATCH", codes):
            spoken = common.other_languages_of([[(item.given.text, item.given.language)] for item in items])
        return [
            self._of_item(benchmark, item, answer, others)
            for item, answer, others in zip(items, answers, spoken, strict=True)
        ]

    def _of_item(
        self, benchmark: Benchmark, item: Item, answer: Any | Failure, others: float | None
    ) -> dict[str, float]:
        query = Facts(item.given.date, item.given.family)
        known, text = self._known(benchmark), item.given.text
        found = common.measured(
            {
                "INPUT_EMPTY": common.input_empty(text),
                "LABEL_NOT_H": common.label_not_human(benchmark.manifest.label_origin),
                "LENGTH_OUTLIER": known.lengths.outlier(text),
                "LANG_MISMATCH": others,
                "POOL_INCOMPLETE": reasons.eligible(known.dates, known.undated, query),
            }
        )
        if isinstance(answer, Failure) or not answer:
            return found | ({"MODEL_ERROR": 1.0} if isinstance(answer, Failure) else {"OUTPUT_EMPTY": 1.0})
        numbers = known.documents.numbers(document_id for document_id, _ in answer)
        return found | common.measured(
            {
                "FEW_RESULTS": reasons.few_results(answer),
                "LOW_TOP_SCORE": reasons.low_top_score(answer),
                "FLAT_SCORES": reasons.flat_scores(answer),
                "DATE_VIOLATION": reasons.date_violations(known.documents.late(numbers, query)),
                "FAMILY_SELF_HIT": reasons.family_self_hits(known.documents.own(numbers, query)),
            }
        )

    def _known(self, benchmark: Benchmark) -> _Known:
        """What the benchmark's own texts and dates say, read once."""
        version, documents = benchmark.identity.digest, self._collection(benchmark)
        if version not in self._backgrounds:
            lengths, dates = Lengths(item.given.text for item in self.items(benchmark)), documents.dates()
            self._backgrounds = {version: _Known(documents, lengths, dates, len(documents) - len(dates))}
        return self._backgrounds[version]

    def _collection(self, benchmark: Benchmark) -> Collection:
        """The documents of the benchmark that was asked for last."""
        version = benchmark.identity.digest
        if version not in self._documents:
            rows = benchmark.parts["corpus"]
            self._documents = {version: Collection((row["id"], Facts(row["date"], row["family"])) for row in rows)}
        return self._documents[version]

    def symbol(self, answer: Any | Failure) -> str:
        """None."""
        return ""

    def disagreement(self, one: Any, other: Any) -> float:
        """1 - overlap of the first ten documents."""
        first, second = ({document_id for document_id, _ in side[:10]} for side in (one, other))
        return 1.0 - len(first & second) / max(len(first), len(second)) if first or second else 0.0

    def describe(self, item: Item, answer: Any | Failure) -> dict[str, str]:
        """Query text, relevant documents, the five best hits."""
        predicted = "" if isinstance(answer, Failure) else ", ".join(document_id for document_id, _ in answer[:5])
        relevant = sorted(item.row["judgments"].items(), key=lambda pair: (-pair[1], pair[0]))
        expected = ", ".join(f"{document_id} ({grade})" for document_id, grade in relevant if grade > 0)
        return {"input": item.row["text"], "expected": expected, "predicted": predicted}


class _Scorer:
    def __init__(self, benchmark: Benchmark, documents: Collection) -> None:
        manifest = benchmark.manifest
        grades = ",".join(f"{name}={grade}" for name, grade in manifest.grades.items())
        self._rules = f"prior art only|families once|ties:score,id|grades:{grades}"
        self._name, self._depth = benchmark.name, manifest.depth
        self._judge = Judge(documents, self._depth)
        self._columns = Columns()
        self._judged = 0

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(_per_query(self._judge.judged([], [], []), self._depth))

    def add(self, items: Sequence[Item], answers: Sequence[Any | Failure]) -> list[Row]:
        failed = np.array([isinstance(answer, Failure) for answer in answers], dtype=np.bool_)
        judged = self._judge.judged(
            [[] if isinstance(answer, Failure) else answer for answer in answers],
            [item.row["judgments"] for item in items],
            [Facts(item.given.date, item.given.family) for item in items],
        )
        measured: NDArray[np.bool_] = np.asarray(judged.ideal.any(axis=1))
        values = _per_query(judged.only(measured), self._depth)
        rows: list[Row] = [dict.fromkeys(values) for _ in items]
        listed = zip(*(column.tolist() for column in values.values()), strict=True)
        for number, row in zip(np.flatnonzero(measured).tolist(), listed, strict=True):
            rows[number] = dict(zip(values, row, strict=True))
        found = {name: _mean(column, measured, f"{name}|{self._rules}") for name, column in values.items()}
        found["date_violation_rate"] = aggregates.mean(
            (failed | judged.late).astype(np.float64),
            "date_violation_rate|queries with a document not published before the query's date, or in error",
        )
        self._judged += int(measured.sum())
        self._columns.add(found, rows)
        return rows

    def scores(self, clusters: list[str] | None, seed: int) -> Scores:
        if not self._judged:
            raise UserError(
                f"{self._name}: no query has a relevant document that is prior art. Check dates and families."
            )
        return self._columns.scores(clusters, seed, {})


def documents(benchmark: Benchmark) -> Sequence[Document]:
    """The corpus, each document made when it is looked at: millions need not fit into memory."""
    language = _only_language(benchmark)

    def document(row: dict[str, Any]) -> Document:
        return Document(row["id"], row["title"], row["text"], row["language"] or language, row["date"], row["family"])

    return Mapped(benchmark.parts["corpus"], document)


def _only_language(benchmark: Benchmark) -> str:
    """The language of texts that name none; '' where the benchmark holds several, and a guess could be wrong."""
    languages = benchmark.manifest.languages
    return languages[0] if len(languages) == 1 else ""


def _item(row: Mapping[str, Any], judgments: Mapping[str, int], language: str) -> Item:
    text = f"{row['title']}. {row['text']}" if row["title"] else row["text"]
    # Only what a row has: a key must not change because the harness knows of one more column.
    parts = {"abstract": row.get("abstract", ""), "claim": next(iter(row.get("claims", ())), "")}
    content = {"id": row["id"], "text": text, "date": row["date"], "family": row["family"], "language": row["language"]}
    content |= {name: part for name, part in parts.items() if part}
    # The title is in the key as the beginning of the text, the benchmark's language by the benchmark's version.
    query = Query(**content | {"title": row["title"], "language": row["language"] or language})
    return Item(row["id"], query, content, {**row, "judgments": dict(judgments)})


def _checked(hits: Any, documents: Collection, depth: int) -> Any:
    ids = [document_id for document_id, _ in hits]
    if (unknown := documents.stranger(ids)) is not None:
        return Failure(f"the ranking names '{unknown}', which is not in the corpus")
    if len(set(ids)) < len(ids):
        return Failure("the ranking names a document twice")
    return [[document_id, float(score)] for document_id, score in hits[:depth]]


def _mean(column: Floats, measured: NDArray[np.bool_], signature: str) -> aggregates.Aggregate:
    """A mean over the queries that were measured."""
    values = np.full(len(measured), np.nan)
    values[measured] = column
    return aggregates.mean(values, signature)


def _per_query(judged: Judged, depth: int) -> dict[str, Floats]:
    """Measure name to one value per query."""
    grades, ideal = judged.grades, judged.ideal
    relevant = (ideal > 0).sum(axis=1).astype(np.float64)
    by_cutoff: dict[str, Callable[[int], Floats]] = {
        "recall": lambda k: ranking.recall(grades, relevant, k),
        "ndcg": lambda k: ranking.ndcg(grades, ideal, k),
    }
    found = {f"{name}_{k}": at(k) for name, at in by_cutoff.items() for k in CUTOFFS if k <= depth}
    return found | {
        f"map_{depth}": ranking.average_precision(grades, relevant, depth),
        f"mrr_{depth}": ranking.reciprocal_rank(grades, depth),
        f"pres_{depth}": ranking.pres(grades, relevant, depth),
        "judged_10": ranking.judged(grades, judged.returned, 10),
    }
