"""Classification without training: a text is held against the titles of the symbols by their embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from wild_aieval.errors import UserError
from wild_aieval.items import Document, Failure, Suggestion
from wild_aieval.models.embeddings import titles as scheme
from wild_aieval.models.embeddings.encoder import EncoderSettings
from wild_aieval.models.embeddings.text_encoder import open_encoder
from wild_aieval.models.protocols import Workplace, not_identity
from wild_aieval.runspec import digest_files
from wild_aieval.standards import ipc

Level = Literal["section", "class", "subclass", "main_group", "subgroup"]


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().resolve())


class TitleSimilarity:
    """A symbol is as likely as the best of its titles is similar to the text.

    Scores are softmax(sharpness * cosine) over the symbols: shares that rank as the cosine does, not certified
    probabilities.
    """

    class Settings(EncoderSettings):
        """Settings of ``kind: title-similarity``; the digest of the titles counts, not where they lie."""

        kind: Literal["title-similarity"]
        titles: Annotated[str, AfterValidator(_absolute)] = not_identity(...)
        level: Level = "subclass"
        title_levels: list[Level] = Field([], description="levels whose titles are read; none named: level and below")
        parents: bool = False
        lower_case: scheme.LowerCase = "capitals"
        references: bool = False
        sharpness: float = Field(20.0, gt=0)
        suggestions: int = Field(10, ge=3)

    def __init__(self, settings: Settings, workplace: Workplace) -> None:
        self._settings = settings
        self._encoder = open_encoder(settings, workplace)
        self._file = Path(settings.titles)
        read = scheme.read_titles(self._file, settings.name)
        self._texts, owners = _chosen(read, settings)
        self._symbols = sorted(set(owners))
        numbers = {symbol: number for number, symbol in enumerate(self._symbols)}
        self._owners = np.array([numbers[owner] for owner in owners], dtype=np.int64)
        self._titles: NDArray[np.float32] | None = None

    def facts(self) -> Mapping[str, Any]:
        """The encoder's facts and the digest of the titles."""
        return self._encoder.facts() | {"titles": digest_files(self._file)}

    def classify(self, documents: Sequence[Document]) -> list[list[Suggestion] | Failure]:
        """The best symbols by similarity; the text asks (query prompt), the titles are documents."""
        if self._titles is None:
            self._titles = _unit(self._encoder.encode(self._texts))
        texts = _unit(self._encoder.encode([document.full_text for document in documents], queries=True))
        return [self._suggested(row) for row in (texts @ self._titles.T).astype(np.float64)]

    def _suggested(self, similarity: NDArray[np.float64]) -> list[Suggestion]:
        best = np.full(len(self._symbols), -1.0)
        np.maximum.at(best, self._owners, similarity)
        scaled = np.exp(self._settings.sharpness * (best - best.max()))
        shares = scaled / scaled.sum()
        order = np.argsort(-best, kind="stable")[: self._settings.suggestions]
        return [Suggestion(self._symbols[number], float(shares[number])) for number in order]


def _chosen(read: Sequence[scheme.Title], settings: TitleSimilarity.Settings) -> tuple[list[str], list[str]]:
    """The texts of the titles that count, and for each the symbol at ``level`` that it speaks for."""
    written = {title.symbol: scheme.shown(title.text, settings.lower_case, settings.references) for title in read}
    full = scheme.with_parents(written) if settings.parents else written
    levels = settings.title_levels or ipc.LEVELS
    pairs = [
        (text, owner)
        for symbol, text in full.items()
        if scheme.level_of(symbol) in levels and (owner := ipc.truncate(symbol, settings.level))
    ]
    if not pairs:
        raise UserError(
            f"{settings.name}: {settings.titles} has no title at or below the level '{settings.level}' among the "
            f"levels {', '.join(levels)}. Set model.level and model.title_levels to what the file holds."
        )
    return [text for text, _ in pairs], [owner for _, owner in pairs]


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
