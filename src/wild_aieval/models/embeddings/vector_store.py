"""Vectors on disk by the content that they were computed from, so that candidates with one encoder share them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval.runspec import digest

Vectors = NDArray[np.float32]


class VectorStore:
    """Files ``<digest>.npy`` below ``cache/embeddings``."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / "embeddings"

    def vectors(self, content: Any, texts: int, compute: Callable[[], Vectors]) -> Vectors:
        """Shape (texts, dimension): what is stored for ``content`` (plain data), else computed and stored."""
        file = self._folder / f"{digest(content)}.npy"
        found = _stored(file, texts)
        if found is None:
            found = compute()
            _store(file, found)
        return found


def _stored(file: Path, texts: int) -> Vectors | None:
    """The vectors of a file; None where it is missing or damaged, for they can be computed again."""
    try:
        vectors: Vectors = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return vectors if vectors.ndim == 2 and len(vectors) == texts else None


def _store(file: Path, vectors: Vectors) -> None:
    """Keep the vectors, readable by their owner only, for they tell about the texts; no room is no fault."""
    partial = file.with_suffix(f".{os.getpid()}-{id(vectors)}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            np.save(stream, vectors, allow_pickle=False)
        partial.replace(file)
    except OSError:
        partial.unlink(missing_ok=True)
