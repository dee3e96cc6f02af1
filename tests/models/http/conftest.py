"""A mock endpoint for each test, and candidates that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.items import Document, Segment
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace
from wild_aieval.testing import MockEndpoint

QUICK = {"timeout_seconds": 0.6, "retry_seconds": 3.0, "concurrency": 4}
SHAPES: dict[str, dict[str, Any]] = {
    "one": {
        "kind": "http",
        "task": "classification",
        "path": "/classify",
        "request": {"text": "{text}"},
        "response": {"symbols": "predictions[].symbol", "scores": "predictions[].score"},
    },
    "batch": {
        "kind": "http",
        "task": "classification",
        "path": "/classify",
        "request": {"documents": {"for_each_item": {"id": "{id}", "text": "{text}"}}},
        "batch_size": 4,
        "response": {
            "items": "results",
            "id": "id",
            "symbols": "predictions[].symbol",
            "scores": "predictions[].score",
        },
    },
    "translate": {
        "kind": "http",
        "task": "translation",
        "path": "/translate",
        "request": {"text": "{text}", "target": "{target_language}"},
        "response": {"translation": "translation", "score": "confidence"},
    },
    "search": {
        "kind": "http",
        "task": "search",
        "path": "/search",
        "request": {"query": "{text}", "k": "{k}"},
        "response": {"ids": "hits[].doc", "scores": "hits[].score"},
    },
}


class Candidates:
    """Makes candidates that ask an endpoint, and has their workplace."""

    def __init__(self, cache: Path) -> None:
        self.workplace = Workplace(0, cache)

    def make(self, endpoint: str, shape: str = "one", **settings: Any) -> Any:
        """A candidate of a shape above; settings replace its own."""
        own = dict(SHAPES[shape])
        raw = {"name": "mine", "url": endpoint + own.pop("path"), **QUICK, **own, **settings}
        return registry.build(registry.read_settings(raw, "mine"), self.workplace)

    def of_kind(self, kind: str, url: str, **settings: Any) -> Any:
        """A candidate of another kind."""
        raw = {"name": "mine", "kind": kind, "url": url, **QUICK, **settings}
        return registry.build(registry.read_settings(raw, "mine"), self.workplace)


@pytest.fixture
def candidates(tmp_path: Path) -> Candidates:
    return Candidates(tmp_path / "cache")


@pytest.fixture
def endpoint() -> Iterator[MockEndpoint]:
    with MockEndpoint() as made:
        yield made


@pytest.fixture
def texts() -> Callable[[int], list[Document]]:
    """``texts(n)``: n documents."""
    return lambda count: [Document(f"d{n}", f"title {n}", f"text number {n}.", "en") for n in range(count)]


@pytest.fixture
def segments() -> list[Segment]:
    return [Segment(f"s{n}", f"sentence {n}", "en", "pt-BR") for n in range(5)]
