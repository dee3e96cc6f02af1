"""Re-ranking: a searcher finds, a cross-encoder reads query and document together and puts the best first."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Hit, Query
from wild_aieval.models import members as inner
from wild_aieval.models.local import control_tokens, weights
from wild_aieval.models.local.memory import Memory, distinct
from wild_aieval.models.protocols import Workplace, not_identity, silent
from wild_aieval.models.search.query_text import QueryPart, ask_with

_LONG_WORK = 2000  # pairs


class Rerank:
    """Scores are the cross-encoder's logits; what it did not read follows below, in the member's order."""

    class Settings(weights.TransformerSettings):
        """Settings of ``kind: rerank``; the member is written as a model file is."""

        kind: Literal["rerank"]
        member: dict[str, Any]
        depth: int = Field(100, ge=1, description="how many of the member's hits are read again")
        max_tokens: int = Field(512, ge=16, description="query and document together; the longer one is cut first")
        query: QueryPart = "all"
        token_budget: int = not_identity(4096, ge=64)

        @field_validator("member")
        @classmethod
        def _searcher(cls, member: dict[str, Any]) -> dict[str, Any]:
            return inner.checked(member, "member")

        def identity(self) -> dict[str, Any]:
            """The member counts by its own identity."""
            return super().identity() | {"member": inner.identity(self.member, "member")}

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._folder = weights.locate(settings.path, settings.revision, settings.name)
        _one_output(self._folder / "config.json", settings.name)
        self._member = inner.build(settings.member, f"{settings.name}.member", workplace)
        self._watch = workplace.watch
        self._memory = Memory(settings.name)
        self._texts: dict[str, str] = {}
        self._model: Any = None
        self._tokenizer: Any = None
        self._control: Any = None

    def facts(self) -> Mapping[str, Any]:
        """Digest of the weights, versions of the libraries, the facts of the member."""
        own = weights.facts(self._folder) | weights.library_versions("torch", "transformers", "tokenizers")
        return own | {"member": dict(self._member.facts())}

    def index(self, corpus: Sequence[Document]) -> None:
        """Index with the member."""
        self._texts = {document.id: document.full_text for document in corpus}
        self._member.index(corpus)

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit] | Failure]:
        """The member's hits for the whole query, the first ``depth`` of them in the cross-encoder's order."""
        found = self._member.search(queries, max(k, self._settings.depth))
        hits = {query.id: answer for query, answer in zip(queries, found, strict=True)}
        return ask_with(queries, self._settings.query, lambda asked: self._reranked(asked, hits, k))

    def _reranked(
        self, queries: Sequence[Query], hits: Mapping[str, list[Hit] | Failure], k: int
    ) -> list[list[Hit] | Failure]:
        found = [hits[query.id] for query in queries]
        heads = [[] if isinstance(answer, Failure) else answer[: self._settings.depth] for answer in found]
        pairs = [(q.text, self._texts[hit.id]) for q, head in zip(queries, heads, strict=True) for hit in head]
        scores = iter(self._scores(pairs))
        answers: list[list[Hit] | Failure] = []
        for answer, head in zip(found, heads, strict=True):
            read = [(hit.id, next(scores)) for hit in head]
            answers.append(answer if isinstance(answer, Failure) else _ordered(read, answer[len(head) :], k))
        return answers

    def _scores(self, pairs: Sequence[tuple[str, str]]) -> list[float | Failure]:
        """One logit for each pair of query and document."""
        import torch

        if not pairs:
            return []
        self._load()
        sides = [[self._control.apart(text) for text in side] for side in zip(*pairs, strict=True)]
        encoded = self._tokenizer(*sides, truncation=True, max_length=self._settings.max_tokens)
        firsts, places = distinct([tuple(map(tuple, row)) for row in zip(*encoded.values(), strict=True)])
        rows = [{name: values[first] for name, values in encoded.items()} for first in firsts]

        def run(batch: list[int]) -> list[float]:
            inputs = self._tokenizer.pad([rows[number] for number in batch], return_tensors="pt")
            logits: list[float] = self._model(**inputs.to(self._model.device)).logits.float()[:, 0].tolist()
            return logits

        lengths, size = [len(row["input_ids"]) for row in rows], (self._settings.token_budget, len(rows))
        show = self._watch if len(pairs) > _LONG_WORK else silent
        watch = show(f"{self._settings.name} · reading pairs", len(rows))
        with torch.inference_mode(), watch as advance:
            scores = self._memory.in_batches(lengths, size, run, advance)
        return [scores[place] for place in places]

    def _load(self) -> None:
        if self._model is None:
            self._tokenizer, self._model = weights.load(
                self._settings, self._folder, "AutoModelForSequenceClassification"
            )
            self._control = control_tokens.of_tokenizer(self._tokenizer)


def _ordered(read: Sequence[tuple[str, float | Failure]], rest: Sequence[Hit], k: int) -> list[Hit] | Failure:
    """Hits by score, then id; those that were not read keep their order, each one below the last score."""
    scored = []
    for document_id, score in read:
        if isinstance(score, Failure) or not math.isfinite(score):
            return score if isinstance(score, Failure) else Failure(f"the score of '{document_id}' is {score}")
        scored.append(Hit(document_id, score))
    scored.sort(key=lambda hit: (-hit.score, hit.id))
    floor = scored[-1].score if scored else 0.0
    return (scored + [Hit(hit.id, floor - place) for place, hit in enumerate(rest, 1)])[:k]


def _one_output(config: Path, owner: str) -> None:
    """A cross-encoder has one output and was trained as a classifier; another head would be random numbers."""
    content = json.loads(config.read_text(encoding="utf-8"))
    outputs = len(content.get("id2label") or {"0": "", "1": ""})
    made_as = content.get("architectures") or ["unknown"]
    if outputs != 1 or not str(made_as[0]).endswith("ForSequenceClassification"):
        raise UserError(
            f"{owner}: {config} describes {made_as[0]} with {outputs} outputs. Expected a cross-encoder: an "
            "architecture whose name ends with 'ForSequenceClassification', and one label in id2label. Set model.path "
            "to such a folder."
        )
