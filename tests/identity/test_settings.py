"""Every setting of every kind of candidate is decided: it changes the key of an answer, or it does not."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

import pytest
import yaml
from ingredients import TABLE, Together
from pydantic import BaseModel

from wild_aieval import derive, runspec
from wild_aieval.benchmarks.manifest import Manifest
from wild_aieval.models import registry
from wild_aieval.models.protocols import ModelSettings
from wild_aieval.paths import conf_dir
from wild_aieval.settings import Inference, Settings

ANOTHER = [(kind, name) for kind, ingredients in TABLE.items() for name in ingredients.another]
SAME = [(kind, name) for kind, ingredients in TABLE.items() for name in ingredients.same]
PRESETS = sorted(file.stem for file in (conf_dir() / "model").glob("*.yaml"))


def changed(settings: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The settings with one of them changed; a dot leads into a setting."""
    found = copy.deepcopy(dict(settings))
    if isinstance(value, Together):
        return found | value.settings
    outer, _, inner = name.partition(".")
    if inner:
        found[outer] = {**found[outer], inner: value}
    else:
        found[outer] = value
    return found


def key(settings: Mapping[str, Any], facts: Mapping[str, Any] | None = None, seed: int = 0) -> str:
    read = registry.read_settings(settings, "table")
    revision = registry.kinds()[read.kind].revision
    identity = runspec.model_identity(read.kind, revision, read.identity(), facts or {}, seed)
    return runspec.prediction_key("item", identity, "context")


def base(kind: str) -> dict[str, Any]:
    return {"kind": kind, **TABLE[kind].base}


def fields(settings: type[BaseModel]) -> Iterator[tuple[str, bool]]:
    """Names of all settings with whether they are marked as outside of identity; those within others with a dot."""
    for name, info in settings.model_fields.items():
        extra = info.json_schema_extra
        yield name, isinstance(extra, dict) and extra.get("identity") is False
        for inner in models_in(info.annotation):
            yield from ((f"{name}.{deep}", marked) for deep, marked in fields(inner))


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def test_every_kind_is_in_the_table() -> None:
    assert set(TABLE) == set(registry.KINDS)


@pytest.mark.parametrize("kind", TABLE)
def test_every_setting_is_decided(kind: str) -> None:
    known = dict(fields(registry._adapter(registry.KINDS[kind]).Settings))
    del known["kind"]  # see test_no_two_candidates_share_a_key
    another, same = set(TABLE[kind].another), set(TABLE[kind].same)
    assert not another & same
    assert another | same == set(known), "a setting without a decision: write it into the table, or mark it"
    assert same == {name for name, marked in known.items() if marked}, "what is marked with not_identity"


@pytest.mark.parametrize(("kind", "name"), ANOTHER)
def test_another_value_gives_another_key(kind: str, name: str, record_property: Callable[[str, Any], None]) -> None:
    assert key(changed(base(kind), name, TABLE[kind].another[name])) != key(base(kind))
    record_property("identity ingredients", 1)


@pytest.mark.parametrize(("kind", "name"), SAME)
def test_another_value_gives_the_same_key(kind: str, name: str, record_property: Callable[[str, Any], None]) -> None:
    assert key(changed(base(kind), name, TABLE[kind].same[name])) == key(base(kind))
    record_property("identity ingredients", 1)


@pytest.mark.parametrize("kind", TABLE)
def test_seed_facts_and_revision_of_the_adapter_count(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(base(kind))
    assert (
        len({before, key(base(kind), seed=1), key(base(kind), {"library": "1"}), key(base(kind), {"library": "2"})})
        == 4
    )
    old = registry.KINDS[kind]
    newer = registry.Kind(old.tasks, old.target, old.summary, old.revision + 1)
    monkeypatch.setitem(registry.KINDS, kind, newer)
    assert key(base(kind)) != before


@pytest.mark.parametrize(("kind", "member"), [("hybrid", "bm25"), ("rerank", "bm25")])
def test_the_revision_of_a_member_counts(kind: str, member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, old = key(base(kind)), registry.KINDS[member]
    monkeypatch.setitem(registry.KINDS, member, registry.Kind(old.tasks, old.target, old.summary, old.revision + 1))
    assert key(base(kind)) != before


def test_no_two_candidates_share_a_key() -> None:
    """Of all kinds with all their variants, none is taken for another."""
    told = [base(kind) for kind in TABLE]
    told += [changed(base(kind), name, TABLE[kind].another[name]) for kind, name in ANOTHER]
    keys = [key(settings) for settings in told]
    twice = [pair for pair in itertools.combinations(range(len(keys)), 2) if keys[pair[0]] == keys[pair[1]]]
    assert [(told[one], told[two]) for one, two in twice] == []


@pytest.mark.parametrize("preset", PRESETS)
def test_the_order_of_keys_in_a_file_does_not_count(preset: str) -> None:
    raw = yaml.safe_load((conf_dir() / "model" / f"{preset}.yaml").read_text(encoding="utf-8"))
    raw |= {name: f"given/{name}" for name in ("path", "titles") if raw.get(name) in ("???", None) and name in raw}
    if raw["kind"] == "outputs-file":
        raw |= {"task": "search"}
    backwards = yaml.safe_load(yaml.safe_dump(dict(reversed(raw.items())), sort_keys=False))
    assert list(backwards) != list(raw)
    assert key(backwards) == key(raw)


@pytest.mark.parametrize("kind", ["transformers-chat", "openai-chat"])
def test_the_order_of_labels_counts_for_it_is_that_of_the_prompt(kind: str) -> None:
    turned = dict(reversed(TABLE[kind].base["labels"].items()))
    assert key(base(kind) | {"labels": turned}) != key(base(kind))


def test_every_setting_of_a_run_is_decided(place: Any) -> None:
    """Of the settings beside the model only the seed counts; the benchmark does by its own identity."""
    same = {
        "oversight": {"audit_probability": 0.5},
        "tracking": {"name": "mlflow", "uri": "sqlite:////elsewhere/mlflow.db", "experiment": "another"},
        "inference": {
            "name": "ray",
            "chunk_size": 1,
            "engine": "ray",
            "workers": 3,
            "cpus": 2,
            "gpus": 0.5,
            "address": "auto",
        },
        "cost": {"name": "priced", "currency": "EUR"},
        "log": {"level": "debug", "format": "json"},
        "benchmark": "other",
        "benchmark_roots": ["elsewhere"],
        "limit": 1,
        "max_error_rate": 0.5,
        "skip_unavailable": True,
        "progress": True,
        "sweep": "a sweep",
        "debug": True,
    }
    assert set(Settings.model_fields) == {"model", "seed"} | set(same)
    assert set(Inference.model_fields) == set(same["inference"])
    before = derive.identity_of(place.settings("bm25"), {})
    for name, value in same.items():
        assert derive.identity_of(place.settings("bm25", **{name: value}), {}) == before, name
    assert derive.identity_of(place.settings("bm25", seed=1), {}) != before


def test_every_field_of_a_manifest_is_decided() -> None:
    """What each does to keys is tried in tests/run/test_identity.py."""
    counts = {"task", "name", "version", "label_level", "depth", "languages", "source_language", "target_language"}
    rows = {"data"}  # by the rows that it leads to
    words = {
        "schema_version", "supersedes", "title", "description", "homepage", "citation", "offices", "scheme", "edition",
        "label_origin", "clusters_are", "grades", "splits", "licence", "terms_of_use", "use", "creation", "synthetic",
        "contributor", "created", "collected", "published", "retention", "withdrawn", "confidentiality", "limits",
    }  # fmt: skip
    assert set(Manifest.model_fields) == counts | rows | words


def test_a_mark_within_a_setting_is_heeded() -> None:
    from wild_aieval.models.protocols import not_identity

    class Inner(BaseModel):
        size: int = not_identity(1)
        kept: int = 1

    class Outer(ModelSettings):
        inner: Inner = Inner()

    def identity(**inner: int) -> dict[str, Any]:
        return Outer(name="n", kind="k", inner=Inner(**inner)).identity()

    assert identity(size=2) == identity() != identity(kept=2)
