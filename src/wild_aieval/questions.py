"""What a candidate is asked on one benchmark: the items in order, each with its key and the key of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wild_aieval import runspec
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.packed import Keys, Mapped
from wild_aieval.settings import Settings
from wild_aieval.tasks.base import Item, Task


@dataclass(frozen=True, slots=True)
class Questions:
    """``keys[i]`` is that of this candidate's answer to ``items[i]``, whose own key is ``item_keys[i]``."""

    items: Sequence[Item]
    item_keys: Keys
    keys: Keys

    def __len__(self) -> int:
        return len(self.keys)


def questions(task: Task, benchmark: Benchmark, identity: Mapping[str, Any], settings: Settings) -> Questions:
    """The items of a run with their keys; ``limit`` keeps a seeded sample in the benchmark's order."""
    items: Sequence[Item] = task.items(benchmark)
    item_keys = Keys(runspec.item_key(benchmark.identity, item.content) for item in items)
    if settings.limit is not None:
        draws = [runspec.digest([settings.seed, key]) for key in item_keys]
        places = np.array(sorted(sorted(range(len(draws)), key=draws.__getitem__)[: settings.limit]), dtype=np.int64)
        items, item_keys = Mapped(items, _itself, places), item_keys.only(places)
    context = task.context(benchmark)
    return Questions(items, item_keys, Keys(runspec.prediction_key(key, identity, context) for key in item_keys))


def _itself(item: Item) -> Item:
    return item
