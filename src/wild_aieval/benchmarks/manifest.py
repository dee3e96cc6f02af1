"""The manifest of a benchmark, ``benchmark.yaml``: declarative, checked, nothing extra allowed."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from wild_aieval.errors import UserError, nearest
from wild_aieval.standards import citations, ipc, languages, offices

MANIFEST_FILE = "benchmark.yaml"
TASKS = ("classification", "translation", "search")
PARTS = {"classification": ("train", "test"), "translation": ("test",), "search": ("corpus", "queries", "qrels")}
REQUIRED = {"classification": ("test",), "translation": ("test",), "search": ("corpus", "queries", "qrels")}

_CLASSIFIED = ("id", "title", "text", "main", "symbols", "language", "office", "date", "family", "cluster")
# Column names inside the harness; `columns` in a manifest maps them to the names in the files.
COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "classification": {"train": _CLASSIFIED, "test": _CLASSIFIED},
    "translation": {"test": ("id", "source", "target", "register", "terms", "office", "cluster")},
    "search": {
        "corpus": ("id", "title", "text", "language", "office", "date", "family"),
        "queries": (
            "id",
            "title",
            "text",
            "abstract",
            "claims",
            "language",
            "office",
            "date",
            "family",
            "cluster",
        ),
        "qrels": ("query_id", "document_id", "grade"),
    },
}


def _language(tag: str) -> str:
    if not languages.is_language_tag(tag):
        raise ValueError(f"'{tag}' is not a language tag of BCP 47 such as 'en' or 'pt-BR'")
    return tag


def _office(code: str) -> str:
    if code not in offices.ST3_CODES:
        raise ValueError(f"'{code}' is not an office code of WIPO ST.3. {nearest(code, offices.ST3_CODES)}")
    return code


def _commit(revision: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{7,64}", revision):
        raise ValueError(f"'{revision}' is not a commit hash such as '0123abc'; branches and tags can move")
    return revision


def _folder_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise ValueError(f"'{name}' is not a name of lower-case letters, digits, '.', '_' and '-', such as 'us-grants'")
    return name


def _version(version: str) -> str:
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"'{version}' is not a version of three numbers such as '1.0.0'")
    return version


def _sha256(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError(f"'{value}' is not a SHA-256 of 64 hexadecimal digits in lower case, as sha256sum prints it")
    return value


Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, AfterValidator(_folder_name)]
Version = Annotated[str, AfterValidator(_version)]
Sha256 = Annotated[str, AfterValidator(_sha256)]
Language = Annotated[str, AfterValidator(_language)]
Office = Annotated[str, AfterValidator(_office)]


class Strict(BaseModel):
    """Unknown keys are errors; values cannot be changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HubPointer(Strict):
    """A data set on the Hugging Face hub (or a local folder in its layout), pinned."""

    id: Text
    revision: Annotated[str, AfterValidator(_commit)]
    config: str | None = None
    split: str


class Data(Strict):
    """Where the rows are and how their columns are named."""

    format: Literal["jsonl", "csv", "tsv", "parquet", "beir", "trec", "hub"]
    files: dict[str, str] = Field(default_factory=dict)
    hub: dict[str, HubPointer] = Field(default_factory=dict)
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    sha256: dict[str, Sha256] = Field(default_factory=dict)


class Manifest(Strict):
    """Everything about a benchmark that is not its rows."""

    schema_version: Literal[1] = 1
    name: Name
    task: Literal["classification", "translation", "search"]
    version: Version
    supersedes: Version | None = None
    title: Text
    description: Text
    languages: list[Language] = Field(min_length=1)
    source_language: Language | None = None
    target_language: Language | None = None
    offices: list[Office] = []
    scheme: Literal["IPC", "CPC"] | None = None
    edition: str | None = None
    label_level: Literal["section", "class", "subclass", "main_group", "subgroup"] = "subclass"
    label_origin: Literal["H", "M", "G"] | None = None
    clusters_are: Literal["document", "family", "applicant"] | None = None
    grades: dict[str, int] = Field(default_factory=lambda: dict(citations.DEFAULT_GRADES))
    depth: int = Field(default=100, ge=1, le=10_000)
    licence: Text
    creation: Text
    synthetic: bool = False
    contributor: Text
    created: datetime.date
    # Who says nothing has said nothing about showing texts.
    confidentiality: Literal["open", "shared-scores", "aggregate-only"] = "aggregate-only"
    data: Data

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
        self._parts()
        return self

    def _parts(self) -> None:
        data, parts = self.data, PARTS[self.task]
        given = set(data.files) | set(data.hub)
        for part in sorted(given | set(data.columns)):
            if part not in parts:
                raise ValueError(f"data: '{part}' is no part of a {self.task} benchmark. {nearest(part, parts)}")
        if missing := [part for part in REQUIRED[self.task] if part not in given]:
            raise ValueError(f"data.files: no entry for {', '.join(missing)}")
        if both := set(data.files) & set(data.hub):
            raise ValueError(f"data: '{min(both)}' stands under files and under hub; keep one of the two")
        if data.format == "hub" and data.files:
            raise ValueError("data.files: the format is 'hub', so the parts belong under data.hub")
        if data.format in ("beir", "trec") and self.task != "search":
            raise ValueError(f"data.format: '{data.format}' is for search, this is a {self.task} benchmark")
        for part, mapping in data.columns.items():
            for column in mapping:
                if column not in COLUMNS[self.task][part]:
                    known = COLUMNS[self.task][part]
                    raise ValueError(f"data.columns.{part}: unknown column '{column}'. {nearest(column, known)}")


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error, where plain YAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key.value}' stands twice", key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_manifest(path: Path) -> Manifest:
    """Read and check one ``benchmark.yaml``; every fault is a UserError that names file and field."""
    try:
        raw = _UniqueKeys(path.read_text(encoding="utf-8-sig")).get_single_data()
    except FileNotFoundError:
        raise UserError(_missing(path)) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start + 1} is not UTF-8. Save the manifest as UTF-8.") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Mend its kind or permissions.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise UserError(f"{path}{place}: not valid YAML: {problem}. Mend that line.") from None
    if not isinstance(raw, dict):
        found = "an empty file" if raw is None else type(raw).__name__
        raise UserError(f"{path}: expected a mapping of fields such as 'name: …', found {found}.")
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
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        lines = [_explain(dict(fault)) for fault in error.errors()]
        raise UserError(f"{path}: " + " ".join(lines)) from None


def _explain(fault: dict[str, Any]) -> str:
    """One sentence on one fault that pydantic found, with the field's full name first."""
    location = [str(part) for part in fault["loc"]]
    field = ".".join(location)
    if fault["type"] == "extra_forbidden":
        models: dict[str, type[BaseModel]] = {"data": Data, "hub": HubPointer}
        inside = next((models[part] for part in reversed(location[:-1]) if part in models), Manifest)
        return f"unknown field '{field}'. {nearest(location[-1], inside.model_fields)}"
    if fault["type"] == "missing":
        return f"the field '{field}' is missing."
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not field:
        return f"{message}."
    found = repr(fault["input"])
    hint = ""
    if fault["type"] == "string_type" and isinstance(fault["input"], int | float | datetime.date):
        hint = f" YAML read it as {type(fault['input']).__name__}: put it into quotes."
    if fault["type"] == "literal_error" and isinstance(fault["input"], str):
        known = re.findall(r"'([^']+)'", str(fault["ctx"]["expected"]))
        message, hint = "no such value", " " + nearest(fault["input"], known)
    return f"{field}: {message} (found {found[:80]}{'…' if len(found) > 80 else ''}).{hint}"
