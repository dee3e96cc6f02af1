"""A tool that takes part by handing in its outputs as a file: a closed one, or one that ran inside another office.

The whole file is read and checked before anything is asked.
"""

from __future__ import annotations

import codecs
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, Field, field_validator, model_validator

from wild_aieval.errors import UserError, nearest
from wild_aieval.items import Document, Failure, Hit, Query, Segment, Suggestion, Translation
from wild_aieval.models.assignment import Assignment
from wild_aieval.models.json_answers import Output
from wild_aieval.models.outputs import answers as outputs_answers
from wild_aieval.models.outputs.answers import NAMES, Answers, Layout
from wild_aieval.models.outputs.read import FORMATS, Source
from wild_aieval.models.protocols import ModelSettings, Workplace, not_identity

_SHOWN = 3


def _absolute(path: str) -> str:
    found = Path(path).expanduser()
    return str(found.resolve()) if found.is_file() else path


FilePath = Annotated[str, AfterValidator(_absolute)]
Task = Literal["classification", "translation", "search"]


class OutputsFile:
    """Answers are looked up by the id of the item; an id that is not in the file is a Failure."""

    class Settings(ModelSettings):
        """Settings of ``kind: outputs-file``: ``path`` and ``task`` for one benchmark, or ``files`` by task/name."""

        kind: Literal["outputs-file"]
        path: FilePath = not_identity("")
        task: Task | None = None
        files: dict[str, FilePath] = not_identity({})
        format: Literal["auto", "jsonl", "csv", "tsv", "xlsx", "trec", "lines"] = "auto"
        columns: dict[str, str | list[str]] = Field({})
        separator: str = Field(";", min_length=1)
        decimal: Literal[".", ","] = "."
        delimiter: str = Field("", max_length=1)
        encoding: str = "utf-8"
        sheet: str = ""

        @field_validator("encoding")
        @classmethod
        def _known(cls, encoding: str) -> str:
            try:
                "".encode(encoding)
                return codecs.lookup(encoding).name
            except LookupError:
                raise ValueError("there is no such text encoding; expected such as utf-8, cp1252 or utf-16") from None

        @model_validator(mode="after")
        def _one_way(self) -> Self:
            if bool(self.path) == bool(self.files):
                raise ValueError("set either 'path' (one file for one benchmark) or 'files' (benchmark: file)")
            if self.path and self.task is None:
                raise ValueError("'task' is missing: with 'path', say what the file holds, such as classification")
            if wrong := [name for name in self.files if name.partition("/")[0] not in NAMES]:
                raise ValueError(f"'files' has the benchmark '{wrong[0]}'; expected task/name, such as search/starter")
            known = {name for task in self.tasks for name in NAMES[task]}
            if unknown := [name for name in self.columns if name not in known]:
                raise ValueError(f"'columns' has '{unknown[0]}'. {nearest(unknown[0], known)}")
            return self

        @property
        def tasks(self) -> tuple[str, ...]:
            """The tasks of the files."""
            return tuple(dict.fromkeys(name.partition("/")[0] for name in self.benchmarks)) or (str(self.task),)

        @property
        def benchmarks(self) -> tuple[str, ...]:
            """The benchmarks that have a file; empty where one file serves whichever is asked."""
            return tuple(self.files)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._handed_in = {
            name: _HandedIn(settings, name.partition("/")[0], path) for name, path in settings.files.items()
        } or {"": _HandedIn(settings, str(settings.task), settings.path)}
        self._met = ""
        only = next(iter(self._handed_in.values())) if len(self._handed_in) == 1 else None
        self._answers: Mapping[str, Output] = only.answers.by_id if only else {}

    def facts(self) -> Mapping[str, Any]:
        """The digest of each file and the format that it is read in, by benchmark ('' for the only one)."""
        return {"files": {name: [file.format, file.digest] for name, file in self._handed_in.items()}}

    def meet(self, assignment: Assignment) -> None:
        """Take the file of this benchmark and hold its ids against those of the items.

        UserError where there is no file for it, or where not one id fits; a warning for ids that no item has.
        """
        if self._settings.path and self._met not in ("", assignment.benchmark):
            raise UserError(
                f"{self._settings.name}: one file (path) cannot answer both {self._met} and {assignment.benchmark}. "
                "Choose one benchmark, or give one file for each: model.files."
            )
        name = "" if self._settings.path else assignment.benchmark
        if name not in self._handed_in:
            raise UserError(
                f"{self._settings.name}: no file for {name} was handed in. model.files has: "
                f"{', '.join(self._handed_in)}."
            )
        self._met = assignment.benchmark
        self._answers = self._handed_in[name].of(assignment)

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """The suggestions in the file."""
        return cast("list[list[Suggestion] | Failure]", [self._answer(document.id) for document in documents])

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """The translations in the file."""
        return cast("list[Translation | Failure]", [self._answer(segment.id) for segment in segments])

    def index(self, corpus: Sequence[Document]) -> None:
        """Nothing to take in: the tool had the collection when it ran."""

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """The first ``k`` documents in the file."""
        answers = cast("list[list[Hit] | Failure]", [self._answer(query.id) for query in queries])
        return [answer if isinstance(answer, Failure) else answer[:k] for answer in answers]

    def _answer(self, item_id: str) -> Output:
        if not self._answers:
            raise UserError(
                f"{self._settings.name}: it was not told which benchmark is asked, so no file can be chosen. "
                "Call its method 'meet' first, as the harness does."
            )
        return self._answers.get(item_id, Failure("this item is not in the file of outputs"))


class _HandedIn:
    """One file, read once."""

    def __init__(self, settings: OutputsFile.Settings, task: str, path: str) -> None:
        self._path = path
        file = Path(path).expanduser()
        if not file.is_file():
            near = sorted(p.name for p in file.parent.glob("*") if p.is_file())[:12] if file.parent.is_dir() else []
            holds = f"its folder holds: {', '.join(near)}" if near else "its folder holds no file, or does not exist"
            raise UserError(f"{settings.name}: there is no file '{path}'; {holds}. Mend model.path or model.files.")
        content = file.read_bytes()
        self.digest = hashlib.sha256(content).hexdigest()
        columns = {name: [value] if isinstance(value, str) else value for name, value in settings.columns.items()}
        source = Source(path, content, settings.encoding, settings.delimiter, settings.sheet)
        layout = Layout(columns, settings.separator, settings.decimal)
        self.format = _format(settings, task, file)
        self.answers: Answers = outputs_answers.read(task, self.format, source, layout)

    def of(self, assignment: Assignment) -> Mapping[str, Output]:
        """The answers to a benchmark's items."""
        if self.answers.lines is not None:
            return outputs_answers.in_order(self.answers.lines, assignment.ids, self._path)
        known = set(assignment.ids)
        extra = [name for name in self.answers.by_id if name not in known]
        shown = ", ".join(f"'{name}'" for name in extra[:_SHOWN])
        if len(extra) == len(self.answers.by_id):
            wanted = ", ".join(f"'{name}'" for name in assignment.ids[:_SHOWN])
            raise UserError(
                f"{self._path}: none of its {len(extra)} ids is an item of {assignment.benchmark}. It has {shown}; "
                f"the benchmark has {wanted}. Write the ids of the benchmark into the file, or name the column that "
                "holds them with model.columns."
            )
        if extra:
            print(
                f"warning: {self._path}: {len(extra)} ids are no items of {assignment.benchmark} and are left out: "
                f"{shown}{', …' if len(extra) > _SHOWN else ''}",
                file=sys.stderr,
            )
        return self.answers.by_id


def _format(settings: OutputsFile.Settings, task: str, file: Path) -> str:
    form = settings.format if settings.format != "auto" else FORMATS.get(file.suffix.lower(), "")
    if not form:
        raise UserError(
            f"{file}: the ending '{file.suffix}' tells no format. Set model.format to one of: "
            f"{', '.join(dict.fromkeys(FORMATS.values()))}."
        )
    only = {"trec": "search", "lines": "translation"}.get(form, task)
    if only != task:
        raise UserError(f"{file}: the format '{form}' is for {only}, and the task is {task}. Set model.format or task.")
    return form
