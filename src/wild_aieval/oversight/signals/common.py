"""Reasons of every task: what goes in, and what a policy or a reviewer asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any

from wild_aieval.oversight.policy import Policy
from wild_aieval.standards import ipc
from wild_aieval.standards.identification import in_other_languages
from wild_aieval.standards.provenance import HUMAN

Signals = dict[str, float]


def measured(values: Mapping[str, float | None]) -> Signals:
    """The signals that there were grounds to measure."""
    return {code: float(value) for code, value in values.items() if value is not None}


def input_empty(text: str) -> float:
    """``INPUT_EMPTY``: 1 where the input holds neither letter nor digit, so that there is nothing to judge by."""
    return float(not any(map(str.isalnum, text)))


def other_languages(texts: Sequence[tuple[str, str]]) -> float | None:
    """``LANG_MISMATCH``: how many of the texts (text, declared language) are in another language.

    A text of less than 60 letters is not judged; one of more counts where py3langid leaves the declared language a
    probability below 0.005.
    """
    return other_languages_of([texts])[0]


def other_languages_of(many: Sequence[Sequence[tuple[str, str]]]) -> list[float | None]:
    """The same of the texts of each of many items, which takes less time for all together."""
    declared = [[(text, tag) for text, tag in texts if tag] for texts in many]
    found = iter(in_other_languages([pair for texts in declared for pair in texts]))
    return [float(sum(islice(found, len(texts)))) if texts else None for texts in declared]


def input_truncated(usage: Mapping[str, Any] | None) -> float | None:
    """``INPUT_TRUNCATED``: the share of the input that the candidate did not read, where its adapter tells."""
    share = (usage or {}).get("unread")
    return float(share) if isinstance(share, int | float) else None


def label_not_human(origin: str | None) -> float | None:
    """``LABEL_NOT_H``: 1 where the benchmark says that its labels are not by persons (position 40 of WIPO ST.8: M, G).

    A fact about the benchmark for whoever reviews the item; the label itself is not seen.
    """
    return None if origin is None else float(origin != HUMAN)


def asked_for(policy: Policy, item_id: str, symbol: str = "") -> Signals:
    """``POLICY_ALWAYS``, ``REVIEWER_REQUEST``: 1 where the policy lists the item, or the section of the suggestion."""
    section = ipc.truncate(symbol, "section") if ipc.parse_symbol(symbol) else None
    always = item_id in policy.always.items or section in policy.always.sections
    return {"POLICY_ALWAYS": float(always), "REVIEWER_REQUEST": float(item_id in policy.requested)}


def wanted(code: str, codes: Collection[str] | None) -> bool:
    """Whether a signal that takes time to measure is to be measured: all are where nothing else is said."""
    return codes is None or code in codes
