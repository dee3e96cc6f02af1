"""Near-duplicate texts among many: MinHash to find candidates, the exact Jaccard similarity to decide.

A. Broder, "On the resemblance and containment of documents", 1997. A text is the set of its runs of three words; in
scripts without spaces a sign counts as a word. 120 hash values in 20 bands of 6 find a pair of similarity 0.8 with the
probability 1 - (1 - 0.8^6)^20 = 0.998. Bands are sorted columns of numbers instead of tables of sets: 480 bytes for
each text, and time that grows as n log n.
"""

from __future__ import annotations

import functools
import itertools
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from datasketch import MinHash  # type: ignore[import-untyped]
from numpy.typing import NDArray

THRESHOLD = 0.8  # as in K. Lee et al., "Deduplicating training data makes language models better", ACL 2022
WORDS = 3
BANDS, ROWS = 20, 6
FEW = 20  # members of a bucket that are compared each with each; in a larger one, with the first and the next
_TOKEN = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)

Hashes = NDArray[np.uint64]


class Pair(NamedTuple):
    """Two texts by position, the earlier one first, and how alike they are."""

    one: int
    other: int
    similarity: float


def near_pairs(
    texts: Sequence[str], advance: Callable[[int], None] = lambda count: None, threshold: float = THRESHOLD
) -> Iterator[Pair]:
    """Pairs of texts with a Jaccard similarity of ``threshold`` or more; of equal texts each with the first of them."""
    first: dict[int, int] = {}
    distinct: list[int] = []
    signatures: list[NDArray[Any]] = []
    seed = MinHash(num_perm=BANDS * ROWS, seed=1, hashfunc=int)
    for position, text in enumerate(texts):
        advance(1)
        shingles = _shingles(text)
        if not len(shingles):
            continue
        known = first.setdefault(hash(shingles.tobytes()), position)
        if known != position:
            yield Pair(known, position, 1.0)
            continue
        signature = seed.copy()
        signature.update_batch((shingles >> np.uint64(32)).tolist())
        signatures.append(signature.hashvalues.astype(np.uint32))
        distinct.append(position)
    if signatures:
        yield from _verified(texts, distinct, _candidates(np.vstack(signatures)), threshold)


def _verified(
    texts: Sequence[str], distinct: Sequence[int], candidates: Sequence[tuple[int, int]], threshold: float
) -> Iterator[Pair]:
    shingles = functools.lru_cache(maxsize=4_096)(lambda position: _shingles(texts[position]))
    for low, high in candidates:
        one, other = distinct[low], distinct[high]
        similarity = _jaccard(shingles(one), shingles(other))
        if similarity >= threshold:
            yield Pair(one, other, similarity)


def _candidates(signatures: NDArray[np.uint32]) -> list[tuple[int, int]]:
    """Pairs that agree in all values of a band, sorted."""
    found: set[tuple[int, int]] = set()
    weights = np.random.default_rng(1).integers(1, 2**63, ROWS, dtype=np.uint64) | np.uint64(1)
    for start in range(0, BANDS * ROWS, ROWS):
        keys = (signatures[:, start : start + ROWS].astype(np.uint64) * weights).sum(axis=1, dtype=np.uint64)
        order = np.argsort(keys, kind="stable")
        ends = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, ends) if len(ends) < len(order) - 1 else ():
            if len(bucket) > 1:
                found.update(_pairs(bucket.tolist()))
    return sorted(found)


def _pairs(members: list[int]) -> Iterator[tuple[int, int]]:
    if len(members) <= FEW:
        yield from ((one, other) for place, one in enumerate(members) for other in members[place + 1 :])
        return
    yield from ((members[0], other) for other in members[1:])
    yield from itertools.pairwise(members[1:])


@functools.lru_cache(maxsize=200_000)
def _word(token: str) -> int:
    raw = token.encode("utf-8", "surrogatepass")
    return zlib.crc32(raw) << 32 | zlib.crc32(raw, 1)


def _shingles(text: str) -> Hashes:
    """64-bit hashes of the runs of three words, sorted, each once; of a shorter text the hash of all of it."""
    words = np.array([_word(token) for token in _TOKEN.findall(text.casefold())], dtype=np.uint64)
    if not len(words):
        return words
    width = min(WORDS, len(words))
    mixed = np.full(len(words) - width + 1, width, dtype=np.uint64)
    for place in range(width):
        mixed = _mixed(mixed ^ words[place : len(words) - width + 1 + place])
    return np.unique(mixed)


def _mixed(values: Hashes) -> Hashes:
    """A step of the splitmix64 generator, which spreads every bit over the number."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _jaccard(one: Hashes, other: Hashes) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
