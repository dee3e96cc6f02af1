"""A desk over a small run, with a client for each person who sits at it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.review import store
from wild_aieval.review.batch import Batch, BatchItem
from wild_aieval.review.content import Contents
from wild_aieval.review.desk.app import Parts, application
from wild_aieval.review.desk.flow import Desk
from wild_aieval.review.desk.people import People, Person, hashed
from wild_aieval.review.desk.serving import LOOPBACK
from wild_aieval.review.desk.sessions import Sessions
from wild_aieval.review.desk.shown import Shown
from wild_aieval.review.run import ReviewedRun
from wild_aieval.review.titles import SchemeTitles

HOSTILE = '</p><script>window.pwned=1</script><img src=x onerror="window.pwned=1"> \u202egnirts\u202c'
PLANTED = [["D21B", 0.91], ["D21C", 0.05]]  # no document of the test is about paper
PEOPLE = {"ada": "reviewer", "bob": "reviewer", "eve": "adjudicator", "root": "administrator"}


class Browser:
    """One person's browser: follows forms as a browser would, with their hidden fields."""

    def __init__(self, application: Any) -> None:
        self.http = TestClient(application, base_url="http://127.0.0.1:8765")
        self.seen: list[str] = []
        self.page = self.get("/")

    def get(self, place: str, **more: Any) -> Any:
        answer = self.http.get(place, **more)
        self.seen.append(answer.text)
        self.page = answer
        return answer

    @property
    def csrf(self) -> str:
        return re.search(r'name="csrf" value="([^"]+)"', self.page.text).group(1)

    def post(self, place: str, form: dict[str, Any] | None = None, **more: Any) -> Any:
        answer = self.http.post(place, data={"csrf": self.csrf, **(form or {})}, **more)
        self.seen.append(answer.text)
        if 'name="csrf"' in answer.text:
            self.page = answer
        return answer

    def sign_in(self, name: str) -> Browser:
        assert self.post("/sign-in", {"token": token_of(name)}).status_code == 200
        return self


class Room:
    """A desk with its ledger, its batch and its clock."""

    def __init__(self, folder: Path, batch: Batch, language: str = "en") -> None:
        self.folder, self.batch = folder, batch
        self.now = datetime.datetime.now(datetime.UTC)
        self.ledger = FileLedger(store.default_ledger(folder), clock=lambda: self.now)
        titles = SchemeTitles({"G06F": "electric digital data processing"})
        self.contents = Contents(ReviewedRun(folder), batch, titles)
        shown = Shown(self.contents, titles)
        self.desk = Desk(batch, self.ledger, shown.level, lambda: self.now)
        people = People(Person(name, role, hashed(token_of(name))) for name, role in PEOPLE.items())
        self.parts = Parts(self.desk, shown, people, Sessions(language), lambda: self.now)
        self.application = application(self.parts, LOOPBACK)

    def browser(self, name: str = "") -> Browser:
        browser = Browser(self.application)
        return browser.sign_in(name) if name else browser

    def item(self, name: str, position: int) -> BatchItem:
        return store.order(self.batch, name)[position - 1]

    def position(self, name: str, item: BatchItem) -> int:
        return store.order(self.batch, name).index(item) + 1

    def kinds(self) -> list[tuple[str, str]]:
        return [(event.actor, event.kind) for event in self.ledger.events()]


def token_of(name: str) -> str:
    return f"token-of-{name}-0123456789"


@pytest.fixture
def room(place: Any, documents: list[dict[str, Any]]) -> Callable[..., Room]:
    """``room(mode=..., language=...)``: ten classified documents, of all purposes, the first one hostile."""

    def made(mode: str = "hidden_first", language: str = "en", per_item: int = 2) -> Room:
        texts = [dict(row) for row in documents]
        texts[0] |= {"title": HOSTILE, "text": HOSTILE}
        place.classification(texts)
        _, folder = place.run(place.tricky())
        return Room(folder.path, batch_of(folder.path, "classification", mode, per_item), language)

    return made


@pytest.fixture
def translations(place: Any) -> Callable[..., Room]:
    """Segments of which the numbers come back, in capitals."""

    def made(mode: str = "shown") -> Room:
        terms = [{"source": "rod", "targets": ["barra"]}]
        rows = [
            {"id": f"t{number}", "source": f"a rod ({number}) of {number}.5 mm", "target": "x", "terms": terms}
            for number in range(4)
        ]
        place.translation(rows)
        _, folder = place.run(place.tricky())
        return Room(folder.path, batch_of(folder.path, "translation", mode))

    return made


@pytest.fixture
def searches(place: Any) -> Callable[[], Room]:
    """Queries over twelve documents."""

    def made() -> Room:
        corpus = [
            {"id": f"p{number:02d}", "title": f"document {number}", "text": f"a plough of kind {number}. It digs.",
             "date": "2001-01-01"}
            for number in range(12)
        ]  # fmt: skip
        queries = [
            {"id": f"q{number}", "text": f"a plough of kind {number}", "date": "2010-01-01"} for number in range(4)
        ]
        place.search(corpus, queries, [(query["id"], "p01", "3") for query in queries])
        _, folder = place.run(place.tricky())
        return Room(folder.path, batch_of(folder.path, "search", "shown"))

    return made


def batch_of(folder: Path, task: str, mode: str, per_item: int = 2) -> Batch:
    """All items of a run; every second seeded or audited."""
    run = ReviewedRun(folder)
    purposes = ("flagged", "seeded", "flagged", "audit")
    planted = {"classification": PLANTED, "translation": {"text": "PLANTED TEXT 99", "score": 0.9}}
    items = []
    for number, (place, row) in enumerate(run.predictions.items()):
        purpose = purposes[number % 4]
        wrong = planted.get(task, [["p11", 1.0], ["p10", 0.5]]) if purpose == "seeded" else None
        probability = 0.25 if purpose == "audit" else 1.0
        items.append(BatchItem(f"tok{number:03d}", *place, row["item_key"], purpose, mode, wrong, probability))
    batch = Batch("b1", run.id, task, run.model, "2026-01-01T00:00:00", 7, per_item, tuple(items), {})
    store.write(folder, store.sealed(batch))
    return store.read(folder, "b1")
