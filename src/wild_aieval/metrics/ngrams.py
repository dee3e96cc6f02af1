"""How many n-grams two sequences share, for many pairs at once: integers, as counting one by one gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_AT_ONCE = 200_000  # symbols; more fall out of the caches of a processor


def matches(symbols: Ints, hypotheses: Ints, references: Ints, order: int) -> Ints:
    """Of shape (pairs, order): n-grams of a hypothesis that its reference has too, each as often as both have it.

    ``symbols``: whole numbers from 0, of all hypotheses one after the other, then of all references; the two other
    arrays are their lengths.
    """
    found = np.zeros((len(hypotheses), order), dtype=np.int64)
    ends = np.cumsum(np.concatenate([[0], hypotheses, references]))
    waiting = [(0, len(hypotheses))] if len(hypotheses) else []
    while waiting:
        first, last = waiting.pop()
        half, count = (first + last) // 2, len(hypotheses)
        spans = [(ends[first], ends[last]), (ends[count + first], ends[count + last])]
        chosen = np.concatenate([symbols[start:end] for start, end in spans])
        lengths = np.concatenate([hypotheses[first:last], references[first:last]])
        if len(chosen) > _AT_ONCE and last - first > 1:
            waiting += [(first, half), (half, last)]
            continue
        dense = _dense(chosen)
        bits = int(dense.max(initial=0)).bit_length()
        if order * bits + 1 + (last - first - 1).bit_length() <= 64:
            found[first:last] = _by_sorting(dense, lengths, order, bits)
        elif last - first > 1:
            waiting += [(first, half), (half, last)]
        else:
            found[first] = _by_counting(chosen[: lengths[0]].tolist(), chosen[lengths[0] :].tolist(), order)
    return found


def totals(lengths: Ints, order: int) -> Ints:
    """Of shape (sequences, order): how many n-grams sequences of these lengths have."""
    found: Ints = np.maximum(lengths[:, None] - np.arange(order), 0)
    return found


def _dense(symbols: Ints) -> NDArray[np.uint64]:
    """The symbols as small numbers from 1."""
    present = np.zeros(int(symbols.max(initial=0)) + 1, dtype=np.uint64)
    present[symbols] = 1
    found: NDArray[np.uint64] = np.cumsum(present, dtype=np.uint64)[symbols]
    return found


def _by_sorting(symbols: NDArray[np.uint64], lengths: Ints, order: int, bits: int) -> Ints:
    """One key for each place: pair, the ``order`` symbols from there on (0 behind an end), side. Sorted once, for the
    n-grams of every order are beginnings of the keys.
    """
    pairs, size, width = len(lengths) // 2, len(symbols), np.uint64(bits)
    behind = np.repeat(np.cumsum(lengths), lengths) - np.arange(size)  # symbols from here to the end of the sequence
    keys = np.repeat(np.tile(np.arange(pairs, dtype=np.uint64), 2), lengths)
    for step in range(order):
        following = np.zeros(size, dtype=np.uint64)
        following[: max(size - step, 0)] = symbols[step:]
        keys = (keys << width) | np.where(behind > step, following, 0)
    keys = keys << np.uint64(1)
    keys[int(lengths[:pairs].sum()) :] |= np.uint64(1)
    keys.sort()
    sides = np.concatenate([[0], np.cumsum(keys & np.uint64(1), dtype=np.int64)])
    found = np.zeros((pairs, order), dtype=np.int64)
    for step in range(order):
        grams = keys >> np.uint64((order - 1 - step) * bits + 1)
        starts = np.flatnonzero(np.concatenate([[True], grams[1:] != grams[:-1]])) if size else np.zeros(0, np.int64)
        ends = np.append(starts[1:], size)
        theirs = sides[ends] - sides[starts]
        both = np.minimum(theirs, ends - starts - theirs)
        heads = grams[starts]
        both[(heads & np.uint64((1 << bits) - 1)) == 0] = 0  # the sequence ends within the n-gram
        pair = (heads >> np.uint64((step + 1) * bits)).astype(np.int64)
        found[:, step] = np.bincount(pair, weights=both, minlength=pairs)
    return found


def _by_counting(one: Sequence[int], other: Sequence[int], order: int) -> list[int]:
    """For a pair with more different symbols than fit into a key."""
    found = []
    for size in range(1, order + 1):
        mine, theirs = (
            Counter(zip(*(side[start:] for start in range(size)), strict=False)) for side in (one, other)
        )  # fmt: skip
        found.append((mine & theirs).total())
    return found
