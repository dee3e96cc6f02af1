"""What a bundle may hold, field by field: what is not declared here is neither sent nor taken.

A field that is added to a record later cannot carry a text away, and a bundle with one is told from a whole one.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from wild_aieval.errors import UserError
from wild_aieval.visible import on_terminal

_DEEPEST, _LONGEST_LIST = 8, 2_000
_LONGEST_TEXT = 2_000
Data = Mapping[str, Any]


def _shows(text: str) -> str:
    """A text without characters that act."""
    if on_terminal(text) != text:
        raise ValueError("holds characters that act instead of showing")
    return text


def _plain(value: Any, depth: int = 0) -> Any:
    """Settings and facts: names, short texts, numbers, lists; no deep or long ones."""
    if depth > _DEEPEST:
        raise ValueError(f"is nested more than {_DEEPEST} deep")
    if isinstance(value, str):
        if len(value) > _LONGEST_TEXT:
            raise ValueError(f"holds a text of {len(value):,} characters")
        return _shows(value)
    if isinstance(value, Mapping):
        for name, part in value.items():
            _plain(name, depth + 1)
            _plain(part, depth + 1)
    elif isinstance(value, list):
        if len(value) > _LONGEST_LIST:
            raise ValueError(f"holds a list of {len(value):,}")
        for part in value:
            _plain(part, depth + 1)
    return value


def _day(text: str) -> str:
    datetime.date.fromisoformat(text)
    return text


def _named(value: dict[str, Any]) -> dict[str, Any]:
    """A candidate, of which the board shows the name."""
    if not isinstance(value.get("name"), str):
        raise ValueError("has no name")
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_shows)]
Word = Annotated[str, StringConstraints(max_length=500), AfterValidator(_shows)]
Text = Annotated[str, StringConstraints(max_length=_LONGEST_TEXT), AfterValidator(_shows)]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_day)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=10**9, strict=True)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15, strict=True)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Plain = Annotated[dict[str, Any], AfterValidator(_plain)]
Task = Literal["classification", "translation", "search"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Measure(_Part):
    """A figure with its interval."""

    value: Number | None
    low: Number | None
    high: Number | None
    n: Count
    signature: Word
    withheld: Count | None = None


class Slice(_Part):
    """Figures of a group of items."""

    by: Name
    group: Word
    n: Count
    small: bool
    measures: dict[Name, Measure]


class Counts(_Part):
    """How many items were asked, and what came of it."""

    asked: Count
    answered: Count
    errors: Count
    scored: Count


class Flags(_Part):
    """How many items a human is called for, and why."""

    flagged: Count
    audit: Count
    reasons: dict[Name, Count]
    policy: Word = ""
    withheld: Count | None = None
    certificates: list[Digest] = []
    shifts: dict[Digest, Share] = {}


class Note(_Part):
    """What a reader must know before the figures."""

    code: Name
    text: Text


class Timing(_Part):
    """What answers took."""

    seconds: Number
    items_per_second: Number | None = None
    latency: dict[Name, Number | None] | None = None
    latency_of: Word | None = None
    queued: dict[Name, Number | None] | None = None
    attempts: Number | None = None
    tokens_in: Number | None = None
    tokens_out: Number | None = None


class Cost(_Part):
    """What they cost by a declared table."""

    currency: Word
    total: Number | None
    per_item: Number | None = None
    missing: list[Name] = []


class Result(_Part):
    """One entry of ``results``."""

    task: Task
    benchmark: Name
    version: Name
    digest: Digest
    revision: Word = ""
    model: Name
    kind: Name
    synthetic: bool
    confidentiality: Name
    languages: list[Name]
    offices: list[Name]
    licence: Word
    use: Word = ""
    contributor: Word = ""
    provider: Word = ""
    notes: list[Note] = []
    cluster: Word | None = None
    items_in_benchmark: Count
    partial: bool
    measures: dict[Name, Measure]
    slices: list[Slice]
    counts: Counts
    flags: Flags
    output_source: Name
    timing: Timing
    cost: Cost | None = None
    resources: Plain | None = None
    withheld: Count | None = None


class Spec(_Part):
    """What was measured, without what is the office's own."""

    settings: Plain
    model: Plain
    benchmarks: Annotated[list[Plain], Field(max_length=500)]
    context: Plain
    schema_version: Count


class Summary(_Part):
    """One run."""

    schema_version: Count
    runspec: Spec
    scored_by: Word = ""
    model: Name
    sweep: Word | None = None
    max_error_rate: Share = 0.0
    results: Annotated[list[Result], Field(min_length=1, max_length=500)]


class Ledger(_Part):
    """How far the ledger of the run has come; ``head``: the hash of its last event."""

    events: Count
    head: Digest


class Run(_Part):
    """A run with the name of its statistics."""

    origin: Digest
    summary: Summary
    statistics: Name | None
    ledger: Ledger | None = None


class Certificate(_Part):
    """What of a certificate leaves. ``covers``: origins of runs of the bundle whose candidate it is for."""

    id: Digest
    kind: Name
    certified: bool
    statement: Text
    check: Text = ""
    alpha: Share
    delta: Share
    candidate: Annotated[Plain, AfterValidator(_named)]
    benchmark: Name
    version: Name
    digest: Digest
    confidentiality: Name
    group: Plain | None
    labels: Word | None
    verdict: Word
    issued: Day
    valid_until: Day
    covers: list[Digest]


class Content(_Part):
    """All that is signed."""

    schema_version: Count
    office: Name
    created: Name
    wild_aieval: Word
    runs: Annotated[list[Run], Field(min_length=1, max_length=1_000)]
    certificates: Annotated[list[Certificate], Field(max_length=10_000)]
    files: dict[Name, Plain]


_Kind = TypeVar("_Kind", bound=_Part)


def declared(kind: type[_Kind], found: Data, where: str) -> dict[str, Any]:
    """The declared fields of ``found``; UserError where one is missing or holds something else."""
    try:
        return kind.model_validate(json.loads(json.dumps(found))).model_dump(exclude_unset=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part)[:60] for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{where}: the field '{on_terminal(place)}' {_lower(reason)}.") from None


def undeclared(found: Any, kept: Any, place: str = "") -> str:
    """The first field of ``found`` that ``kept`` lacks, '' where there is none."""
    if isinstance(found, Mapping):
        for name, part in found.items():
            here = f"{place}.{name}" if place else str(name)
            if name not in kept:
                return here
            if deeper := undeclared(part, kept[name], here):
                return deeper
    elif isinstance(found, list):
        for number, (part, own) in enumerate(zip(found, kept, strict=True)):
            if deeper := undeclared(part, own, f"{place}.{number}"):
                return deeper
    return ""


def _lower(reason: str) -> str:
    known = {"Field required": "is missing"}
    return known.get(reason, f"is not as expected ({reason[:1].lower()}{reason[1:].rstrip('.')})")
