"""Signals of translations: right ones, wrong ones, and what looks wrong and is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wild_aieval.oversight.signals import common, translation
from wild_aieval.oversight.signals.polarity import negation_lost
from wild_aieval.oversight.signals.translation import Pair

Measure = Callable[[Pair], float | None]
LONG = "The rotor turns inside the housing while the bearing carries every radial load without contact"
NUMBERS, UNITS = translation.number_mismatch, translation.unit_mismatch
SIGNS, CLAIMS = translation.reference_sign_mismatch, translation.claim_reference_mismatch
DEPENDS, FORMULAE = translation.dependency_broken, translation.formula_mismatch
COPIED, LOOPS = translation.untranslated, translation.repetition

# measure, way, source, output, value
CASES: list[tuple[Measure, str, str, str, float | None]] = [
    (NUMBERS, "en-de", "a gap of 2.5 mm and 10,000 turns", "ein Spalt von 2,5 mm und 10.000 Windungen", 0),
    (NUMBERS, "en-de", "a gap of 2.5 mm", "ein Spalt von 25 mm", 1),
    (NUMBERS, "ja-en", "厚さ１２μm", "a thickness of 12 μm", 0),
    (NUMBERS, "en-de", "two parts", "zwei Teile", None),
    (NUMBERS, "en-fr", "from 5 to 10", "de 5 à 11", 1),
    (UNITS, "en-de", "5 MPa", "5 ＭＰａ", 0),
    (UNITS, "en-de", "5 mm", "5 cm", 1),
    (SIGNS, "en-de", "holes (3a, 3b)", "Löcher (3a und 3b)", 0),
    (SIGNS, "en-de", "a hole （１２）", "ein Loch (12)", 0),
    (SIGNS, "en-de", "a hole (12)", "ein Loch (13)", 1),
    (CLAIMS, "en-fr", "according to claims 1 to 3", "selon les revendications 1, 2 et 3", 0),
    (CLAIMS, "en-fr", "according to claim 2", "selon la revendication 3", 1),
    (DEPENDS, "en-de", "Device according to claim 1", "Vorrichtung nach Anspruch 1", 0),
    (
        DEPENDS,
        "en-de",
        "Device of any one of the preceding claims",
        "Vorrichtung nach einem der voranstehenden Ansprüche",
        0,
    ),
    (DEPENDS, "en-de", "Device of any preceding claim", "Vorrichtung nach einem der Ansprüche 1 bis 3", 0),
    (
        DEPENDS,
        "en-fr",
        "A device of any of the previous claims",
        "Dispositif selon l'une des revendications précédentes",
        0,
    ),
    (DEPENDS, "en-es", "A device of the preceding claims", "Dispositivo según las reivindicaciones anteriores", 0),
    (DEPENDS, "en-pt", "A device of the preceding claims", "Dispositivo de acordo com as reivindicações anteriores", 0),
    (DEPENDS, "en-de", "Device according to claim 1, with a lid", "Vorrichtung mit einem Deckel", 1),
    (DEPENDS, "en-de", "A device with a lid", "Vorrichtung nach Anspruch 4 mit einem Deckel", 1),
    (DEPENDS, "en-de", "What is claimed is a lid of 5 mm", "Beansprucht wird ein Deckel von 5 mm", None),
    (FORMULAE, "en-de", "a layer of SiO₂ and Ca(OH)2", "eine Schicht aus SiO2 und Ca(OH)₂", 0),
    (FORMULAE, "en-de", "a layer of SiO2", "eine Schicht aus SiO3", 2),
    (FORMULAE, "en-fr", "the peptide of SEQ ID NO: 12", "le peptide de SEQ ID N° 12", 0),
    (FORMULAE, "en-de", "the peptide of SEQ ID NO:12", "das Peptid der SEQ-ID-Nr. 13", 2),
    (FORMULAE, "en-es", "nuts (see F16B 39/10)", "tuercas", None),
    (FORMULAE, "en-de", "In claim 1, B2 and NO", "In Anspruch 1, B2", None),
    (COPIED, "en-de", "a shaft of steel", "a shaft of steel", 1),
    (COPIED, "en-de", "H2O", "H2O", 0),
    (COPIED, "en-de", LONG, LONG + ".", 1),
    (COPIED, "en-de", LONG, "Der Rotor dreht sich im Gehäuse, während das Lager jede radiale Last trägt", 1 / 12),
    (COPIED, "en-en", LONG, LONG + ".", 0),
    (COPIED, "ja-en", "軸受と回転子", "the bearing 軸受と回転子", 6 / 16),
    (LOOPS, "en-de", "a b", "der Rand der Rand der Rand der Rand", 3),
    (LOOPS, "en-de", "very very very thin", "sehr sehr sehr dünn", 0),
    (LOOPS, "en-ja", "a part", "部品部品部品部品", 3),
    (LOOPS, "en-de", "a thin wall", "eine dünne Wand", 0),
    (negation_lost, "en-de", "the lid does not touch the wall", "der Deckel berührt die Wand", 1),
    (negation_lost, "en-de", "the lid does not touch the wall", "der Deckel berührt die Wand nicht", 0),
    (negation_lost, "en-fr", "an unsaturated acid", "un acide non saturé", 0),
    (negation_lost, "en-fr", "a thickness of at most 5 mm", "une épaisseur ne dépassant pas plus de 5 mm", 0),
    (negation_lost, "en-de", "not more than 5 %", "höchstens 5 %", 0),
    (negation_lost, "en-de", "SEQ ID NO: 5", "SEQ ID NR: 5", 0),
    (negation_lost, "en-es", "without a lid", "con una tapa", 1),
    (negation_lost, "en-pt", "a wireless link", "uma ligação sem fios", 0),
    (negation_lost, "en-pt", "a link", "não uma ligação", 1),
    (negation_lost, "en-fr", "made of Ni", "fait de Ni", 0),
    (negation_lost, "en-ja", "not", "部品", None),
]


@pytest.mark.parametrize(("measure", "way", "source", "output", "value"), CASES)
def test_a_signal_has_its_value(measure: Measure, way: str, source: str, output: str, value: float | None) -> None:
    found = measure(Pair(source, output, *way.split("-")))
    assert found == (None if value is None else pytest.approx(value))


def test_length_and_terms() -> None:
    assert translation.length_ratio(Pair("ab", "abcd", "en", "de")) == 2
    assert translation.length_ratio(Pair("abcd", "ab", "en", "de")) == 2
    assert translation.length_ratio(Pair("", "ab", "en", "de")) is None
    assert translation.terms_missed(Pair("a", "die Welle", "en", "de"), [["Welle", "Achse"], ["Lager"]]) == 1


def test_language_of_source_and_output() -> None:
    german = "Der Rotor dreht sich im Gehäuse, während das Lager jede radiale Last ohne Berührung trägt und hält"
    assert common.other_languages([(LONG, "en"), (german, "de")]) == 0
    assert common.other_languages([(LONG, "en"), (LONG, "de")]) == 1
    assert common.other_languages([("short", "de")]) == 0
    assert common.other_languages([(LONG, "")]) is None


MEASURES = [*dict.fromkeys(case[0] for case in CASES), translation.length_ratio]
TEXT = st.text(max_size=60) | st.sampled_from(
    ["(3a, 3b)", "claim 9999 to 1", "1.000,5", "\ud800", "SEQ ID NO 1-9", "９９"]
)
WAYS = st.sampled_from(["en", "de", "fr", "es", "pt", "ja", "xx", "pt-BR", ""])


@settings(max_examples=150, deadline=None)
@given(TEXT, TEXT, WAYS, WAYS)
def test_no_signal_raises_and_each_is_a_number_or_nothing(one: str, other: str, source: str, target: str) -> None:
    for measure in MEASURES:
        value = measure(Pair(one, other, source, target))
        assert value is None or value >= 0
    assert common.input_empty(one) in (0, 1)


@settings(max_examples=50, deadline=None)
@given(TEXT)
def test_a_text_agrees_with_itself(text: str) -> None:
    for measure in (NUMBERS, UNITS, SIGNS, CLAIMS, DEPENDS, FORMULAE, LOOPS):
        assert not measure(Pair(text, text, "en", "en"))
