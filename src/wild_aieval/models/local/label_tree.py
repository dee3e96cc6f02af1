"""The labels of a prompt as a tree of tokens: what several begin with is read once, and what only ends one is not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class LabelTree:
    """The root is the last token of a prompt; every node below it is a token that more tokens of a label follow.

    ``labels``: their tokens; none may begin another. ``tokens`` and ``depths`` of the nodes below the root, parents
    first, depth 1 right below it. ``heads`` and ``next``: the edges, each a node (0 is the root) and a token that may
    follow it. ``paths``, of shape (labels, longest): the edges of each label, filled up with the number of all edges.
    """

    def __init__(self, labels: Sequence[Sequence[int]]) -> None:
        nodes: dict[tuple[int, ...], int] = {(): 0}
        edges: dict[tuple[int, int], int] = {}
        paths = []
        for tokens in labels:
            path = []
            for place, token in enumerate(tokens):
                node = nodes.setdefault(tuple(tokens[:place]), len(nodes))
                path.append(edges.setdefault((node, token), len(edges)))
            paths.append(path)
        self.labels = [list(tokens) for tokens in labels]
        self._nodes = nodes
        self._spelled = list(nodes)[1:]
        self.tokens = [way[-1] for way in self._spelled]
        self.depths = np.array([len(way) for way in self._spelled], dtype=np.int64)
        ends = np.array(list(edges), dtype=np.int64).reshape(-1, 2)
        self.heads, self.next = ends[:, 0], ends[:, 1]
        longest = max(map(len, paths), default=0)
        self.paths = np.array([path + [len(edges)] * (longest - len(path)) for path in paths], dtype=np.int64)

    def __len__(self) -> int:
        """How many tokens are read besides the prompt."""
        return len(self.tokens)

    @cached_property
    def sees(self) -> NDArray[np.bool_]:
        """Of shape (nodes, nodes) without the root: which nodes stand on the way to a node, itself too."""
        found = np.zeros((len(self), len(self)), dtype=bool)
        for number, way in enumerate(self._spelled):
            found[number, [self._nodes[way[:size]] - 1 for size in range(1, len(way) + 1)]] = True
        return found

    @cached_property
    def ways(self) -> list[list[int]]:
        """The tokens of the ways to the nodes that have no node below them; one empty way where there is no node."""
        inner = {way[:-1] for way in self._spelled}
        return [list(way) for way in self._spelled if way not in inner] or [[]]

    @cached_property
    def places(self) -> tuple[Ints, Ints]:
        """For the root and each node, one of ``ways`` that goes through it, and how deep it stands there."""
        rows = {tuple(way[:size]): row for row, way in enumerate(self.ways) for size in range(len(way) + 1)}
        found = np.array([rows[way] for way in self._nodes], dtype=np.int64)
        return found, np.array([len(way) for way in self._nodes], dtype=np.int64)


def forest(labels: Sequence[Sequence[int]], most: int) -> list[tuple[list[int], LabelTree]]:
    """The numbers of the labels in groups, each with its tree of at most ``most`` nodes, or more for a single label."""
    groups: list[list[int]] = [[]]
    known: set[tuple[int, ...]] = set()
    for number in sorted(range(len(labels)), key=lambda number: list(labels[number])):
        own = {tuple(labels[number][:size]) for size in range(1, len(labels[number]))}
        if groups[-1] and len(known | own) > most:
            groups.append([])
            known = set()
        groups[-1].append(number)
        known |= own
    return [(group, LabelTree([labels[number] for number in group])) for group in groups]
