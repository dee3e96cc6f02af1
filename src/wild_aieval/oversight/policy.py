"""The declared policy: which reasons exist, at which limits they call for a human, how much is audited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

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
    "CLAIM_DEPENDENCY": Rule("hard", "above", "a claim depends on others on one side only", _T),
    "DATE_VIOLATION": Rule("hard", "above", "documents found are not prior art by their date", _S),
    "FAMILY_SELF_HIT": Rule("hard", "above", "the application's own family is among the documents found", _S),
    "INPUT_EMPTY": Rule("hard", "above", "the input holds nothing to judge by"),
    "POLICY_ALWAYS": Rule("hard", "above", "the policy names this item, or the section of the suggestion"),
    "REVIEWER_REQUEST": Rule("hard", "above", "a reviewer asked to see this item"),
    "NOT_CERTIFIED": Rule("hard", "above", "no certificate covers this answer"),
    "GROUP_NOT_CERTIFIED": Rule("hard", "above", "no certificate covers the group of this item"),
    "CERT_EXPIRED": Rule("hard", "above", "the certificate is not valid any more"),
    "SHIFT_ALARM": Rule("hard", "above", "the scores of the batch differ from those of the calibration"),
    "LOW_SCORE": Rule("soft", "below", "the candidate's own score is low", (*_C, *_T)),
    "SMALL_MARGIN": Rule("soft", "below", "the two best suggestions are close", _C),
    "SET_TOO_LARGE": Rule("soft", "above", "many suggestions score about as high as the first", _C),
    "HIERARCHY_CONFLICT": Rule("soft", "above", "all suggestions together point to another section than the first", _C),
    "RARE_CLASS": Rule("soft", "below", "the training part has few documents of the first suggestion", _C),
    "LENGTH_RATIO": Rule("soft", "above", "the translation is unusually long or short", _T),
    "UNTRANSLATED": Rule("soft", "above", "much of the source stands untranslated", _T),
    "TERM_MISS": Rule("soft", "above", "glossary terms are not rendered as the glossary says", _T),
    "FORMULA_MISMATCH": Rule("soft", "above", "formulae or sequence numbers differ between source and translation", _T),
    "REPETITION": Rule("soft", "above", "words of the translation repeat in a loop", _T),
    "NEGATION_LOST": Rule("soft", "above", "only one of source and translation has a negation", _T),
    "FEW_RESULTS": Rule("soft", "below", "few documents were found", _S),
    "FLAT_SCORES": Rule("soft", "below", "no document stands out from the first ten", _S),
    "LOW_TOP_SCORE": Rule("soft", "below", "the first document's score is low", _S),
    "POOL_INCOMPLETE": Rule("soft", "below", "few documents of the collection are old enough to be prior art", _S),
    "LANG_MISMATCH": Rule("soft", "above", "a text is in another language than declared"),
    "LENGTH_OUTLIER": Rule("soft", "above", "the input is unusually long or short"),
    "OOD_DISTANCE": Rule("soft", "above", "the input is unlike all documents of the training part", _C),
    "INPUT_TRUNCATED": Rule("soft", "above", "the candidate did not read all of the input"),
    "LABEL_NOT_H": Rule("soft", "above", "the labels of the benchmark are not by persons"),
    "SYSTEMS_DISAGREE": Rule("soft", "above", "the second system's answer is far from this one"),
}
AUDIT = "AUDIT_RANDOM"


class Always(BaseModel):
    """What is looked at whatever the signals: items by their id, suggestions by the section (A to H) of the first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: tuple[str, ...] = ()
    sections: tuple[Annotated[str, Field(pattern="^[A-HY]$")], ...] = ()


class Policy(BaseModel):
    """Settings of ``conf/oversight/``: a limit per reason and task; ``null`` switches a soft reason off."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    audit_probability: float = Field(ge=0, le=1)
    second_system: str | None = None
    certified: bool = False  # flag whatever no valid certificate covers
    certificate: str | None = None
    shift_level: float = Field(0.01, ge=0, lt=1)
    assumed_labels: bool = False  # for experiments: certificates on labels of unknown origin count too
    always: Always = Always()
    requested: tuple[str, ...] = ()  # ids of items that a reviewer asked to see
    classification: Limits = {}
    translation: Limits = {}
    search: Limits = {}

    @field_validator("second_system", "certificate")
    @classmethod
    def _wherever_it_is_continued(cls, place: str | None) -> str | None:
        return None if place is None else str(Path(place).expanduser().resolve())

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

    @model_validator(mode="after")
    def _certificates_alone(self) -> Policy:
        """What a certificate covers is 'no hard reason and a score above its threshold', and nothing else."""
        if self.certificate is not None and not self.certified:
            raise ValueError("a certificate is used by a certified policy only: choose oversight=certified")
        own = {code for limits in (self.classification, self.translation, self.search) for code in limits}
        soft = sorted(code for code in own if RULES[code].kind == "soft")
        if self.certified and (soft or self.second_system):
            named = ", ".join([*soft, *(["second_system"] if self.second_system else [])])
            raise ValueError(
                f"a certified policy has no soft reasons of its own (found {named}): what they leave unflagged would "
                "not be what was certified. Take them out, or choose a policy without certificate"
            )
        return self

    def limits(self, task: str) -> dict[str, float]:
        """The limits in force for a task; hard reasons call whenever their count is above 0."""
        hard = {code: 0.0 for code, rule in RULES.items() if rule.kind == "hard"}
        chosen: Limits = getattr(self, task)
        return hard | {code: limit for code, limit in chosen.items() if limit is not None}
