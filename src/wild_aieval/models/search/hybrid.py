"""Reciprocal rank fusion of several searchers (Cormack, Clarke, Buettcher, SIGIR 2009)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, field_validator

from wild_aieval.items import Document, Failure, Hit, Query
from wild_aieval.models import members as inner
from wild_aieval.models.protocols import ModelSettings, Workplace


class Hybrid:
    """Score of a document: sum over the members of 1 / (constant + rank)."""

    class Settings(ModelSettings):
        """Settings of ``kind: hybrid``; each member is written as a model file is."""

        kind: Literal["hybrid"]
        members: list[dict[str, Any]] = Field(min_length=2)
        constant: int = Field(60, ge=1)
        depth: int = Field(200, ge=1, description="how far down each member's ranking is read")

        @field_validator("members")
        @classmethod
        def _searchers(cls, members: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [inner.checked(member, "members") for member in members]

        def identity(self) -> dict[str, Any]:
            """The members count by their own identity."""
            return super().identity() | {"members": [inner.identity(member, "members") for member in self.members]}

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        where = f"{settings.name}.members"
        self._members = [inner.build(member, where, workplace) for member in settings.members]

    def facts(self) -> Mapping[str, Any]:
        """The facts of the members, in order."""
        return {"members": [dict(member.facts()) for member in self._members]}

    def index(self, corpus: Sequence[Document]) -> None:
        """Index with every member."""
        for member in self._members:
            member.index(corpus)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """Fuse the members' rankings; a failure of one member is a failure of the fusion."""
        rankings = [member.search(queries, max(k, self._settings.depth)) for member in self._members]
        return [self._fuse([ranking[number] for ranking in rankings], k) for number in range(len(queries))]

    def _fuse(self, answers: Sequence[list[Hit] | Failure], k: int) -> list[Hit] | Failure:
        scores: dict[str, float] = {}
        for answer in answers:
            if isinstance(answer, Failure):
                return answer
            for rank, (document_id, _) in enumerate(answer, self._settings.constant + 1):
                scores[document_id] = scores.get(document_id, 0.0) + 1.0 / rank
        ranked = sorted((-score, document_id) for document_id, score in scores.items())
        return [Hit(document_id, -score) for score, document_id in ranked[:k]]
