"""The encoder that a model's folder calls for: a transformers network, or a static table of vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from wild_aieval.models.embeddings.collection import Held
from wild_aieval.models.embeddings.encoder import Encoder, EncoderSettings
from wild_aieval.models.embeddings.segments import Keys
from wild_aieval.models.embeddings.static_encoder import StaticEncoder, static_files
from wild_aieval.models.embeddings.vector_store import Vectors
from wild_aieval.models.local import weights
from wild_aieval.models.protocols import Workplace


class TextEncoder(Protocol):
    """Texts in, vectors out."""

    def facts(self) -> dict[str, Any]:
        """What identifies it besides its settings."""
        ...

    def encode(self, texts: Sequence[str], queries: bool = False) -> Vectors:
        """Shape (texts, dimension); ``queries`` have a prompt of their own where the model knows one."""
        ...


@runtime_checkable
class CorpusEncoder(TextEncoder, Protocol):
    """One that keeps the vectors of a corpus on disk."""

    def corpus(self, keys: Keys, texts: Callable[[], Iterable[str]]) -> Held:
        """Vectors of shape (texts, dimension) in float16, mapped; ``texts()`` gives those of ``keys``, in order."""
        ...


def open_encoder(settings: EncoderSettings, workplace: Workplace) -> CorpusEncoder:
    """Look into the folder; UserError where it holds no model. Weights are read with the first text."""
    local = Path(settings.path).expanduser()
    folder = local if static_files(local) else weights.locate(settings.path, settings.revision, settings.name)
    if static_files(folder):
        return StaticEncoder(settings, folder, workplace)
    return Encoder(settings, workplace)
