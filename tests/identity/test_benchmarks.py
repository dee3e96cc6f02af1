"""What of a benchmark counts: what the candidate sees and learns from, and the version; not where it lies."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.questions import questions
from wild_aieval.tasks import task_named

DOCUMENTS = [
    {"id": "a", "title": "Plough", "text": "for soil", "main": "A01B 3/00", "language": "en"},
    {"id": "b", "title": "Test", "text": "of an eye", "main": "A61B 3/02", "language": "en"},
]
TRAIN = [{**row, "id": f"t{row['id']}"} for row in DOCUMENTS]
SEGMENTS = [{"id": "a", "source": "one", "target": "uno"}, {"id": "b", "source": "two", "target": "dos"}]
CORPUS = [{"id": "d1", "text": "soil", "date": "2001-01-01"}, {"id": "d2", "text": "eye", "date": "2001-01-01"}]
QUERIES = [
    {"id": "a", "text": "plough", "date": "2010-01-01", "title": "t", "abstract": "s", "claims": "1. A plough."},
    {"id": "b", "text": "eye", "date": "2010-01-01"},
]
QRELS = [("a", "d1", "X"), ("b", "d2", "X")]
WORDS: dict[str, Any] = {
    "title": "Another",
    "description": "Another.",
    "homepage": "https://example.org/",
    "citation": "Somebody (2024)",
    "offices": ["EP"],
    "label_origin": "H",
    "clusters_are": "family",
    "splits": {"test": "by hand"},
    "licence": "CC-BY-4.0",
    "terms_of_use": "As you like.",
    "use": "research",
    "creation": "By somebody else.",
    "synthetic": True,
    "contributor": "another office",
    "created": "2024-06-01",
    "collected": "2024-05-01",
    "published": "2024-07-01",
    "retention": "2999-01-01",
    "confidentiality": "shared-scores",
    "limits": {"items": 1000},
}


@pytest.fixture
def keys(place: Any) -> Callable[..., list[str]]:
    """``keys(task, **changes)``: the keys of a benchmark that is written anew each time."""

    def made(task: str, **changes: Any) -> list[str]:
        if task == "classification":
            folder = place.classification(**{"test": DOCUMENTS, **changes})
        elif task == "translation":
            folder = place.translation(**{"test": SEGMENTS, **changes})
        else:
            folder = place.search(**{"corpus": CORPUS, "queries": QUERIES, "qrels": QRELS, **changes})
        return of(place, folder)

    return made


def of(place: Any, folder: Path) -> list[str]:
    opened = place.open(folder)
    settings = place.settings("bm25")
    return list(questions(task_named(folder.parent.name), opened, {"model": "one"}, settings).keys)


def first_with(rows: list[dict[str, Any]], **fields: Any) -> list[dict[str, Any]]:
    return [{**rows[0], **fields}, *rows[1:]]


CONTENT = [
    *(("classification", "test", DOCUMENTS, name, value) for name, value in (
        ("id", "c"), ("title", "A plough"), ("text", "for soils"), ("language", "fr"), ("date", "2001-01-01"),
        ("family", "F"),
    )),
    *(("translation", "test", SEGMENTS, name, value) for name, value in (("id", "c"), ("source", "ones"))),
    *(("search", "queries", QUERIES, name, value) for name, value in (
        ("text", "ploughs"), ("title", "another"), ("date", "2011-01-01"), ("family", "F"), ("language", "fr"),
        ("abstract", "another"), ("claims", "1. An eye."),
    )),
]  # fmt: skip
ANSWERS = [
    ("classification", "test", DOCUMENTS, "main", "A01C 1/00"),
    ("translation", "test", SEGMENTS, "target", "un"),
]
LANGUAGES = {"classification": ["en", "fr"], "translation": ["en", "es"], "search": ["en", "fr"]}


@pytest.mark.parametrize(("task", "part", "rows", "field", "value"), CONTENT, ids=lambda given: str(given)[:12])
def test_an_edited_item_is_another_one_and_the_others_stay(
    keys: Callable[..., list[str]],
    task: str,
    part: str,
    rows: list[dict[str, Any]],
    field: str,
    value: str,
    record_property: Callable[[str, Any], None],
) -> None:
    extra = {"languages": LANGUAGES[task]}
    before, after = keys(task, **extra), keys(task, **extra, **{part: first_with(rows, **{field: value})})
    assert (before[0] != after[0], before[1] == after[1]) == (True, True)
    record_property("identity ingredients", 1)


@pytest.mark.parametrize(("task", "part", "rows", "field", "value"), ANSWERS, ids=lambda given: str(given)[:12])
def test_what_the_candidate_does_not_see_does_not_count(
    keys: Callable[..., list[str]], task: str, part: str, rows: list[dict[str, Any]], field: str, value: str
) -> None:
    assert keys(task) == keys(task, **{part: first_with(rows, **{field: value})})


@pytest.mark.parametrize("task", LANGUAGES)
def test_the_version_and_the_name_count(keys: Callable[..., list[str]], task: str) -> None:
    assert len({*keys(task), *keys(task, version="1.0.1"), *keys(task, name="another")}) == 6


@pytest.mark.parametrize(
    ("task", "change"),
    [
        ("classification", {"label_level": "class"}),
        ("classification", {"train": TRAIN}),
        ("search", {"depth": 10}),
        ("search", {"corpus": first_with(CORPUS, text="soils")}),
        ("search", {"corpus": first_with(CORPUS, title="Soil")}),
        ("search", {"corpus": first_with(CORPUS, date="2001-01-02")}),
        ("search", {"corpus": first_with(CORPUS, family="F")}),
        ("search", {"corpus": CORPUS[::-1]}),
        ("translation", {"target_language": "fr", "languages": ["en", "fr"]}),
        ("translation", {"source_language": "fr", "languages": ["fr", "es"]}),
    ],
    ids=lambda given: str(given)[:40] if isinstance(given, str) else ",".join(given),
)
def test_what_is_asked_and_learnt_from_counts_for_every_item(
    keys: Callable[..., list[str]], task: str, change: Mapping[str, Any]
) -> None:
    assert not set(keys(task)) & set(keys(task, **change))


@pytest.mark.parametrize("word", WORDS)
def test_words_about_a_benchmark_do_not_count(keys: Callable[..., list[str]], word: str) -> None:
    assert keys("classification") == keys("classification", **{word: WORDS[word]})


def test_grades_and_judgments_do_not_count(keys: Callable[..., list[str]]) -> None:
    assert keys("search") == keys("search", qrels=[("a", "d2", "A"), ("b", "d2", "X")], grades={"X": 3, "A": 1})


def test_a_copy_elsewhere_with_its_keys_in_another_order_is_the_same(place: Any, tmp_path: Path) -> None:
    folder = place.classification(DOCUMENTS, TRAIN)
    before = of(place, folder)
    moved = tmp_path / "far" / "classification" / "tiny"
    shutil.copytree(folder, moved)
    manifest = yaml.safe_load((moved / "benchmark.yaml").read_text())
    (moved / "benchmark.yaml").write_text(yaml.safe_dump(dict(reversed(manifest.items())), sort_keys=False))
    rows = (moved / "test.jsonl").read_text()
    (moved / "test.jsonl").write_text(rows.replace('{"id": "a", "title": "Plough",', '{"title": "Plough", "id": "a",'))
    assert of(place, moved) == before
