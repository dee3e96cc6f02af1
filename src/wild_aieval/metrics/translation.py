"""Corpus BLEU, chrF++ and TER from per-segment statistics that are sacreBLEU's.

The edits of TER are found by sacreBLEU. Tokens of 13a and n-grams are made for many segments at once, and tests hold
the integers against sacreBLEU's. Aggregation is written as array functions (see ``aggregates``), so that a bootstrap
is one matrix product. A golden test holds each against ``corpus_score``. Scores are in sacreBLEU's units: 0 to 100,
for TER lower is better (and it may exceed 100). An item in error is an empty hypothesis: it matches nothing, and its
reference still counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wild_aieval.metrics import words
from wild_aieval.metrics.aggregates import Aggregate, Floats
from wild_aieval.metrics.ngrams import Ints, matches, totals

MOST_CELLS = 25_000_000  # 5,000 by 5,000 words take some 200 MB
_BLEU_ORDER = 4
_TOKENIZERS = {"zh": "zh", "ja": "char", "ko": "char", "th": "char"}


def bleu(hypotheses: Sequence[str], references: Sequence[str], language: str) -> Aggregate:
    """BLEU (Papineni et al., ACL 2002) as sacreBLEU's default: 4-grams, exponential smoothing.

    ``language``: BCP 47 tag of the target, which picks the tokenizer (13a, zh, or characters).
    """
    from sacrebleu.metrics.bleu import BLEU

    tokenizer = _TOKENIZERS.get(language.lower().split("-")[0], "13a")
    metric = BLEU(tokenize=tokenizer)
    _same_number(hypotheses, references)

    def split(texts: Sequence[str]) -> list[list[str]]:
        if tokenizer == "13a":
            return words.of_13a(texts)
        return [metric._preprocess_segment(text).split() for text in texts]

    lengths, matched = _shared_words([split(hypotheses), split(references)], _BLEU_ORDER)
    # sacreBLEU's columns: words of both sides, matches of each order, n-grams of the hypothesis of each order.
    rows = np.concatenate([lengths.T, matched, totals(lengths[0], _BLEU_ORDER)], axis=1)
    return Aggregate("bleu", rows.astype(np.float64), _signature("BLEU", metric))


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Aggregate:
    """chrF++ (Popovic, WMT 2017): character 6-grams and word 2-grams, beta 2."""
    from sacrebleu.metrics.chrf import CHRF

    metric = CHRF(word_order=2)
    _same_number(hypotheses, references)
    sides = (hypotheses, references)
    characters = _shared_characters([["".join(text.split()) for text in side] for side in sides], metric.char_order)
    by_words = _shared_words([[metric._remove_punctuation(text) for text in side] for side in sides], metric.word_order)
    rows = np.concatenate([_by_order(*characters), _by_order(*by_words)], axis=1)
    return Aggregate("chrf", rows.astype(np.float64), _signature("chrF2++", metric))


def _by_order(lengths: Ints, matched: Ints) -> Ints:
    """SacreBLEU's columns for each order: n-grams of the hypothesis (where the reference has any), of the reference,
    and of both.
    """
    mine, theirs = (totals(side, matched.shape[1]) for side in lengths)
    columns = np.stack([np.where(theirs > 0, mine, 0), theirs, matched], axis=2)
    return columns.reshape(len(matched), 3 * matched.shape[1])


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


def _same_number(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")


def _statistics(metric: Any, hypotheses: Sequence[str], references: Sequence[str]) -> Floats:
    _same_number(hypotheses, references)
    if not hypotheses:
        return np.zeros((0, 1))
    # sacreBLEU keeps segment statistics behind a private name; the version is pinned and tested.
    rows = metric._extract_corpus_statistics(list(hypotheses), [list(references)])
    return np.array(rows, dtype=np.float64)


def _shared_words(sides: Sequence[Sequence[Sequence[str]]], order: int) -> tuple[Ints, Ints]:
    """Lengths of shape (2, pairs), and how many n-grams of words a pair shares, of shape (pairs, order)."""
    known: dict[str, int] = {}
    numbers = [known.setdefault(word, len(known)) for side in sides for text in side for word in text]
    return _shared(sides, np.array(numbers, dtype=np.int64), order)


def _shared_characters(sides: Sequence[Sequence[str]], order: int) -> tuple[Ints, Ints]:
    """The same of characters."""
    whole = "".join(text for side in sides for text in side).encode("utf-32-le", "surrogatepass")
    return _shared(sides, np.frombuffer(whole, dtype="<u4").astype(np.int64), order)


def _shared(sides: Sequence[Sequence[Sequence[str]]], symbols: Ints, order: int) -> tuple[Ints, Ints]:
    lengths = np.array([[len(text) for text in side] for side in sides], dtype=np.int64)
    return lengths, matches(symbols, lengths[0], lengths[1], order)


def _signature(name: str, metric: Any) -> str:
    metric.num_refs = 1
    return f"{name}|{metric.get_signature().format()}"
