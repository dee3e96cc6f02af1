"""Vectors of texts by an interface as OpenAI's ``/embeddings``; vectors are kept on disk, for they may be paid for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field

from wild_aieval.errors import UserError
from wild_aieval.items import Failure
from wild_aieval.models.embeddings.vector_store import Vectors, VectorStore
from wild_aieval.models.http.asking import ask, entry_by_entry
from wild_aieval.models.http.exchange import Request
from wild_aieval.models.http.link import Link
from wild_aieval.models.http.mapping import Misread, Response, by_item
from wild_aieval.models.http.settings import EndpointSettings, Template
from wild_aieval.models.protocols import Workplace, not_identity

_PATH = "/embeddings"
_BLOCK = 512  # texts to a file on disk
_BY_PLACE = Response(items="data", id="index")


class VectorSettings(EndpointSettings):
    """What the interface is told; ``url`` ends before ``/embeddings``.

    ``dimensions``: null is not sent. ``prompt`` stands before every text, ``query_prompt`` (null: as ``prompt``) before
    a query. Longer texts are cut at ``max_characters``. ``options``: further fields of the request.
    """

    model: str
    dimensions: int | None = Field(None, ge=1)
    prompt: str = ""
    query_prompt: str | None = None
    max_characters: int = Field(8000, ge=16)
    normalise: bool = True
    options: Template = Field(default_factory=dict)
    batch_size: int = not_identity(32, ge=1)


class EndpointEncoder:
    """A ``TextEncoder`` behind an endpoint."""

    def __init__(self, settings: VectorSettings, workplace: Workplace) -> None:
        self._settings = settings
        self._link = Link(settings, workplace)
        sent: dict[str, Any] = {"model": settings.model, "encoding_format": "float"}
        sent |= {"dimensions": settings.dimensions} if settings.dimensions else {}
        self._body = sent | self._link.secrets.resolved(settings.options)
        self._url = settings.url.rstrip("/").removesuffix(_PATH) + _PATH
        self._store = VectorStore(workplace.cache)
        self._watch = workplace.watch
        self._fresh: dict[str, Vectors] = {}

    def facts(self) -> dict[str, Any]:
        """Nothing besides the settings."""
        return {}

    def encode(self, texts: Sequence[str], queries: bool = False) -> Vectors:
        """Shape (texts, dimension). UserError where a text has no vector, for a corpus with gaps is another corpus."""
        asked = self._told(texts, queries)
        if not asked:
            return np.zeros((0, 1), dtype=np.float32)
        if all(text in self._fresh for text in asked):
            return np.stack([self._fresh[text] for text in asked])
        blocks = []
        with self._watch(f"{self._settings.name} · embedding texts", len(asked)) as advance:
            for start in range(0, len(asked), _BLOCK):
                blocks.append(self._block(asked[start : start + _BLOCK]))
                advance(len(blocks[-1]))
        if len({block.shape[1] for block in blocks}) > 1:
            raise UserError(f"{self._settings.name}: the endpoint's vectors differ in length, so they do not compare.")
        return np.concatenate(blocks)

    def faults(self, ids: Sequence[str], texts: Sequence[str], queries: bool = False) -> list[Failure | None]:
        """Ask for the vectors of these items, which ``encode`` then has at hand; a Failure for each without one."""
        asked = self._told(texts, queries)
        found = self._ask(asked, ids)
        self._fresh = {text: v for text, v in zip(asked, found, strict=True) if not isinstance(v, Failure)}
        return [vector if isinstance(vector, Failure) else None for vector in found]

    def _told(self, texts: Sequence[str], queries: bool) -> list[str]:
        settings = self._settings
        prompt = settings.query_prompt if queries and settings.query_prompt is not None else settings.prompt
        return [prompt + text[: settings.max_characters] for text in texts]

    def _block(self, texts: list[str]) -> Vectors:
        settings = self._settings
        recipe = [settings.url, settings.revision, settings.normalise, settings.model, settings.dimensions]
        headers = [settings.headers] * bool(settings.headers)  # they may say which model answers
        content = ["endpoint", recipe, settings.options, *headers]
        return self._store.vectors(
            content, texts, lambda chosen: [(chosen, self._whole([texts[number] for number in chosen]))]
        )

    def _whole(self, texts: list[str]) -> Vectors:
        found = self._ask(texts, None)
        failed = [vector for vector in found if isinstance(vector, Failure)]
        if failed:
            raise UserError(
                f"{self._settings.name}: the endpoint gave no vector for {len(failed)} of {len(texts)} texts of the "
                f"training part or the corpus, the first time with: {failed[0].message}. What came before is kept. "
                "Mend that, then continue with 'resume'."
            )
        return np.stack(found)

    def _ask(self, texts: Sequence[str], ids: Sequence[str] | None) -> list[Any]:
        size = self._settings.batch_size
        batches = [list(range(start, min(start + size, len(texts)))) for start in range(0, len(texts), size)]

        def request(numbers: Sequence[int]) -> Request:
            of = tuple(ids[number] for number in numbers) if ids else ()
            return Request("POST", self._url, of, self._body | {"input": [texts[number] for number in numbers]})

        def read(data: Any, numbers: Sequence[int]) -> list[Any]:
            return entry_by_entry(by_item(_BY_PLACE, data, [str(n) for n in range(len(numbers))]), self._vector)

        return ask(self._link, batches, request, read)

    def _vector(self, entry: Any) -> Vectors:
        given = entry.get("embedding") if isinstance(entry, dict) else None
        try:
            vector = np.asarray(given, dtype=np.float64)
        except (ValueError, TypeError):
            raise Misread("'embedding' is no list of numbers") from None
        if vector.ndim != 1 or not len(vector) or not np.isfinite(vector).all():
            raise Misread("'embedding' is no list of finite numbers")
        wanted = self._settings.dimensions
        if wanted and len(vector) != wanted:
            raise Misread(f"the vector has {len(vector)} components, and dimensions is {wanted}")
        length = np.linalg.norm(vector) if self._settings.normalise else 1.0
        return (vector / max(float(length), 1e-12)).astype(np.float32)
