"""Hugging Face ``evaluate`` module: prior-art rankings against graded relevant documents."""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import datasets
import evaluate
import numpy as np

from wild_aieval.metrics import ranking
from wild_aieval.metrics.prior_art import Facts, JudgedRanking, judge

_DESCRIPTION = """\
Prior-art rankings against graded documents: recall, nDCG, average precision and reciprocal rank in the first
k, PRES with a fixed N_max, and the judged share of the first k. Averaged over all queries: one without an
answer scores 0. Dates and families are not known here, so late documents and a query's own family must
already be out of the rankings.
"""
_INPUTS = """\
predictions: one list of document ids per query, best first; an id given twice counts once.
references: per query {"ids": [...], "grades": [...]}; grade 0 is judged not relevant, one must be above 0.
k: depth of all measures but PRES (default 10). n_max: depth of PRES (default 100).
"""
_CITATION = """\
@inproceedings{magdy2010, title={PRES: a score metric for evaluating recall-oriented information retrieval
applications}, author={Magdy, Walid and Jones, Gareth J. F.}, booktitle={SIGIR}, year={2010}}
"""


class PatentSearch(evaluate.Metric):
    """Means over queries in [0, 1]; ``queries`` is their number."""

    def _info(self) -> evaluate.MetricInfo:
        ids = datasets.Sequence(datasets.Value("string"))
        grades = datasets.Sequence(datasets.Value("int64"))
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": ids, "references": {"ids": ids, "grades": grades}}),
        )

    def _compute(
        self,
        predictions: Sequence[Sequence[str]],
        references: Sequence[Mapping[str, Any]],
        k: int = 10,
        n_max: int = 100,
    ) -> dict[str, Any]:
        judged = [_judge(ids, reference) for ids, reference in zip(predictions, references, strict=True)]
        grades = _matrix([row.grades for row in judged], -1.0)
        ideal = _matrix([row.ideal for row in judged], 0.0)
        relevant = np.array([float(len(row.ideal)) for row in judged])
        returned = np.array([float(len(row.grades)) for row in judged])
        return {
            f"recall_{k}": float(ranking.recall(grades, relevant, k).mean()),
            f"ndcg_{k}": float(ranking.ndcg(grades, ideal, k).mean()),
            f"map_{k}": float(ranking.average_precision(grades, relevant, k).mean()),
            f"mrr_{k}": float(ranking.reciprocal_rank(grades, k).mean()),
            f"pres_{n_max}": float(ranking.pres(grades, relevant, n_max).mean()),
            f"judged_{k}": float(ranking.judged(grades, returned, k).mean()),
            "queries": len(judged),
        }


def _judge(ids: Sequence[str], reference: Mapping[str, Any]) -> JudgedRanking:
    judgments = dict(zip(reference["ids"], reference["grades"], strict=True))
    unknown = Facts("", "")
    hits = [(document_id, -float(rank)) for rank, document_id in enumerate(ids)]
    found = judge(hits, judgments, dict.fromkeys([*ids, *judgments], unknown), unknown)
    if not found.ideal:
        raise ValueError(f"references {judgments!r} have no grade above 0: such a query measures nothing")
    return found


def _matrix(rows: Sequence[Sequence[int]], fill: float) -> ranking.Floats:
    """Rows of unlike length as one array, shape (rows, longest)."""
    matrix = np.full((len(rows), max(map(len, rows), default=0)), fill)
    for row, values in zip(matrix, rows, strict=True):
        row[: len(values)] = values
    return matrix
