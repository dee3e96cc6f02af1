"""The model of py3langid, ready to read, and its probabilities for many texts at once.

py3langid walks one text byte by byte in Python; here all texts take their next step together, over the same tables.
What comes out differs from its own figures by rounding only (about 1e-4), so whoever decides asks it again where that
could matter. Its model is compressed; unpacked it is kept in the user's cache and read as far as it is needed.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval import user_cache

_TOGETHER = 1024  # texts that take their steps together
_KEPT = "language-model-"
Array = NDArray[Any]


class LanguageModel:
    """``labels``: one for each column of probabilities; some come twice, and only the first of them is used."""

    def __init__(self, arrays: Sequence[Array]) -> None:
        self._weights, self._prior, labels, self._next, self._rows, self._features = arrays
        self.labels: list[str] = labels.tolist()
        states, classes = len(self._rows), len(self.labels)
        sizes = (len(self._features), len(self._prior), self._weights.shape[1])
        if sizes != (states, classes, classes) or self._next.size % 256:
            raise ValueError("the tables do not belong together")

    @functools.cached_property
    def known(self) -> frozenset[str]:
        """Every label."""
        return frozenset(self.labels)

    @functools.cached_property
    def one(self) -> Any:
        """py3langid's own identifier, for one text at a time."""
        from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]

        moves, rows = np.ascontiguousarray(self._next).data, self._rows.tolist()
        features = self._features.tolist()
        return LanguageIdentifier(
            self._weights, self._prior, self.labels, moves, features, norm_probs=True, tk_row=rows
        )

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Of each language for each text, shape (texts, labels)."""
        encoded = [self.one._encode(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda place: len(encoded[place]))
        found = np.empty((len(texts), len(self.labels)), dtype=np.float32)
        for start in range(0, len(order), _TOGETHER):
            chosen = order[start : start + _TOGETHER]
            found[chosen] = self._together([encoded[place] for place in chosen])
        return found

    def _together(self, texts: Sequence[bytes]) -> NDArray[np.float32]:
        lengths = np.array([len(text) for text in texts])
        scores = self._scores(*self._visits(texts, lengths), len(texts))
        scores *= (1.0 / np.sqrt(np.maximum(lengths, 1), dtype=np.float32))[:, None]
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        for first, second in self.one._alias_pairs:
            scores[:, first] += scores[:, second]
            scores[:, second] = 0
        return scores

    def _visits(self, texts: Sequence[bytes], lengths: Array) -> tuple[Array, Array, Array]:
        """Which text has which feature how often; texts are sorted by length, shortest first."""
        longest = int(lengths[-1])
        letters = np.zeros((longest, len(texts)), dtype=np.int64)  # a row is one step of all texts
        for place, text in enumerate(texts):
            letters[: len(text), place] = np.frombuffer(text, dtype=np.uint8)
        base = self._rows.astype(np.int64) << 8
        state = np.zeros(len(texts), dtype=np.int64)
        features = np.full((longest, len(texts)), -1, dtype=np.int64)
        begun = np.searchsorted(lengths, np.arange(longest), side="right")  # texts before it are at their end
        for step in range(longest):
            first = begun[step]
            state = self._next[base[state[len(state) - (len(texts) - first) :]] + letters[step, first:]]
            features[step, first:] = self._features[state]
        numbers = np.arange(len(texts)) * len(self._weights)
        visits = (features + numbers)[features >= 0]
        visits.sort()
        starts = np.flatnonzero(np.diff(visits, prepend=-1))
        counts = np.diff(starts, append=len(visits))
        owners, which = np.divmod(visits[starts], len(self._weights))
        return owners, which, counts

    def _scores(self, owners: Array, which: Array, counts: Array, texts: int) -> NDArray[np.float32]:
        from scipy.sparse import csr_array

        used = np.flatnonzero(np.bincount(which, minlength=1))
        columns = np.searchsorted(used, which)
        ends = np.searchsorted(owners, np.arange(texts + 1))
        weights = csr_array((np.log1p(counts.astype(np.float32)), columns, ends), shape=(texts, len(used)))
        scores: NDArray[np.float32] = weights @ self._weights[used].astype(np.float32) + self._prior
        scores[np.diff(ends) == 0] = 0  # no feature: nothing is known, as py3langid says it
        return scores


@functools.cache
def language_model() -> LanguageModel:
    """Read from the user's cache, or unpacked, and then kept there."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE

    packed = MODEL_DIR / MODEL_FILE
    with packed.open("rb") as stream:
        name = f"{_KEPT}{hashlib.file_digest(stream, 'sha256').hexdigest()[:16]}"
    place = user_cache.folder()
    if place is not None:
        try:
            return LanguageModel(_read(place / name))
        except (OSError, ValueError, TypeError):
            pass
    arrays = _unpacked(packed)
    if user_cache.keep(name, _writing(arrays)):
        user_cache.drop_others(_KEPT, name)
    return LanguageModel(arrays)


def _unpacked(packed: Path) -> list[Array]:
    from py3langid.modelio import load_model  # type: ignore[import-untyped]

    weights, prior, labels, moves, rows, features = load_model(packed)
    return [
        np.asarray(weights),
        np.asarray(prior),
        np.array(labels),
        np.asarray(moves),
        np.asarray(rows),
        np.array(features, dtype=np.int32),
    ]


def _writing(arrays: Sequence[Array]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as stream:
            for array in arrays:
                np.lib.format.write_array(stream, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)

    return write


def _read(path: Path) -> list[Array]:
    """The arrays of a file, in the order in which they were written, read from the disk when they are looked at."""
    arrays: list[Array] = []
    with path.open("rb") as stream:
        end = path.stat().st_size
        while stream.tell() < end:
            if np.lib.format.read_magic(stream) != (1, 0):
                raise ValueError("written otherwise")
            shape, _, kind = np.lib.format.read_array_header_1_0(stream)
            start = stream.tell()
            arrays.append(np.asarray(np.memmap(path, dtype=kind, mode="r", offset=start, shape=shape)))
            stream.seek(start + arrays[-1].nbytes)
        if stream.tell() != end or len(arrays) != 6:
            raise ValueError("not whole")
    return arrays
