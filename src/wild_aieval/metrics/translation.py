"""Corpus BLEU, chrF++ and TER from per-segment statistics of sacreBLEU.

Extraction (the slow part) is sacreBLEU's; aggregation is written as array functions (see ``aggregates``),
so that a bootstrap is one matrix product. A golden test holds each against ``corpus_score``. Scores are in
sacreBLEU's units: 0 to 100, for TER lower is better (and it may exceed 100). An item in error is an
empty hypothesis: it matches nothing, and its reference still counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wild_aieval.metrics.aggregates import Aggregate, Floats

MOST_CELLS = 25_000_000  # 5,000 by 5,000 words take some 200 MB
_TOKENIZERS = {"zh": "zh", "ja": "char", "ko": "char", "th": "char"}


def bleu(hypotheses: Sequence[str], references: Sequence[str], language: str) -> Aggregate:
    """BLEU (Papineni et al., ACL 2002) as sacreBLEU's default: 4-grams, exponential smoothing.

    ``language``: BCP 47 tag of the target, which picks the tokenizer (13a, zh, or characters).
    """
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(tokenize=_TOKENIZERS.get(language.lower().split("-")[0], "13a"))
    return Aggregate("bleu", _statistics(metric, hypotheses, references), _signature("BLEU", metric))


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Aggregate:
    """chrF++ (Popovic, WMT 2017): character 6-grams and word 2-grams, beta 2."""
    from sacrebleu.metrics.chrf import CHRF

    metric = CHRF(word_order=2)
    return Aggregate("chrf", _statistics(metric, hypotheses, references), _signature("chrF2++", metric))


def ter(hypotheses: Sequence[str], references: Sequence[str]) -> Aggregate:
    """Translation edit rate (Snover et al., AMTA 2006): edits per 100 reference words.

    sacreBLEU's search takes a table of hypothesis by reference words. Where that has more than ``MOST_CELLS``, every
    word between the common beginning and the common end counts as edited, which is an upper bound.
    """
    from sacrebleu.metrics.ter import TER

    metric = TER()
    searched = metric._compute_segment_statistics

    def bounded(hypothesis: str, ref_kwargs: dict[str, Any]) -> list[float]:
        words, (reference,) = hypothesis.split(), ref_kwargs["ref_words"]
        if len(words) * len(reference) > MOST_CELLS:
            return [_most_edits(words, reference), len(reference)]
        found: list[float] = searched(hypothesis, ref_kwargs)
        return found

    metric._compute_segment_statistics = bounded
    return Aggregate("ter", _statistics(metric, hypotheses, references), _signature("TER", metric))


def _most_edits(words: Sequence[str], reference: Sequence[str]) -> int:
    """Words to be edited where nothing is searched for: all but a common beginning and a common end."""
    least = min(len(words), len(reference))
    first = next((n for n in range(least) if words[n] != reference[n]), least)
    rest = least - first
    last = next((n for n in range(rest) if words[-1 - n] != reference[-1 - n]), rest)
    return max(len(words), len(reference)) - first - last


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
