"""What a candidate can do: one small protocol per task, batch in, list out in the same order.

There is no base class to inherit. A candidate that cannot answer one item puts a ``Failure`` in its
place; an exception of a whole batch makes the harness ask again item by item. One that keeps many requests under way
may say ``many_at_once = True``: it is given longer batches, as long as one takes no more than some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from wild_aieval.items import Document, Failure, Hit, LabelledDocument, Query, Segment, Suggestion, Translation
from wild_aieval.models.metering import Meter


@runtime_checkable
class Candidate(Protocol):
    """Every candidate can say what it is."""

    def facts(self) -> Mapping[str, Any]:
        """What else identifies it besides its settings: digest of weights, versions of libraries."""
        ...


@runtime_checkable
class Classifier(Candidate, Protocol):
    """Suggests classification symbols, best first."""

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """One list of suggestions for each document."""
        ...


@runtime_checkable
class Trainable(Protocol):
    """A classifier that learns from the training part of the benchmark."""

    def fit(self, train: Sequence[LabelledDocument]) -> None:
        """Learn; called once before ``classify``."""
        ...


@runtime_checkable
class Translator(Candidate, Protocol):
    """Translates segments."""

    def translate(self, segments: Sequence[Segment]) -> list[Translation | Failure]:
        """One translation for each segment."""
        ...


@runtime_checkable
class Searcher(Candidate, Protocol):
    """Finds prior art."""

    def index(self, corpus: Sequence[Document]) -> None:
        """Take in the collection; called once before ``search``."""
        ...

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """At most ``k`` hits for each query, best first."""
        ...


class ModelSettings(BaseModel):
    """What every file under ``conf/model/`` has. Unknown keys are errors.

    Fields marked with ``not_identity`` cannot change an answer and stay out of every key. ``provider``: who makes
    or runs the tool; it is compared with who gave the benchmark.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", json_schema_extra={"identity": False})
    kind: str
    revision: str = ""
    provider: str = Field("", json_schema_extra={"identity": False})

    def identity(self) -> dict[str, Any]:
        """The settings that can change an answer."""
        return _inside_identity(self)


def not_identity(default: Any, **kwargs: Any) -> Any:
    """A settings field that cannot change an answer, such as a batch size or a device."""
    return Field(default, json_schema_extra={"identity": False}, **kwargs)


def _inside_identity(settings: BaseModel) -> dict[str, Any]:
    """Plain data without the fields that are marked, also those of a settings object within the settings."""
    dump = settings.model_dump(mode="json")
    for name, info in type(settings).model_fields.items():
        value = getattr(settings, name)
        if _outside_identity(info.json_schema_extra):
            del dump[name]
        elif isinstance(value, BaseModel):
            dump[name] = _inside_identity(value)
    return dump


def _outside_identity(extra: Any) -> bool:
    return isinstance(extra, dict) and extra.get("identity") is False


Watch = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def silent(title: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
    """A ``Watch`` that shows nothing."""
    return nullcontext(lambda count: None)


@dataclass(frozen=True, slots=True)
class Workplace:
    """What the harness lends a candidate: the seed of the run, a folder for caches, and ways to tell of its work.

    ``with watch(title, total) as advance: ... advance(done_now)`` shows long work; ``meter.note(item.id, ...)``
    says what an answer took. What is put into ``after`` is called when all items of a benchmark were asked, and not
    where the run ended before.
    """

    seed: int
    cache: Path
    watch: Watch = silent
    meter: Meter = field(default_factory=Meter)
    after: list[Callable[[], None]] = field(default_factory=list)
