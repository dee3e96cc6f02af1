"""Declared prompts are filled safely, and answers are read strictly or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from wild_aieval.items import Document, Failure, Segment, Suggestion, Translation
from wild_aieval.models.prompting import PromptSettings, messages, read_symbols, read_translation

CLASSIFY = {"user": "{title} | {text} | {language}"}
TRANSLATE = {"user": "{source_language} ({source_tag}) to {target_language} ({target_tag}): {source}"}


def settings(**given: Any) -> PromptSettings:
    raw = {"name": "m", "kind": "k", "classification": CLASSIFY, "translation": TRANSLATE, **given}
    return PromptSettings.model_validate(raw)


def document(text: str = "It turns.", title: str = "Shaft", language: str = "en") -> Document:
    return Document("d", title, text, language)


def test_what_an_item_holds_is_never_read_as_a_placeholder() -> None:
    chosen = settings(
        classification={"system": 'Answer {"symbol": "..."}', "user": "{title}{text} {labels}"}, labels=["A"]
    )
    odd = document("{title} {labels} {0} {{x}} \\1 100 %", "{text}")
    assert messages(chosen, odd) == [
        {"role": "system", "content": 'Answer {"symbol": "..."}'},
        {"role": "user", "content": "{text}{title} {labels} {0} {{x}} \\1 100 % A"},
    ]


def test_labels_and_languages_are_written_out() -> None:
    chosen = settings(classification={"user": "{labels}\n{text}"}, labels={"g06f": "Computing", "A61B 5/00": ""})
    assert messages(chosen, document()) == [{"role": "user", "content": "G06F: Computing\nA61B 5/00\nIt turns."}]
    assert messages(settings(), document(language="pt-BR"))[0]["content"] == "Shaft | It turns. | Portuguese (Brazil)"
    assert messages(settings(), document(language=""))[0]["content"] == "Shaft | It turns. | "
    asked = messages(settings(), Segment("s", "Der {source} dreht.", "de", "zh-Hant"))
    assert asked == [{"role": "user", "content": "German (de) to Chinese (Traditional) (zh-Hant): Der {source} dreht."}]


def test_long_documents_are_cut_and_long_segments_refused() -> None:
    chosen = settings(max_characters=16)
    assert messages(chosen, document("0123456789abcdefXYZ", ""))[0]["content"] == " | 0123456789abcdef | English"
    assert isinstance(messages(chosen, Segment("s", "0123456789abcdef", "en", "es")), list)
    refused = messages(chosen, Segment("s", "0123456789abcdef!", "en", "es"))
    assert isinstance(refused, Failure)
    assert "17 characters" in refused.message


def test_a_task_without_a_prompt_is_not_done() -> None:
    assert settings().tasks == ("classification", "translation")
    only = settings(translation=None)
    assert only.tasks == ("classification",)
    assert isinstance(messages(only, Segment("s", "x", "en", "es")), Failure)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"classification": None, "translation": None}, "neither 'classification' nor 'translation' has a prompt"),
        ({"classification": {"user": "{text} {sorce}"}}, r"placeholder '\{sorce\}'; there are title, text"),
        ({"translation": {"user": "{text} {source}"}}, r"placeholder '\{text\}'"),
        ({"classification": {"user": "Classify!"}}, r"does not hold '\{text\}'"),
        ({"translation": {"user": "To {target_tag}"}}, r"does not hold '\{source\}'"),
        ({"classification": {"user": "{text} {labels}"}}, "'labels' is empty"),
        ({"labels": ["A61B", "sports"]}, "'sports' is no classification symbol"),
        ({"labels": ["A61B", "a61b"]}, "'A61B' stands there twice"),
        ({"classification": {"user": "{text}", "assistant": "A"}}, "assistant"),
    ],
)
def test_faults_of_prompts_show_before_anything_is_asked(given: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        settings(**given)


@pytest.mark.parametrize(
    ("answer", "symbols"),
    [
        ("A61B", ["A61B"]),
        ("  a61b5/00 \n", ["A61B 5/00"]),
        ("**A61B**", ["A61B"]),
        ('"A61B"', ["A61B"]),
        ("A61B 5/00\nG06F", ["A61B 5/00", "G06F"]),
        ("- A61B\n\n2. `G06F`\n", ["A61B", "G06F"]),
        ("A61B\nA61B", ["A61B"]),
        ("A61B.", ["A61B"]),
        ("A61B: diagnosis; a part of A61.", ["A61B"]),
        ("A61B 5/00: a kind of A61B", ["A61B 5/00"]),
        ("A61B - diagnosis, with a computer", ["A61B"]),
        ("A61B\nBecause it looks into an eye.", ["A61B"]),
        ("A61B (medical devices)", ["A61B"]),
        ('["A61B", "G06F"]', ["A61B", "G06F"]),
        ('{"symbol": "A61B"}', ["A61B"]),
        ('{"symbols": ["A61B", {"symbol": "G06F"}]}', ["A61B", "G06F"]),
        ('```json\n["A61B"]\n```', ["A61B"]),
        ("```\nA61B\nG06F\n```", ["A61B", "G06F"]),
        ("<think>G06F? No.</think>\nA61B", ["A61B"]),
    ],
)
def test_answers_that_are_read(answer: str, symbols: list[str]) -> None:
    assert read_symbols(answer, settings()) == [Suggestion(symbol, 0.0) for symbol in symbols]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "it is empty"),
        ("   \n", "it is empty"),
        ("The answer is A61B", "expected JSON"),
        ("A61B, G06F", "expected JSON"),
        ("A61B or G06F", "expected JSON"),
        ("A61Bx", "expected JSON"),
        ("A61B\nor G06F", "then names 'G06F' too"),
        ("A61B: or 'G06F'", "then names 'G06F' too"),
        ("I cannot say.", "expected JSON"),
        ('{"symbol": "A61B"', "its JSON is broken"),
        ('["A61B"] because', "its JSON is broken"),
        ("[]", "it lists no symbol"),
        ('["medicine"]', "'medicine' is no classification symbol"),
        ("[1]", "something else than symbols"),
        ('[{"symbol": "A61B", "reason": "x"}]', "something else than symbols"),
        ('[{"symbol": "A61B", "score": NaN}]', "its JSON is broken"),
        ('[{"symbol": "A61B", "score": 7}]', "no number from 0 to 1"),
        ('[{"symbol": "A61B", "score": true}]', "no number from 0 to 1"),
        ('[{"symbol": "A61B", "score": 0.5}, "G06F"]', "some symbols have a score and some have none"),
        ("[" * 100_000, "nested too deeply"),
        ("<think>It may be A61B", "within <think>"),
        ("G", "less deep than the level subclass"),
    ],
)
def test_anything_else_is_a_failure_that_keeps_the_text(answer: str, why: str) -> None:
    found = read_symbols(answer, settings())
    assert isinstance(found, Failure), found
    assert why in found.message
    assert found.answer == answer


def test_single_letters_are_sections_only_where_they_stand_alone() -> None:
    chosen = settings(labels=list("ABCDEFGH"))
    for answer, symbol in (("G", "G"), ("G: a computer", "G"), ("A\nA device for the eye.", "A"), ("H.", "H")):
        assert read_symbols(answer, chosen) == [Suggestion(symbol, 0.0)]
    for answer in ("A device", "A-frame", "Section G", "G or H", "G: maybe H", "A, G"):
        assert isinstance(read_symbols(answer, chosen), Failure), answer


def test_scores_order_the_symbols_and_labels_bound_them() -> None:
    answer = '[{"symbol": "A61B", "score": 0.2}, {"symbol": "G06F", "score": 0.7}]'
    assert read_symbols(answer, settings()) == [Suggestion("G06F", 0.7), Suggestion("A61B", 0.2)]
    assert read_symbols(answer, settings(suggestions=1)) == [Suggestion("G06F", 0.7)]
    outside = read_symbols(answer, settings(labels=["A61B", "H04L"]))
    assert isinstance(outside, Failure)
    assert "'G06F', which is none of the 2 labels" in outside.message


def test_translations() -> None:
    assert read_translation(" El eje gira.\n", settings()) == Translation("El eje gira.")
    assert read_translation("<think>hm</think>El eje.", settings()) == Translation("El eje.")
    empty = read_translation(" \n", settings())
    assert isinstance(empty, Failure)
    assert empty.answer == " \n"
    as_json = settings(translation_format="json")
    assert read_translation('```json\n{"translation": "El eje"}\n```', as_json) == Translation("El eje")
    for answer in ("El eje", '{"text": "El eje"}', '{"translation": 3}', "[]", '{"translation": ""}'):
        refused = read_translation(answer, as_json)
        assert isinstance(refused, Failure), answer
        assert refused.answer == answer
