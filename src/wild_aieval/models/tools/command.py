"""A program of an office that is asked in JSON Lines on its standard input and output.

One process serves the whole run. Classification, translation and search; ``command-learner`` learns first.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, Field, model_validator

from wild_aieval.errors import Unavailable
from wild_aieval.items import Document, Failure, Hit, LabelledDocument, Query, Segment, Suggestion, Translation
from wild_aieval.models.assignment import Assignment
from wild_aieval.models.json_answers import Output, output_of, usage_of
from wild_aieval.models.local.weights import absolute
from wild_aieval.models.protocols import ModelSettings, Workplace, not_identity
from wild_aieval.models.tools.conversation import Conversation, Limits
from wild_aieval.models.tools.environment import reduced
from wild_aieval.models.tools.error_output import Mask
from wild_aieval.models.tools.line_sheet import Reply
from wild_aieval.models.tools.program import Launch
from wild_aieval.runspec import digest_files

# A tool in Python that forgets to flush, or that prints in the code page of Windows, works all the same; and it leaves
# no compiled files in a folder that is digested.
_PYTHON = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class CommandSettings(ModelSettings):
    """What every program is told; one of ``files`` and ``version`` says which version of the tool it is."""

    command: list[str] = Field(min_length=1)
    cwd: Annotated[str, AfterValidator(absolute)] = not_identity(".")
    files: list[str] = not_identity([])
    version: str = ""
    env: list[Variable] = Field(default_factory=list)
    batch_size: int = not_identity(32, ge=1)
    timeout_seconds: float = not_identity(120.0, gt=0)
    start_seconds: float = not_identity(300.0, ge=0)
    prepare_seconds: float = not_identity(3600.0, gt=0)
    crashes_in_a_row: int = not_identity(5, ge=1)
    max_restarts: int = not_identity(100, ge=0)

    @model_validator(mode="after")
    def _known_version(self) -> Self:
        if not self.files and not self.version:
            raise ValueError(
                "'files' and 'version' are both empty, so answers of an older tool would be taken for those of a "
                "newer one. Name the files of the program (they are digested), or give a version and raise it with "
                "each change"
            )
        return self


class Command:
    """Asks a program; it is started with the first question and ends with the run."""

    class Settings(CommandSettings):
        """Settings of ``kind: command``."""

        kind: Literal["command"]
        tasks: list[Literal["classification", "translation", "search"]] = not_identity(..., min_length=1)
        pairs: list[str] | None = not_identity(None)

    def __init__(self, settings: CommandSettings, workplace: Workplace) -> None:
        self._settings, self._meter, self._level = settings, workplace.meter, ""
        self._files = [_existing(settings, name) for name in settings.files]
        secrets = Mask(os.environ.get(name, "") for name in settings.env)
        log = workplace.cache / "commands" / f"{settings.name}.log"
        launch = Launch(_arguments(settings), Path(settings.cwd), _environment(settings), log, secrets)
        limits = Limits(
            settings.timeout_seconds,
            settings.start_seconds,
            settings.prepare_seconds,
            settings.crashes_in_a_row,
            settings.max_restarts,
        )
        self._conversation = Conversation(settings.name, launch, limits, workplace.watch)

    def facts(self) -> Mapping[str, Any]:
        """The digests of the named files in the order in which they are named; their paths do not count."""
        return {"files": [digest_files(path) for path in self._files]}

    def meet(self, assignment: Assignment) -> None:
        """Note the label level, which a classifier is told."""
        self._level = assignment.level

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """Suggestions for each document."""
        level = {"level": self._level} if self._level else {}
        names = ("id", "title", "text", "language")
        requests = [{**_some(document, names), **level} for document in documents]
        return cast("list[list[Suggestion] | Failure]", self._ask("classification", requests))

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """A translation for each segment."""
        return cast("list[Translation | Failure]", self._ask("translation", [asdict(segment) for segment in segments]))

    def index(self, corpus: Sequence[Document]) -> None:
        """Give the program the collection."""
        self._conversation.prepare("index", "indexed", [asdict(document) for document in corpus])

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """At most ``k`` hits for each query."""
        names = ("id", "date", "family", "language")
        requests = [{**_some(query, names), "query": query.text, "k": k} for query in queries]
        answers = cast("list[list[Hit] | Failure]", self._ask("search", requests))
        return [answer if isinstance(answer, Failure) else answer[:k] for answer in answers]

    def _ask(self, task: str, requests: Sequence[Mapping[str, Any]]) -> list[Output]:
        outputs: list[Output] = []
        numbers = iter(requests)
        while batch := list(itertools.islice(numbers, self._settings.batch_size)):
            replies = self._conversation.ask([{"id": request["id"], "task": task, **request} for request in batch])
            outputs += [self._read(task, request["id"], reply) for request, reply in zip(batch, replies, strict=True)]
        return outputs

    def _read(self, task: str, item_id: str, reply: Reply) -> Output:
        # The share of a batch is no latency of an answer; the harness knows it without being told.
        seconds = {"seconds": reply.seconds} if self._settings.batch_size == 1 else {}
        self._meter.note(item_id, attempts=reply.attempts, **seconds)
        if reply.fault:
            return Failure(reply.fault, reply.text)
        try:
            self._meter.note(item_id, **usage_of(reply.fields))
            return output_of(task, reply.fields)
        except ValueError as fault:
            return Failure(f"the answer cannot be read: {fault}", reply.text)


class CommandLearner(Command):
    """A program that learns from the training part of the benchmark before it classifies."""

    class Settings(CommandSettings):
        """Settings of ``kind: command-learner``."""

        kind: Literal["command-learner"]

    def fit(self, train: Sequence[LabelledDocument]) -> None:
        """Give the program the training part."""
        names = ("id", "title", "text", "language")
        rows = [{**_some(item.document, names), "main": item.main, "symbols": item.symbols} for item in train]
        self._conversation.prepare("train", "trained", rows)


def _some(item: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names}


def _existing(settings: CommandSettings, name: str) -> Path:
    path = Path(settings.cwd, name).expanduser()
    if not path.exists():
        raise Unavailable(
            f"{settings.name}: 'files' names '{name}', which is not in '{settings.cwd}'. Mend the name, or set "
            "model.cwd to the folder of the program."
        )
    return path


def _arguments(settings: CommandSettings) -> tuple[str, ...]:
    """The command with the whole path of its program; Unavailable where there is none."""
    program, *others = settings.command
    if not Path(settings.cwd).is_dir():
        raise Unavailable(
            f"{settings.name}: there is no folder '{settings.cwd}' here. Set model.cwd to the folder of the program."
        )
    own = Path(settings.cwd, program).expanduser()
    found = shutil.which(own if "/" in program or os.sep in program else program)
    if found is None:
        raise Unavailable(
            f"{settings.name}: the program '{program}' is not here, or may not be run. Install it, or set "
            f"model.command to a list of its path (a path with '/' is read from model.cwd, '{settings.cwd}') and "
            "its arguments."
        )
    return str(Path(found).absolute()), *others


def _environment(settings: CommandSettings) -> dict[str, str]:
    """The basic environment and the variables in ``env``; Unavailable names one that is not set, never a value."""
    missing = [name for name in settings.env if not os.environ.get(name)]
    if missing:
        raise Unavailable(
            f"{settings.name}: the environment variable {missing[0]} is not set, and 'env' names it. Set it before the "
            "run (export NAME=value); its value is never recorded."
        )
    return _PYTHON | reduced(settings.env)
