"""A candidate for wild-aieval: copy this package, rename it, and put your tool where the words are counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any, Literal

from pydantic import Field

from wild_aieval.items import Document, Failure, LabelledDocument, Suggestion
from wild_aieval.models.protocols import ModelSettings, Workplace
from wild_aieval.models.registry import Kind

# Raise the revision with each change of this code that can change an answer.
KIND = Kind(("classification",), "office_tool:OfficeTool", "symbols that go with the words of the title", revision=1)


class OfficeTool:
    """Votes of the title's words: each word counts for the symbols that it had in the training part."""

    class Settings(ModelSettings):
        """Settings of ``kind: office-tool``; make one that cannot change an answer with ``not_identity(default)``."""

        kind: Literal["office-tool"]
        suggestions: int = Field(3, ge=1)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        # Raise wild_aieval.errors.Unavailable here where a package or a program is missing; load weights later.
        self._settings = settings
        self._votes: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def facts(self) -> Mapping[str, Any]:
        """What else decides an answer: versions, digests of weights."""
        return {"office-tool": metadata.version("office-tool")}

    def fit(self, train: Sequence[LabelledDocument]) -> None:
        """Count words; leave this method out where the tool does not learn from the benchmark."""
        for item in train:
            for word in _words(item.document):
                self._votes[word].update(item.symbols)

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """One list of suggestions for each document, in the same order."""
        return [self._one(document) for document in documents]

    def _one(self, document: Document) -> list[Suggestion] | Failure:
        votes = sum((self._votes[word] for word in _words(document) if word in self._votes), Counter[str]())
        if not votes:
            return Failure("no word of the title was seen in training")
        best = sorted(votes.items(), key=lambda pair: (-pair[1], pair[0]))[: self._settings.suggestions]
        return [Suggestion(symbol, count / votes.total()) for symbol, count in best]


def _words(document: Document) -> set[str]:
    return set((document.title or document.text).lower().split())
