"""What people and tools write: manifests, answers, files filled in. Read strictly, refused in a sentence."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wild_aieval.benchmarks.manifest import Manifest, parse_manifest, read_manifest
from wild_aieval.errors import UserError
from wild_aieval.models import json_answers, reading
from wild_aieval.models.http import mapping, template
from wild_aieval.review.forms.formats import format_of

one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(max_size=12)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.dates()
data = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
VALID: dict[str, Any] = {
    "name": "small",
    "task": "translation",
    "version": "1.0.0",
    "title": "t",
    "description": "d",
    "languages": ["en", "fr"],
    "source_language": "en",
    "target_language": "fr",
    "licence": "CC0-1.0",
    "creation": "c",
    "contributor": "c",
    "created": "2024-05-01",
    "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
}


@one_folder
@given(changes=st.dictionaries(st.sampled_from([*Manifest.model_fields]) | texts, data, max_size=3))
def test_any_mapping_is_a_manifest_or_refused_by_its_file(changes: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "benchmark.yaml"
    path.write_bytes(yaml.safe_dump(VALID | changes, allow_unicode=False).encode())
    try:
        manifest = read_manifest(path)
    except UserError as error:
        assert str(path) in str(error)
    else:
        assert parse_manifest(json.loads(manifest.model_dump_json()), path) == manifest


@given(field=st.sampled_from([name for name in Manifest.model_fields if len(name) > 4]), place=st.integers(0, 4))
def test_a_field_with_a_wrong_letter_is_refused_with_the_right_name(field: str, place: int) -> None:
    wrong = field[:place] + "q" + field[place + 1 :]
    with pytest.raises(UserError, match=rf"unknown field '{wrong}'.*'{field}'"):
        parse_manifest(VALID | {wrong: "x"}, "benchmark.yaml")


@given(task=st.sampled_from([*json_answers.KEYS]), value=data, text=texts)
def test_an_answer_of_a_tool_is_read_whole_or_refused(task: str, value: Any, text: str) -> None:
    raw = json.dumps({"id": "a", json_answers.KEYS[task]: value, "score": 0.5}, default=str)
    for one in (raw, text):
        try:
            found = json_answers.output_of(task, json_answers.json_object(one))
        except ValueError:
            continue
        scored = found if isinstance(found, list) else []
        assert all(math.isfinite(entry.score) for entry in scored)


@given(text=texts | data.map(lambda value: json.dumps(value, default=str)))
def test_an_answer_of_a_chat_model_is_read_or_unreadable(text: str) -> None:
    found = reading.symbols(text)
    if not isinstance(found, reading.Unreadable):
        assert found
        assert len({symbol for symbol, _ in found}) == len(found)
    assert isinstance(reading.translation(text, "json"), str | reading.Unreadable)


@given(text=texts, own=texts)
def test_a_request_holds_the_text_as_it_is(text: str, own: str) -> None:
    """Braces in a patent's text are never placeholders."""
    filled = template.fill({"a": "{text}", "b": ["x {text} {{id}}"]}, [{"text": text, "id": own}])
    assert filled == {"a": text, "b": [f"x {text} {{id}}"]}


@given(path=st.sampled_from(["a", "a[*].b", "a[].b.c", "a[?b].c", "keys(a)", "length(a)", "a[0]"]), value=data)
def test_a_path_selects_something_or_is_misread(path: str, value: Any) -> None:
    try:
        mapping.select(path, {"a": json.loads(json.dumps(value, default=str))})
    except mapping.Misread as error:
        assert path in str(error)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "xlsx"])
@one_folder
@given(raw=st.binary(max_size=200) | data.map(lambda value: json.dumps(value, default=str).encode()))
def test_any_file_filled_in_is_rows_or_refused_by_its_name(ending: str, raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"form.{ending}"
    path.write_bytes(raw)
    try:
        for row in format_of(path).read(path):
            assert row.text("ticket") is not None
    except UserError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize("ending", ["json", "jsonl"])
@one_folder
@given(given=data, task=st.booleans())
@example(given="[" * 100_000, task=False).via("nested without end")
def test_any_annotations_are_read_or_refused(ending: str, given: Any, task: bool, tmp_path: Path) -> None:
    path = tmp_path / f"form.{ending}"
    content = {"data": {"ticket": "t"}, "annotations": given if not task else [given]}
    deep = isinstance(given, str) and len(given) > 1_000
    path.write_text(given if deep else json.dumps([content] if ending == "json" else content, default=str), "utf-8")
    try:
        list(format_of(path).read(path))
    except UserError as error:
        assert str(path) in str(error)
