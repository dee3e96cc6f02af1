"""The nouns that travel between rooms: what a model is given and what it gives back.

Plain immutable data; this module imports nothing of the project.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Document:
    """A patent document: to be classified, or a member of a search corpus.

    ``date`` is the publication date (ISO 8601, ``YYYY-MM-DD``), ``family`` the simple patent family.
    """

    id: str
    title: str
    text: str
    language: str = ""
    date: str = ""
    family: str = ""

    @property
    def full_text(self) -> str:
        """Title and text as one string, the usual input of a model."""
        return f"{self.title}. {self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document with the symbols that an office gave it; ``main`` is '' where it is not known."""

    document: Document
    main: str
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A text to translate; languages are BCP 47 tags."""

    id: str
    text: str
    source_language: str
    target_language: str


@dataclass(frozen=True, slots=True)
class Query:
    """A prior-art query; only documents published before ``date`` (priority, else filing) count.

    ``text`` is all that is asked with (the title stands at its beginning); ``title``, ``abstract`` and ``claim`` (the
    first one) are parts of the application where the benchmark has them apart, else ''.
    """

    id: str
    text: str
    date: str = ""
    family: str = ""
    language: str = ""
    title: str = ""
    abstract: str = ""
    claim: str = ""


class Suggestion(NamedTuple):
    """A classification symbol with the model's own score, best first in a list."""

    symbol: str
    score: float


class Translation(NamedTuple):
    """A translated text; ``score`` is the model's confidence in [0, 1] where it has one."""

    text: str
    score: float | None = None


class Hit(NamedTuple):
    """A document found for a query, best first in a list."""

    id: str
    score: float


class Failure(NamedTuple):
    """A model gave no answer for this item. Never an empty answer, never dropped.

    ``answer``: the text that it gave, where that could not be read as an answer. ``unasked``: the model went before
    the item was its turn; the item stays open, and the run stops with the message.
    """

    message: str
    answer: str | None = None
    unasked: bool = False
