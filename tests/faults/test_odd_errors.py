"""What no adapter should raise: odd errors among many requests, panics of libraries, a real want of memory."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.models.http.exchange import Exchange
from wild_aieval.records.journal import read
from wild_aieval.testing import MockEndpoint

CONF = Path(__file__).resolve().parents[2] / "conf" / "model"
ALONE = {
    "request": {"text": "{text}"},
    "response": {"symbols": "predictions[].symbol", "scores": "predictions[].score"},
}
ITEMS = [{"id": f"d{n}", "text": f"text number {n}.", "main": "A01B"} for n in range(40)]


class Panic(BaseException):
    """As libraries in Rust raise it."""


ODD: dict[str, Callable[[], BaseException]] = {
    "panic": lambda: Panic("index out of bounds"),
    "SystemExit": lambda: SystemExit(0),
    "CancelledError": asyncio.CancelledError,
    "GeneratorExit": GeneratorExit,
    "MemoryError": MemoryError,
    "RecursionError": lambda: RecursionError("maximum recursion depth exceeded"),
    "StopIteration": StopIteration,
    "group": lambda: BaseExceptionGroup("several", [Panic("one"), ValueError("two")]),
}


def within(seconds: float, work: Callable[[], Any]) -> Any:
    """What it returns; a failure where it hangs."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"
    assert found, "it raised"
    return found[0]


@pytest.mark.parametrize(("concurrency", "batch"), [(1, 1), (8, 1), (4, 5)])
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_error_among_many_requests_loses_no_item_and_hangs_nobody(
    place: Any, monkeypatch: pytest.MonkeyPatch, odd: str, concurrency: int, batch: int, record_property: Any
) -> None:
    once, met = Exchange.once, Counter[str]()

    async def raising(self: Exchange, request: Any) -> Any:
        text = str(request.body)
        if "number 7." in text or "number 23." in text:
            met["tries"] += 1
            raise ODD[odd]()
        return await once(self, request)

    monkeypatch.setattr(Exchange, "once", raising)
    place.classification(ITEMS)
    model = yaml.safe_load((CONF / "http-classifier.yaml").read_text(encoding="utf-8"))
    with MockEndpoint(latency=0.002) as endpoint:
        own = model | {"name": "http-own", "url": f"{endpoint.url}/classify", "concurrency": concurrency}
        own |= {"batch_size": batch} | (ALONE if batch == 1 else {})

        def work() -> Any:
            try:
                return place.run(own, chunk_size=20)[0]
            except Exception as error:  # noqa: BLE001
                return error

        summary = within(60, work)
        asked = Counter(str(one.body) for one in endpoint.asked)
    assert met["tries"]
    if odd == "MemoryError":
        assert "no room left" in str(summary), "a machine without memory for one item is no fault of the candidate"
        entries = list(read(place.root / "run" / "journal.jsonl"))
        assert all(entry.status == "ok" for entry in entries)
        return
    assert summary["results"][0]["counts"] | {"asked": 40, "errors": 2} == summary["results"][0]["counts"], summary
    entries = list(read(place.root / "run" / "journal.jsonl"))
    assert sorted(entry.item_id for entry in entries) == sorted(item["id"] for item in ITEMS)
    assert {entry.item_id for entry in entries if entry.status == "error"} == {"d7", "d23"}
    assert max(asked.values()) <= (2 if odd == "GeneratorExit" and batch == 1 else 1), "no request came twice"
    record_property("odd errors", 2)


def test_a_thread_of_the_process_that_dies_stops_nothing(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a loop runs already, the adapter works in a thread of its own; what is raised there is told here."""
    once = Exchange.once

    async def raising(self: Exchange, request: Any) -> Any:
        if "number 7." in str(request.body):
            raise Panic("in a thread")
        return await once(self, request)

    monkeypatch.setattr(Exchange, "once", raising)
    place.classification(ITEMS)
    model = yaml.safe_load((CONF / "http-classifier.yaml").read_text(encoding="utf-8"))
    with MockEndpoint() as endpoint:
        own = model | {"name": "http-own", "url": f"{endpoint.url}/classify", "batch_size": 1} | ALONE

        async def notebook() -> Any:
            return place.run(own)[0]

        summary = within(60, lambda: asyncio.run(notebook()))
    assert summary["results"][0]["counts"]["errors"] == 1


PANICS = '''
from typing import Literal

from wild_aieval.items import Suggestion
from wild_aieval.models.protocols import ModelSettings
from wild_aieval.models.registry import Kind


class Panic(BaseException):
    pass


class Greedy:
    """Takes memory for each item of a batch; with a word in its settings it panics while it is made, or learns."""

    class Settings(ModelSettings):
        kind: Literal["greedy"]
        mebibytes: int = 0
        raises: str = ""

    def __init__(self, settings, workplace):
        self.settings = settings
        if settings.raises == "panic":
            raise Panic("no tokenizer")
        if settings.raises == "exit":
            raise SystemExit(0)

    def facts(self):
        return {"greedy": "1"}

    def classify(self, documents):
        own = self.settings.mebibytes * 2**20
        taken = [bytearray(own * (4 if "number 5" in one.text else 1)) for one in documents]
        return [[Suggestion("A01B", 0.9)] for _ in taken]


KIND = Kind(("classification",), "greedy_plugin:Greedy", "takes memory")
'''


@pytest.fixture(scope="module")
def greedy(forge: Any) -> Callable[..., list[str]]:
    """The command line of a run of a candidate that takes memory."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("places_for_plugins", Path(__file__).parents[1] / "conftest.py")
    assert spec is not None and spec.loader is not None
    places = module_from_spec(spec)
    spec.loader.exec_module(places)
    places.plugin(forge.place.plugins, {"greedy": "greedy_plugin:KIND"}, PANICS)

    def command(scene: Path, **settings: Any) -> list[str]:
        forge.place.model_file("greedy", {"name": "greedy", "kind": "greedy"} | settings)
        return [
            *("--config-dir", str(forge.place.root / "own"), "model=greedy", "benchmark=tiny", "tracking=none"),
            *(f"benchmark_roots=[{forge.place.benchmarks}]", "inference.chunk_size=6", f"hydra.run.dir={scene}/run"),
        ]

    return command


def test_a_batch_that_needs_too_much_memory_is_asked_item_by_item(forge: Any, greedy: Any) -> None:
    scene = forge.scene("greedy", store=False)
    done = forge.run(scene, *greedy(scene, mebibytes=40), limits={"as": 200 * 2**20})
    assert done["code"] == 0, done["stderr"]
    entries = list(read(scene / "run" / "journal.jsonl"))
    assert sorted(entry.item_id for entry in entries if entry.status == "ok") == sorted(f"d{n}" for n in range(12))


def test_an_item_for_which_there_is_no_memory_stops_the_run_in_words(forge: Any, greedy: Any) -> None:
    scene = forge.scene("too-greedy", store=False)
    done = forge.run(scene, *greedy(scene, mebibytes=60), limits={"as": 200 * 2**20})
    assert done["code"] == 1, done
    assert "this machine has no room left (MemoryError" in done["stderr"]
    assert forge.clean(done["stderr"])
    done = forge.run(scene, *forge.resume(scene))
    assert done["code"] == 0, done["stderr"]
    entries = list(read(scene / "run" / "journal.jsonl"))
    assert sorted(entry.item_id for entry in entries) == sorted(f"d{n}" for n in range(12))


@pytest.mark.parametrize("raises", ["panic", "exit"])
def test_a_candidate_that_ends_the_process_when_it_is_made_is_an_error_in_words(
    forge: Any, greedy: Any, raises: str
) -> None:
    scene = forge.scene(f"made-{raises}", store=False)
    done = forge.run(scene, *greedy(scene, raises=raises))
    assert done["code"] == 1, done
    assert {"panic": "Panic", "exit": "SystemExit"}[raises] in done["stderr"]
    assert forge.clean(done["stderr"])
