"""The manifest of a benchmark, ``benchmark.yaml``: declarative, checked, nothing extra allowed."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from wild_aieval import schema_version
from wild_aieval.benchmarks.manifest_data import COLUMNS as COLUMNS
from wild_aieval.benchmarks.manifest_data import PARTS as PARTS
from wild_aieval.benchmarks.manifest_data import REQUIRED as REQUIRED
from wild_aieval.benchmarks.manifest_data import Data, Derived, HubPointer, check_parts
from wild_aieval.benchmarks.manifest_types import Language, Licence, Name, Office, Strict, Text, Version
from wild_aieval.benchmarks.manifest_yaml import read_yaml
from wild_aieval.errors import UserError, nearest
from wild_aieval.standards import citations, ipc

SCHEMA_VERSION: Literal[1] = 1
MANIFEST_FILE = "benchmark.yaml"
TASKS = ("classification", "translation", "search")

Grade = Annotated[int, Field(ge=0, le=999)]


class Limits(Strict):
    """How large a benchmark may be: rows of each part, characters of any one row."""

    items: int | None = Field(default=None, ge=1)
    characters: int | None = Field(default=None, ge=1)


class Withdrawn(Strict):
    """Since when a benchmark is not to be used any more, and why."""

    day: datetime.date
    reason: Text


class Manifest(Strict):
    """Everything about a benchmark that is not its rows."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: Name
    task: Literal["classification", "translation", "search"]
    version: Version
    supersedes: Version | None = None
    title: Text
    description: Text
    homepage: Text | None = None
    citation: Text | None = None
    languages: list[Language] = Field(min_length=1)
    source_language: Language | None = None
    target_language: Language | None = None
    offices: list[Office] = Field(default_factory=list)
    scheme: Literal["IPC", "CPC"] | None = None
    edition: str | None = None
    label_level: Literal["section", "class", "subclass", "main_group", "subgroup"] = "subclass"
    label_origin: Literal["H", "M", "G"] | None = None
    clusters_are: Literal["document", "family", "applicant"] | None = None
    grades: dict[str, Grade] = Field(default_factory=lambda: dict(citations.DEFAULT_GRADES))
    depth: int = Field(default=100, ge=1, le=10_000)
    splits: dict[str, Text] = Field(default_factory=dict)  # by part: how its rows were chosen
    licence: Licence
    terms_of_use: Text | None = None
    use: Literal["any", "non-commercial", "research"] | None = None  # None: as far as the licence's name tells
    creation: Text
    synthetic: bool = False
    contributor: Text
    created: datetime.date
    collected: datetime.date | None = None  # the day the rows were taken from their source
    published: datetime.date | None = None  # the day this version was given out
    retention: datetime.date | None = None  # the last day on which the data may be kept
    withdrawn: Withdrawn | None = None
    # Who says nothing has said nothing about showing texts.
    confidentiality: Literal["open", "shared-scores", "aggregate-only"] = "aggregate-only"
    limits: Limits = Limits()
    data: Data

    @property
    def restricted_to(self) -> str:
        """'non-commercial' or 'research' where the data may not be used for everything, else ''."""
        if self.use is not None:
            return "" if self.use == "any" else self.use
        return "non-commercial" if re.search(r"-NC(-|\b)|noncommercial", self.licence, re.IGNORECASE) else ""

    @model_validator(mode="after")
    def _task_fields(self) -> Manifest:
        if self.task == "translation" and not (self.source_language and self.target_language):
            raise ValueError("a translation benchmark needs source_language and target_language")
        if self.task == "classification" and not (self.scheme and self.edition):
            raise ValueError(
                "a classification benchmark needs scheme and edition, such as IPC and '2023.01' (at import: --edition)"
            )
        if self.task == "classification" and self.scheme == "IPC" and self.edition not in ipc.EDITIONS:
            known = ", ".join(sorted(ipc.EDITIONS))
            raise ValueError(f"edition '{self.edition}': its symbol list is not shipped; known: {known}")
        check_parts(self.task, self.data)
        for part in self.splits:
            if part not in PARTS[self.task]:
                raise ValueError(f"splits: '{part}' is no part of it. {nearest(part, PARTS[self.task])}")
        if self.supersedes and version_numbers(self.supersedes) >= version_numbers(self.version):
            raise ValueError(f"supersedes: '{self.supersedes}' is not older than version '{self.version}'")
        return self


def version_numbers(version: str) -> list[int]:
    """A version as numbers, which compare as versions do."""
    return [int(part) for part in version.split(".")]


def read_manifest(path: Path) -> Manifest:
    """Read and check one ``benchmark.yaml``; every fault is a UserError that names file and field."""
    try:
        raw = read_yaml(path)
    except FileNotFoundError:
        raise UserError(_missing(path)) from None
    return parse_manifest(raw, path)


def _missing(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        beside = [p.name for p in folder.parent.glob("*/")] if folder.parent.is_dir() else []
        return f"{folder}: there is no such benchmark folder. {nearest(folder.name, beside)}"
    held = ", ".join(sorted(p.name for p in folder.iterdir())[:12]) or "nothing"
    return f"{path}: there is no such file. A benchmark folder holds a '{MANIFEST_FILE}'; this one holds: {held}."


def parse_manifest(raw: dict[str, Any], path: Path | str) -> Manifest:
    """Check the fields of a manifest; ``path`` is only for the message."""
    schema_version.check(raw.get("schema_version", SCHEMA_VERSION), SCHEMA_VERSION, path)
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        lines = [_explain(dict(fault), raw) for fault in error.errors()]
        raise UserError(f"{path}: " + " ".join(lines)) from None


_INSIDE: dict[str, type[BaseModel]] = {
    "data": Data,
    "hub": HubPointer,
    "derived": Derived,
    "limits": Limits,
    "withdrawn": Withdrawn,
}


def _explain(fault: dict[str, Any], raw: Any) -> str:
    """One sentence on one fault that pydantic found, with the field's full name first."""
    location = _as_written(fault["loc"], raw)
    field = ".".join(location)
    if fault["type"] == "extra_forbidden":
        inside = next((_INSIDE[part] for part in reversed(location[:-1]) if part in _INSIDE), Manifest)
        return f"unknown field '{field}'. {nearest(location[-1], inside.model_fields)}"
    if fault["type"] == "missing":
        return f"the field '{field}' is missing."
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not field:
        return f"{message}."
    found = _short(fault["input"])
    hint = ""
    if fault["type"] == "string_type" and isinstance(fault["input"], int | float | datetime.date):
        hint = f" YAML read it as {type(fault['input']).__name__}: put it into quotes."
    if fault["type"] == "literal_error" and isinstance(fault["input"], str):
        known = re.findall(r"'([^']+)'", str(fault["ctx"]["expected"]))
        message, hint = "no such value", " " + nearest(fault["input"], known)
    return f"{field}: {message} (found {found}).{hint}"


def _short(value: Any) -> str:
    """The beginning of a value as it stands there; one of a thousand aliases is never written out."""
    import reprlib

    short = reprlib.Repr()
    short.maxstring = short.maxlong = short.maxother = 80
    try:
        found = short.repr(value)
    except ValueError:  # a number of thousands of digits
        return "a number beyond all bounds"
    return found if len(found) <= 82 else found[:80] + "…"


def _as_written(location: tuple[str | int, ...], raw: Any) -> list[str]:
    """The place of a fault without the position that a single pointer gets when it becomes a list of one."""
    found = []
    for part in location:
        if isinstance(part, int) and isinstance(raw, dict):
            continue
        found.append(str(part))
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            raw = None
    return found
