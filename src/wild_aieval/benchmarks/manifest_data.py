"""The part ``data`` of a manifest: where the rows are, how their columns are named, what is made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from wild_aieval.benchmarks.manifest_types import Commit, FileName, InnerPath, Sha256, Strict, Text, Variable
from wild_aieval.errors import nearest

PARTS = {"classification": ("train", "test"), "translation": ("test",), "search": ("corpus", "queries", "qrels")}
REQUIRED = {"classification": ("test",), "translation": ("test",), "search": ("corpus", "queries", "qrels")}

_CLASSIFIED = ("id", "title", "text", "main", "symbols", "language", "office", "date", "family", "cluster")
_ASKING = ("id", "title", "text", "abstract", "claims", "language", "office", "date", "family", "cluster")
# Column names inside the harness; `columns` in a manifest maps them to the names in the files.
COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "classification": {"train": _CLASSIFIED, "test": _CLASSIFIED},
    "translation": {"test": ("id", "source", "target", "register", "terms", "office", "cluster")},
    "search": {
        "corpus": ("id", "title", "text", "language", "office", "date", "family"),
        "queries": _ASKING,
        "qrels": ("query_id", "document_id", "grade"),
    },
}
_MADE_FOR = dict.fromkeys(("beir", "trec", "clefip"), "search") | dict.fromkeys(
    ("tmx", "xliff", "lines"), "translation"
)
_MEANS = ("constant", "row", "digest", "join", "of")


class Derived(Strict):
    """A column that no file has as it is needed; exactly one of the means.

    ``constant``: the same text in every row. ``row``: the number of the row, behind this text. ``digest``: a
    hash of these columns. ``join``: these columns, one below the other, empty ones left out. ``of``: one
    column, cut to its ``first`` characters, then replaced as ``names`` says.
    """

    constant: Text | None = None
    row: Text | None = None
    digest: list[Text] = Field(default_factory=list)
    join: list[Text] = Field(default_factory=list)
    of: Text | None = None
    first: int | None = Field(default=None, ge=1)
    names: Annotated[dict[str, str], BeforeValidator(lambda given: _as_texts(given))] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one(self) -> Derived:
        given = [name for name in _MEANS if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"a derived column needs exactly one of {', '.join(_MEANS)}; found {given or 'none'}")
        if (self.first or self.names) and not self.of:
            raise ValueError("'first' and 'names' go with 'of: COLUMN'")
        return self

    @property
    def sources(self) -> list[str]:
        """The columns of the file that it is made from."""
        return [*self.digest, *self.join, *([self.of] if self.of else [])]


def _as_texts(given: Any) -> Any:
    """YAML reads the classes 0, 1, 2 as numbers; files may hold them as either."""
    return {str(key): value for key, value in given.items()} if isinstance(given, dict) else given


class HubPointer(Strict):
    """A data set on the Hugging Face hub, or a copy of it in the same layout.

    ``revision``: a commit; null: the commit of ``branch`` (default: main) when it is first loaded, kept in
    ``benchmark.lock``. ``folder``: a folder of the data set instead of a ``config``. ``columns`` and
    ``derived`` of a pointer go before those of its part.
    """

    id: Text
    revision: Commit | None
    branch: Text | None = None
    config: str | None = None
    folder: InnerPath | None = None
    split: str
    columns: dict[str, str] = Field(default_factory=dict)
    derived: dict[str, Derived] = Field(default_factory=dict)


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, dict | HubPointer) else given


Pointers = Annotated[list[HubPointer], BeforeValidator(_listed), Field(min_length=1)]


class Data(Strict):
    """Where the rows are, how their columns are named, and what is made from them.

    ``folder_from``: the environment variable that names the user's folder of data that cannot be given on.
    ``distinct``: parts in which a row whose key came before is left out. ``skip_bad``: rows with a fault are
    left out and counted instead of refused; for sets that are known to hold some.
    """

    format: Literal[
        "jsonl", "csv", "tsv", "parquet", "xlsx", "json-files", "tmx", "xliff", "lines", "beir", "trec", "clefip", "hub"
    ]
    folder_from: Variable | None = None
    files: dict[str, FileName] = Field(default_factory=dict)
    hub: dict[str, Pointers] = Field(default_factory=dict)
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    derived: dict[str, dict[str, Derived]] = Field(default_factory=dict)
    distinct: list[str] = Field(default_factory=list)
    skip_bad: bool = False
    sha256: dict[str, Sha256] = Field(default_factory=dict)

    @property
    def parts(self) -> set[str]:
        """The parts that have a source."""
        return {*self.files, *self.hub}


def check_parts(task: str, data: Data) -> None:
    """Raise ValueError unless the parts and columns fit the task."""
    parts, given = PARTS[task], data.parts
    for part in sorted(given | {*data.columns, *data.derived, *data.distinct}):
        if part not in parts:
            raise ValueError(f"data: '{part}' is no part of a {task} benchmark. {nearest(part, parts)}")
    if missing := [part for part in REQUIRED[task] if part not in given]:
        raise ValueError(f"data.files: no entry for {', '.join(missing)}")
    if both := set(data.files) & set(data.hub):
        raise ValueError(f"data: '{min(both)}' stands under files and under hub; keep one of the two")
    if data.format == "hub" and data.files:
        raise ValueError("data.files: the format is 'hub', so the parts belong under data.hub")
    if (made_for := _MADE_FOR.get(data.format, task)) != task:
        raise ValueError(f"data.format: '{data.format}' is for {made_for}, this is a {task} benchmark")
    for part in parts:
        for where, columns, derived in _mappings(data, part):
            _check_columns(COLUMNS[task][part], where, columns, derived)


def _mappings(data: Data, part: str) -> list[tuple[str, dict[str, str], dict[str, Derived]]]:
    """The columns of the part and of each of its pointers, with their place in the manifest."""
    own = (f"data.{{}}.{part}", data.columns.get(part, {}), data.derived.get(part, {}))
    pointers = [(f"data.hub.{part}.{{}}", pointer.columns, pointer.derived) for pointer in data.hub.get(part, [])]
    return [own, *pointers]


def _check_columns(known: tuple[str, ...], where: str, columns: dict[str, str], derived: dict[str, Derived]) -> None:
    for kind, mapping in (("columns", columns), ("derived", derived)):
        for column in mapping:
            if column not in known:
                raise ValueError(f"{where.format(kind)}: unknown column '{column}'. {nearest(column, known)}")
    if both := set(columns) & set(derived):
        name = min(both)
        raise ValueError(f"{where.format('columns')}: '{name}' is declared as derived as well; keep one of the two")
