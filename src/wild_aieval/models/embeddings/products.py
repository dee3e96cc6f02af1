"""Inner products of queries with a corpus, and how far the computed ones may be off.

The bounds are those of numerical analysis (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1),
with the lengths of the vectors in place of sums of absolute products (Cauchy and Schwarz). What is within twice the
bound of the ``k``-th best score is a candidate and is computed again, so that a quick product costs no exactness.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]
_SINGLE, _HALF = 2.0**-24, 2.0**-9  # unit roundoff of float32 and of bfloat16
_SMALL = 2**20  # numbers of a corpus below which no product takes long
_BLOCK = 2**14  # vectors looked at at once
_LARGE = 2**29  # and above which a second copy takes too much memory: 1 GiB in bfloat16


class Products(Protocol):
    """Vectors of a corpus that can be multiplied."""

    def scores(self, queries: Vectors, rows: int) -> Iterable[Vectors]:
        """For each query its inner products with the first rows, shape (rows,); the caller may change them."""
        ...

    def errors(self, queries: Vectors) -> Floats:
        """How far any of the scores of each query may be from the true one."""
        ...


class Float32:
    """By the linear algebra library of numpy."""

    def __init__(self, corpus: Vectors) -> None:
        self._corpus = corpus
        self._longest = longest(corpus)

    def scores(self, queries: Vectors, rows: int) -> Iterable[Vectors]:
        """One matrix product."""
        return queries @ self._corpus[:rows].T

    def errors(self, queries: Vectors) -> Floats:
        """That of a sum of so many rounded products, in any order."""
        return errors_of(queries, self._longest)


class Bfloat16:
    """By torch in bfloat16, where the processor multiplies it: a third of the time, half the memory more.

    What is lost by rounding is known for queries and documents; products are summed in float32 and rounded once.
    """

    def __init__(self, corpus: Vectors) -> None:
        self._corpus = _rounded(corpus)
        self._longest, self._lost = longest(corpus), float(_lost(corpus, self._corpus).max(initial=0.0))

    def scores(self, queries: Vectors, rows: int) -> Iterable[Vectors]:
        """One matrix product, whose rows become float32 when they are looked at and lie in the cache."""
        found = _rounded(queries) @ self._corpus[:rows].T
        return (row.float().numpy() for row in found)

    def errors(self, queries: Vectors) -> Floats:
        """Of both roundings, of the sum, and of the rounding of the sum."""
        lost = _lost(queries, _rounded(queries))
        lengths, length = _lengths(queries) + lost, self._longest + self._lost
        return lost * length + lengths * self._lost + (_summed(queries) + 1.01 * _HALF) * lengths * length


def _rounded(vectors: Vectors) -> Any:
    """In bfloat16, as a tensor of torch."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(vectors)).to(torch.bfloat16)


def _lost(vectors: Vectors, rounded: Any) -> Floats:
    """The length of what rounding took from each vector."""
    parts = [
        _lengths(vectors[start : start + _BLOCK] - rounded[start : start + _BLOCK].float().numpy())
        for start in range(0, len(vectors), _BLOCK)
    ]
    return np.concatenate([np.zeros(0), *parts])


def errors_of(queries: Vectors, longest: float) -> Floats:
    """How far sums of float32 products may be off, in any order, for documents no longer than ``longest``."""
    return _summed(queries) * _lengths(queries) * longest


def quickest(corpus: Vectors) -> Products:
    """bfloat16 where torch is loaded already, the processor has it, and a second copy is neither idle nor too large."""
    if "torch" in sys.modules and _SMALL <= corpus.size <= _LARGE and _has_bfloat16():
        return Bfloat16(corpus)
    return Float32(corpus)


def _has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 (AVX-512 or AMX; elsewhere it would be emulated, which is slow)."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _summed(vectors: Vectors) -> float:
    return float(vectors.shape[1] + 4) * _SINGLE


def longest(vectors: Vectors) -> float:
    """The length of the longest vector."""
    return float(_lengths(vectors).max(initial=0.0))


def _lengths(vectors: Vectors) -> Floats:
    squares: Floats = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    return np.sqrt(squares)
