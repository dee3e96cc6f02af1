"""Embeddings kept on disk, each under the text that it was computed from, so that nothing is computed twice.

Vectors of a corpus that does not fit into memory lie in a file of their own, in float16 (``collection``).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wild_aieval.models.embeddings import collection, segments
from wild_aieval.models.embeddings.collection import Held, Work
from wild_aieval.models.embeddings.segments import Keys, Rows, Segment, Vectors
from wild_aieval.models.local.memory import distinct
from wild_aieval.runspec import digest

__all__ = ["Block", "VectorStore", "Vectors"]

Block = tuple[Sequence[int], Vectors]
_MANY = 16  # segments of about one size are merged into one


class VectorStore:
    """Folders below ``cache/embeddings``, one for each way of computing vectors; in it a vector for each text.

    Texts are shared by tasks, by candidates with the same encoder, and by runs with other chunks.
    """

    def __init__(self, cache: Path) -> None:
        self._folder = cache / "embeddings"
        self._shelves: dict[str, _Shelf] = {}

    def vectors(
        self,
        content: Any,
        texts: Sequence[str],
        compute: Callable[[list[int]], Iterable[Block]],
        keep: bool = True,
    ) -> Vectors:
        """Shape (texts, dimension), for each text what is stored for it and ``content`` (plain data: what computes).

        ``compute(indices)`` is asked for the others: numbers of texts, no text twice. It gives them back in blocks of
        (indices, vectors), in any order; each is kept as it comes, where ``keep`` says so. No room is no fault.
        """
        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        firsts, places = distinct(keys)
        told = np.frombuffer(b"".join(keys[first] for first in firsts), dtype="<u8").reshape(-1, 2)
        found = self._shelf(content).vectors(
            told, lambda rows: _renamed(compute([firsts[row] for row in rows]), rows, firsts), keep
        )
        return found if len(firsts) == len(texts) else found[places]

    def corpus(self, content: Any, keys: Keys, texts: Callable[[], Iterable[str]], work: Work) -> Held:
        """Vectors of a whole corpus in float16, mapped; ``texts()`` gives those of ``keys`` (see ``collection``)."""
        return collection.filled(self._folder / digest([content, "float16"])[:32], keys, texts, work)

    def _shelf(self, content: Any) -> _Shelf:
        name = digest(content)[:32]
        if name not in self._shelves:
            self._shelves[name] = _Shelf(self._folder / name)
        return self._shelves[name]


def _renamed(blocks: Iterable[Block], rows: Sequence[int], firsts: Sequence[int]) -> Iterable[Block]:
    """Blocks by row, where ``compute`` speaks of texts."""
    row_of = {firsts[row]: row for row in rows}
    return (([row_of[index] for index in indices], vectors) for indices, vectors in blocks)


class _Shelf:
    """The segments of one folder, as this process knows them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segments = segments.read(folder)

    def vectors(self, keys: Keys, compute: Callable[[list[int]], Iterable[Block]], keep: bool) -> Vectors:
        """Shape (keys, dimension); what is not stored is computed, and kept if ``keep``."""
        rows, sources = self._find(keys)
        missing = np.flatnonzero(sources < 0).tolist()
        whole: Vectors | None = None
        if len(missing) < len(keys):
            whole = np.empty((len(keys), self._segments[0].vectors.shape[1]), dtype=np.float32)
            for number in np.unique(sources[sources >= 0]):
                here = sources == number
                whole[here] = self._segments[number].vectors[rows[here]]
        if missing:
            for indices, vectors in compute(missing):
                if whole is None:
                    whole = np.empty((len(keys), vectors.shape[1]), dtype=np.float32)
                whole[indices] = vectors
                if keep:
                    self._keep(keys[indices], vectors)
        if whole is None:
            raise ValueError("no vectors were computed")
        return whole

    def _find(self, keys: Keys) -> tuple[Rows, Rows]:
        """For each key its row and the number of the segment, the newest first; -1 where there is none."""
        rows, sources = (np.full(len(keys), -1, dtype=np.int64) for _ in range(2))
        for number in reversed(range(len(self._segments))):
            still = np.flatnonzero(sources < 0)
            if not len(still):
                break
            found = self._segments[number].find(keys[still])
            rows[still], sources[still] = found, np.where(found >= 0, number, -1)
        return rows, sources

    def _keep(self, keys: Keys, vectors: Vectors) -> None:
        made = segments.write(self._folder, keys, vectors)
        if made is None:
            return
        self._segments.append(made)
        level = _level(made)
        while len(alike := [part for part in self._segments if _level(part) == level]) >= _MANY:
            if not all(part.file.exists() for part in alike):  # another process has merged them
                self._segments = segments.read(self._folder, vectors.shape[1])
                return
            merged = segments.merge(self._folder, alike)
            if merged is None:
                return
            self._segments = [part for part in self._segments if part not in alike]
            self._segments.insert(0, merged)
            level = _level(merged)


def _level(part: Segment) -> int:
    """Segments of one level are at most 16 times as large as each other, so a vector is rewritten few times."""
    return int(math.log(max(len(part), 1), _MANY))
