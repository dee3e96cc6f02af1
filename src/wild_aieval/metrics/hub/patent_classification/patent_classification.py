"""Hugging Face ``evaluate`` module: ranked IPC/CPC suggestions against the symbols an office gave."""

# mypy: disable-error-code="import-untyped, misc"
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate
import numpy as np

from wild_aieval.metrics import aggregates, labels
from wild_aieval.standards import ipc

_DESCRIPTION = """\
Ranked classification suggestions against assigned symbols, at one level of the IPC or CPC: first guess and
three guesses against the main symbol and against any assigned symbol, macro F1 and hierarchical F1 of the
first guess against the main symbol. A prediction that is no symbol of the level keeps its rank and is wrong.
"""
_INPUTS = """\
predictions: one list of symbols per document, best first; empty where the tool failed.
references: one list of assigned symbols per document, the main one first.
level: section, class, subclass (default), main_group or subgroup.
"""
_CITATION = """\
@article{fall2003, title={Automated categorization in the International Patent Classification},
author={Fall, C. J. and T{\\"o}rcsv{\\'a}ri, A. and Benzineb, K. and Karetka, G.}, journal={SIGIR Forum},
volume={37}, number={1}, year={2003}}
"""


class PatentClassification(evaluate.Metric):
    """Means over documents in [0, 1]; ``items`` is their number."""

    def _info(self) -> evaluate.MetricInfo:
        symbols = datasets.Sequence(datasets.Value("string"))
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": symbols, "references": symbols}),
        )

    def _compute(
        self, predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]], level: str = "subclass"
    ) -> dict[str, Any]:
        guesses = [_guesses(ranked, level) for ranked in predictions]
        truths = [_assigned(symbols, level) for symbols in references]
        mains = [assigned[:1] for assigned in truths]
        firsts = [ranked[:1] for ranked in guesses]
        indicators, _ = labels.class_counts(firsts, mains)
        sums = np.asarray(indicators.sum(axis=0), dtype=np.float64).reshape(1, -1)
        overlap = labels.set_overlap(
            [_with_ancestors(symbols, level) for symbols in firsts],
            [_with_ancestors(symbols, level) for symbols in mains],
        )
        return {
            "first_guess.main": float(labels.hits(guesses, mains, 1).mean()),
            "first_guess.any": float(labels.hits(guesses, truths, 1).mean()),
            "three_guesses.main": float(labels.hits(guesses, mains, 3).mean()),
            "three_guesses.any": float(labels.hits(guesses, truths, 3).mean()),
            "macro_f1.main": float(aggregates.macro_f1_of_counts(sums)[0]),
            "hierarchical_f1.main": float(aggregates.f1_of_overlap(overlap.sum(axis=0, keepdims=True))[0]),
            "items": len(truths),
        }


def _at_level(text: str, level: str) -> str | None:
    symbol = ipc.parse_symbol(text)
    return ipc.truncate(symbol, level) if symbol else None


def _guesses(ranked: Sequence[str], level: str) -> list[str]:
    return list(dict.fromkeys(_at_level(text, level) or text for text in ranked))


def _assigned(symbols: Sequence[str], level: str) -> list[str]:
    found = [_at_level(text, level) for text in symbols]
    if not found or found[0] is None:
        raise ValueError(f"the main symbol of references {list(symbols)!r} has no {level}")
    return list(dict.fromkeys(symbol for symbol in found if symbol))


def _with_ancestors(symbols: Sequence[str], level: str) -> frozenset[str]:
    """The symbol with all above it; a guess that is no symbol counts as one wrong node."""
    if not symbols:
        return frozenset()
    symbol = ipc.parse_symbol(symbols[0])
    return ipc.ancestors(symbol, level) if symbol else frozenset(symbols)
