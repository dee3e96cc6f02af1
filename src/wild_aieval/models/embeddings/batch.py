"""Texts as token ids, padded to one length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]


class Batch(NamedTuple):
    """``ids`` and ``mask`` of shape (texts, tokens), the mask 1 for a token and 0 for padding; ``skip``: so many first
    tokens of each text are a prompt that is not pooled.
    """

    ids: Whole
    mask: Whole
    skip: int = 0

    @property
    def pooled(self) -> Whole:
        """The mask without the tokens that are skipped."""
        return self.mask if not self.skip else self.mask * (self.mask.cumsum(axis=1) > self.skip)


def padded(texts: Sequence[Sequence[int]], pad_id: int, left: bool, skip: int = 0) -> Batch:
    """Padded on the right or the left to the longest of ``texts``."""
    lengths = [len(ids) for ids in texts]
    longest = max(*lengths, 1)
    whole = np.full((len(texts), longest), pad_id, dtype=np.int64)
    mask = np.zeros_like(whole)
    for row, (ids, length) in enumerate(zip(texts, lengths, strict=True)):
        place = slice(longest - length, longest) if left else slice(0, length)
        whole[row, place] = ids
        mask[row, place] = 1
    return Batch(whole, mask, skip)
