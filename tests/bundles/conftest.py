"""Two offices with a half of a benchmark each, two candidates, keys, and the folder of the group."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.bundles import content, file, keys, trust

SYMBOLS = ["A01B", "A61B", "B60L", "C07D", "G06F"]
SECRET = "the quartz escapement of"
NOW = datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.UTC)


def rows(first: int, count: int) -> list[dict[str, Any]]:
    """Documents of families of two; some texts name another symbol than the true one."""
    chance = random.Random(first)
    found = []
    for number in range(first, first + count):
        symbol = SYMBOLS[number % 5]
        said = symbol if chance.random() < 0.8 else chance.choice(SYMBOLS)
        text = f"{SECRET} {said.lower()} number {number}"
        found.append({"id": f"doc{number}", "text": text, "main": symbol, "cluster": f"fam{number // 2}"})
    return found


class Offices:
    """``run(office, model)``: a run folder; ``export``: a bundle of it."""

    def __init__(self, place: Any) -> None:
        self.place, self.group = place, place.root / "group"
        self.trusted = trust.TrustedKeys(self.group / trust.FILE)
        self.keys = {}
        for office in ("EP", "US"):
            private, public = keys.make(office, place.root / "keys", NOW.date())
            self.keys[office] = private
            self.trusted.add(public)

    def runs(self, name: str, test: list[dict[str, Any]], benchmark: str = "tiny", **extra: Any) -> list[Path]:
        """Run folders of two candidates on these rows; the benchmark has the same name in each office."""
        train = [{**row, "id": f"t{row['id']}", "cluster": ""} for row in rows(1000, 60)]
        self.place.classification(test, train, name=benchmark, **extra)
        return [
            self.place.run(model, folder=f"{name}-{model}", benchmark=benchmark)[1].path
            for model in ("tfidf", "majority")
        ]

    def export(self, office: str, folders: list[Path], now: datetime.datetime = NOW, signer: str = "") -> file.Sealed:
        """A bundle as it comes to the group."""
        parts = content.of_runs(folders, office, [], now)
        place = self.place.root / "sent" / f"{office}-{now:%H%M%S}{file.SUFFIX}"
        file.write(place, parts, keys.read_private(self.keys[signer or office]))
        return file.read(place)


@pytest.fixture
def offices(place: Any) -> Offices:
    """Two of them."""
    return Offices(place)


@pytest.fixture
def make_rows() -> Callable[[int, int], list[dict[str, Any]]]:
    """``make_rows(first, count)``."""
    return rows
