"""Reasons of classification; a suggestion is (symbol, score), best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wild_aieval.standards import ipc

Suggestions = Sequence[tuple[str, float]]


def low_score(answer: Suggestions) -> float:
    """``LOW_SCORE``: the candidate's own score of its first suggestion."""
    return answer[0][1]


def small_margin(answer: Suggestions) -> float:
    """``SMALL_MARGIN``: the first score less the second, or less 0 where there is one suggestion only."""
    return answer[0][1] - (answer[1][1] if len(answer) > 1 else 0.0)


def set_size(answer: Suggestions) -> float:
    """``SET_TOO_LARGE``: how many suggestions have at least half of the first one's score.

    The set of credible answers without a calibration part; a certified one is the conformal set (Vovk et al., 2005).
    """
    return float(sum(score >= answer[0][1] / 2 for _, score in answer))


def hierarchy_conflict(answer: Suggestions, level: str) -> float | None:
    """``HIERARCHY_CONFLICT``: how much more of the scores another section holds than the first suggestion's own.

    Above 0 the candidate prefers one section by its best symbol and another one by all its suggestions together. None
    where the labels are sections, or a score is negative.
    """
    if level == "section" or any(not score >= 0 for _, score in answer):
        return None
    held: dict[str, float] = {}
    for symbol, score in answer:
        section = ipc.truncate(symbol, "section") if ipc.parse_symbol(symbol) else None
        held[section or ""] = held.get(section or "", 0.0) + score
    first = ipc.truncate(answer[0][0], "section") if ipc.parse_symbol(answer[0][0]) else None
    own, total = held[first or ""], sum(held.values())
    others = [share for section, share in held.items() if section != (first or "")]
    return (max(others) - own) / total if others and total else -1.0


def outside_edition(answer: Suggestions, edition: str) -> float:
    """``SYMBOL_NOT_IN_EDITION``: how many of the three best suggestions the edition of the IPC does not hold."""
    return float(sum(not ipc.is_valid(symbol, edition) for symbol, _ in answer[:3]))


def seen_in_training(answer: Suggestions, trained: Mapping[str, int], typical: float, level: str) -> float | None:
    """``RARE_CLASS``: how many documents of the training part have the first suggestion, at the level of the labels.

    None where they are as many as of the ``typical`` symbol: in a small training part with even classes none is rare.
    """
    symbol = answer[0][0]
    owner = ipc.truncate(symbol, level) if ipc.parse_symbol(symbol) else None
    count = float(trained.get(owner or symbol, 0))
    return count if count < typical else None
