"""Which items tune, which calibrate and which test: by unit, the same for every candidate, without any label.

A unit is what may be exchanged for another: all items of a family, a document or an applicant. Of each unit one
item counts, drawn by hash, so that the items that count are independent where the units are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PARTS = ("tune", "calibrate", "test")
SALT = "wild_aieval/risk/1"


class Shares(NamedTuple):
    """Shares of the units in the three parts; they sum to 1."""

    tune: float = 0.2
    calibrate: float = 0.4
    test: float = 0.4


SHARES = Shares()


def units_of(ids: Sequence[str], *names: Sequence[str]) -> tuple[str, ...]:
    """One unit for each item: items that share any name (family, cluster) are one; '' is no name.

    A unit is called by the first of its names in the alphabet; an item without any name by its id.
    """
    parent: dict[tuple[int, str], tuple[int, str]] = {}

    def root(node: tuple[int, str]) -> tuple[int, str]:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    nodes = (
        [[(kind, name) for kind, name in enumerate(row) if name] for row in zip(*names, strict=True)] if names else []
    )
    nodes = nodes or [[] for _ in ids]
    for row in nodes:
        for other in row:
            parent[max(root(row[0]), root(other))] = min(root(row[0]), root(other))
    called: dict[tuple[int, str], str] = {}
    for node in list(parent):
        top = root(node)
        called[top] = min(called.get(top, node[1]), node[1])
    return tuple(called[root(row[0])] if row else item for item, row in zip(ids, nodes, strict=True))


def parts_of(units: Iterable[str], shares: Shares, salt: str = SALT) -> NDArray[np.str_]:
    """The part of each item's unit."""
    bounds = np.cumsum(shares[:2])
    return np.array([PARTS[int(np.searchsorted(bounds, fraction(f"{salt}/{unit}"), side="right"))] for unit in units])


def one_per_unit(ids: Sequence[str], units: Sequence[str], salt: str = SALT) -> NDArray[np.bool_]:
    """Which items count: of each unit the one whose hash is lowest."""
    best: dict[str, tuple[float, int]] = {}
    for place, (item, unit) in enumerate(zip(ids, units, strict=True)):
        drawn = (fraction(f"{salt}/item/{item}"), place)
        best[unit] = min(best.get(unit, drawn), drawn)
    chosen = np.zeros(len(ids), dtype=np.bool_)
    chosen[[place for _, place in best.values()]] = True
    return chosen


def fraction(text: str) -> float:
    """A number in [0, 1) that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8]) / 2**64
