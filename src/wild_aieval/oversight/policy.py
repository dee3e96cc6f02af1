"""The declared policy: which reasons exist, at which limits they call for a human, how much is audited."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from wild_aieval.errors import nearest

Limits = dict[str, float | None]


class Rule(NamedTuple):
    """A reason: hard or soft, on which side of the limit it calls, and what it says in words."""

    kind: Literal["hard", "soft"]
    calls: Literal["above", "below"]
    words: str
    tasks: tuple[str, ...] = ("classification", "translation", "search")


_C, _T, _S = ("classification",), ("translation",), ("search",)
RULES: dict[str, Rule] = {
    "MODEL_ERROR": Rule("hard", "above", "the candidate gave no answer"),
    "OUTPUT_EMPTY": Rule("hard", "above", "the answer is empty"),
    "SYMBOL_NOT_IN_EDITION": Rule("hard", "above", "suggested symbols are not in the edition of the scheme", _C),
    "NUMBER_MISMATCH": Rule("hard", "above", "numbers differ between source and translation", _T),
    "UNIT_MISMATCH": Rule("hard", "above", "units differ between source and translation", _T),
    "REF_NUMERAL_MISMATCH": Rule("hard", "above", "reference signs differ between source and translation", _T),
    "CLAIM_REF_MISMATCH": Rule("hard", "above", "references to claims differ between source and translation", _T),
    "DATE_VIOLATION": Rule("hard", "above", "documents found are not prior art by their date", _S),
    "FAMILY_SELF_HIT": Rule("hard", "above", "the application's own family is among the documents found", _S),
    "LOW_SCORE": Rule("soft", "below", "the candidate's own score is low", (*_C, *_T)),
    "SMALL_MARGIN": Rule("soft", "below", "the two best suggestions are close", _C),
    "LENGTH_RATIO": Rule("soft", "above", "the translation is unusually long or short", _T),
    "UNTRANSLATED": Rule("soft", "above", "the translation equals its source", _T),
    "TERM_MISS": Rule("soft", "above", "glossary terms are not rendered as the glossary says", _T),
    "FEW_RESULTS": Rule("soft", "below", "few documents were found", _S),
    "FLAT_SCORES": Rule("soft", "below", "no document stands out from the first ten", _S),
    "SYSTEMS_DISAGREE": Rule("soft", "above", "the second system's answer is far from this one"),
}
AUDIT = "AUDIT_RANDOM"


class Policy(BaseModel):
    """Settings of ``conf/oversight/``: a limit per reason and task; ``null`` switches a soft reason off."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    audit_probability: float = Field(ge=0, le=1)
    second_system: str | None = None
    classification: Limits = {}
    translation: Limits = {}
    search: Limits = {}

    @field_validator("second_system")
    @classmethod
    def _wherever_it_is_continued(cls, folder: str | None) -> str | None:
        return None if folder is None else str(Path(folder).expanduser().resolve())

    @field_validator("classification", "translation", "search")
    @classmethod
    def _known_codes(cls, limits: Limits, field: ValidationInfo) -> Limits:
        for code, limit in limits.items():
            if code not in RULES:
                raise ValueError(f"there is no reason code '{code}'. {nearest(code, RULES)}")
            if field.field_name not in RULES[code].tasks:
                raise ValueError(f"'{code}' is a reason for {' and '.join(RULES[code].tasks)} only")
            if limit != 0 and RULES[code].kind == "hard":
                raise ValueError(f"'{code}' is a hard reason: it always calls and cannot be switched off")
        return limits

    def limits(self, task: str) -> dict[str, float]:
        """The limits in force for a task; hard reasons call whenever their count is above 0."""
        hard = {code: 0.0 for code, rule in RULES.items() if rule.kind == "hard"}
        chosen: Limits = getattr(self, task)
        return hard | {code: limit for code, limit in chosen.items() if limit is not None}
