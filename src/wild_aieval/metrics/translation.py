"""Corpus BLEU, chrF++ and TER from per-segment statistics of sacreBLEU.

Extraction (the slow part) is sacreBLEU's; aggregation is written as array functions, so that a
bootstrap is one matrix product. A golden test holds each against ``corpus_score``. Scores are in
sacreBLEU's units: 0 to 100, for TER lower is better (and it may exceed 100). An item in error is an
empty hypothesis: it matches nothing, and its reference still counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_TOKENIZERS = {"zh": "zh", "ja": "char", "ko": "char", "th": "char"}


class Aggregate(NamedTuple):
    """Per-segment statistics, the function of their sums that is the score, and the signature."""

    rows: Floats
    measure: Callable[[Floats], Floats]
    signature: str


def bleu(hypotheses: Sequence[str], references: Sequence[str], language: str) -> Aggregate:
    """BLEU (Papineni et al., ACL 2002) as sacreBLEU's default: 4-grams, exponential smoothing.

    ``language``: BCP 47 tag of the target, which picks the tokenizer (13a, zh, or characters).
    """
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(tokenize=_TOKENIZERS.get(language.lower().split("-")[0], "13a"))
    return Aggregate(_statistics(metric, hypotheses, references), bleu_of_sums, _signature("BLEU", metric))


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Aggregate:
    """chrF++ (Popovic, WMT 2017): character 6-grams and word 2-grams, beta 2."""
    from sacrebleu.metrics.chrf import CHRF

    metric = CHRF(word_order=2)
    return Aggregate(_statistics(metric, hypotheses, references), chrf_of_sums, _signature("chrF2++", metric))


def ter(hypotheses: Sequence[str], references: Sequence[str]) -> Aggregate:
    """Translation edit rate (Snover et al., AMTA 2006): edits per 100 reference words."""
    from sacrebleu.metrics.ter import TER

    metric = TER()
    return Aggregate(_statistics(metric, hypotheses, references), ter_of_sums, _signature("TER", metric))


def bleu_of_sums(sums: Floats) -> Floats:
    """BLEU of summed (hypothesis length, reference length, 4 matches, 4 totals); (m, 10) to (m,)."""
    length, reference, matches, totals = sums[:, 0], sums[:, 1], sums[:, 2:6], sums[:, 6:10]
    with np.errstate(divide="ignore", invalid="ignore"):
        missed = np.cumsum(matches == 0, axis=1)
        precision = np.where(matches == 0, 100.0 / (2.0**missed * totals), 100.0 * matches / totals)
        brevity = np.where(length < reference, np.exp(1.0 - reference / length), 1.0)
        score = brevity * np.exp(np.log(precision).mean(axis=1))
    values: Floats = np.where((matches.any(axis=1)) & (totals.all(axis=1)), score, 0.0)
    return values


def chrf_of_sums(sums: Floats) -> Floats:
    """chrF++ of summed (hypothesis, reference, match) counts for each n-gram order; (m, 3 * orders) to (m,)."""
    cube = sums.reshape(len(sums), -1, 3)
    given, wanted, matched = cube[:, :, 0], cube[:, :, 1], cube[:, :, 2]
    counted = (given > 0) & (wanted > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        orders = counted.sum(axis=1)
        precision = np.where(counted, matched / given, 0.0).sum(axis=1) / orders
        recall = np.where(counted, matched / wanted, 0.0).sum(axis=1) / orders
        score = 100.0 * 5.0 * precision * recall / (4.0 * precision + recall)
    values: Floats = np.nan_to_num(score, nan=0.0)
    return values


def ter_of_sums(sums: Floats) -> Floats:
    """TER of summed (edits, reference words); (m, 2) to (m,). Without reference words any edit is 100."""
    edits, words = sums[:, 0], sums[:, 1]
    values: Floats = 100.0 * np.where(words > 0, edits / np.where(words > 0, words, 1.0), edits > 0)
    return values


def _statistics(metric: Any, hypotheses: Sequence[str], references: Sequence[str]) -> Floats:
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    if not hypotheses:
        return np.zeros((0, 1))
    # sacreBLEU keeps segment statistics behind a private name; the version is pinned and tested.
    rows = metric._extract_corpus_statistics(list(hypotheses), [list(references)])
    return np.array(rows, dtype=np.float64)


def _signature(name: str, metric: Any) -> str:
    metric.num_refs = 1
    return f"{name}|{metric.get_signature().format()}"
