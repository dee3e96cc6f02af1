"""What a translation must keep, worked by hand in English, Portuguese, Spanish, German and French."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wild_aieval.metrics import preservation

NUMBERS = [
    ("10,000 cycles", ".", "10000"),
    ("10.000 ciclos", ",", "10000"),
    ("10.000 mm", ".", "10"),
    ("10,000 mm", ",", "10"),
    ("10 000 g", ",", "10000"),
    ("10\u00a0000 g and 1\u202f234\u202f567", ".", "10000 1234567"),
    ("10'000 g", ",", "10000"),
    ("1,234,567.89", ".", "1234567.89"),
    ("1.234.567,89", ",", "1234567.89"),
    ("2.5 mm", ".", "2.5"),
    ("2,5 mm", ",", "2.5"),
    ("2,5 mm", ".", "2.5"),  # a comma left in English groups nothing here
    ("2.5 mm", ",", "2.5"),
    ("1,234.5", ",", "1234.5"),  # two kinds of separator leave one reading
    ("1.234,5", ".", "1234.5"),
    ("0.125", ",", "0.125"),  # no group of thousands begins with 0
    ("0,125", ".", "0.125"),
    (".5 mm (.25 in)", ".", "0.5 0.25"),
    ("5 to 10", ".", "5 10"),
    ("5 a 10", ",", "5 10"),
    ("5-10, 5–10 and 5 -10", ".", "5 10 5 10 5 10"),
    ("-20 °C to −5 °C", ".", "-20 -5"),
    ("a pH of 5 ± 0.2", ".", "5 0.2"),
    ("1,2,3", ".", "1 2 3"),
    ("1,2,3", ",", "1 2 3"),
    ("Examples 1, 2 and 3.", ".", "1 2 3"),
    ("12.05.2020", ",", "12 5 2020"),
    ("in 2020 100 samples", ".", "2020 100"),
    ("10⁵ and 10⁻³", ".", "10 5 10 -3"),
    ("2½ turns", ".", "2 1 2"),
    ("１２ mm", ".", "12"),
    ("no numbers, five words", ".", ""),
]


@pytest.mark.parametrize(("text", "decimal", "expected"), NUMBERS)
def test_numbers(text: str, decimal: str, expected: str) -> None:
    assert sorted(preservation.numbers(text, decimal).elements()) == sorted(map(Decimal, expected.split()))


SAME_NUMBERS = [
    ("heated to 1,200.5 °C for 10,000 h", "pt", "aquecido a 1.200,5 °C por 10.000 h", True),
    ("heated to 1,200.5 °C for 10,000 h", "es", "calentado a 1 200,5 °C durante 10 000 h", True),
    ("between 0.5 and 2.5 wt%", "de", "zwischen 0,5 und 2,5 Gew.-%", True),
    ("at -20 °C", "pt", "a 20 °C", False),
    ("10,000 cycles", "pt", "10,000 ciclos", False),  # ten
    ("2.5 mm and 2.5 mm", "pt", "2,5 mm", False),
]


@pytest.mark.parametrize(("source", "language", "translation", "same"), SAME_NUMBERS)
def test_numbers_across_languages(source: str, language: str, translation: str, same: bool) -> None:
    assert (preservation.numbers(source, ".") == preservation.numbers(translation, ",")) is same


SIGNS = [
    ("the housing (12)", "12"),
    ("the plates (3a, 3b)", "3a 3b"),
    ("die Platten (3a; 3b)", "3a 3b"),
    ("springs (4-6) and (4–6)", "4 6 4 6"),
    ("valves (7 and 8), válvulas (7 e 8), (7 y 8), (7 und 8)", "7 8 7 8 7 8 7 8"),
    ("(10, 11, and 12)", "10 11 12"),
    ("lever (5'), (5′) and (5’)", "5' 5' 5'"),
    ("step (S10), wheel (10.1)", "S10 10.1"),
    ("gap (5 mm) of type (a), as (see FIG. 3)", ""),
    ("（12）", "12"),
]


@pytest.mark.parametrize(("text", "expected"), SIGNS)
def test_reference_signs(text: str, expected: str) -> None:
    assert sorted(preservation.reference_signs(text).elements()) == sorted(expected.split())


CLAIMS = [
    ("The device of claim 1, wherein", "1"),
    ("according to any of claims 1 to 5", "1 2 3 4 5"),
    ("de acordo com qualquer uma das reivindicações 1 a 5", "1 2 3 4 5"),
    ("según cualquiera de las reivindicaciones 1 a 5", "1 2 3 4 5"),
    ("nach einem der Ansprüche 1 bis 5", "1 2 3 4 5"),
    ("selon l'une des revendications 1 à 5", "1 2 3 4 5"),
    ("claims 1-3, 7 and 9", "1 2 3 7 9"),
    ("claims 1, 2, or 4", "1 2 4"),
    ("claim 1 and/or 2", "1 2"),
    ("a reivindicação 1 ou 2", "1 2"),
    ("la reivindicación 1 o 2", "1 2"),
    ("nach Patentanspruch 7", "7"),
    ("gegenstand des Anspruchs 3", "3"),
    ("reivindicac\u0327a\u0303o 6", "6"),
    ("claims 1 to 999999999", "1"),  # no claim number
    ("claims 1\n  to 3", "1 2 3"),
    ("it claims nothing in 1999", ""),
]


@pytest.mark.parametrize(("text", "expected"), CLAIMS)
def test_claim_references(text: str, expected: str) -> None:
    assert sorted(preservation.claim_references(text).elements()) == sorted(expected.split())


UNITS = [
    ("25 °C, 25°C, 25 ℃, 25° C, 25 ºC, 25 ˚C", ["°C"] * 6),
    ("5 \u00b5m, 5 \u03bcm, 5\u339b and 5 \u00b5g", ["μg", "μm", "μm", "μm"]),
    ("1 \u2126, 1 \u03a9", ["Ω", "Ω"]),
    ("10 MPa, 10\u00a0MPa, 10MPa", ["MPa", "MPa", "MPa"]),
    ("5%, 5 %, 5 wt%, 5 Gew.-%, 5% em peso, 5 mol%", ["%"] * 6),
    ("3 ml of 2 mL", ["ml", "ml"]),
    ("3 m², 3 m2, 3 m^2, 3 m", ["m", "m2", "m2", "m2"]),
    ("2 kg/m³ at 5 m/s", ["kg/m3", "m/s"]),
    ("2 g/dose", ["g"]),
    ("a 5-mm gap of 1-H-imidazole", ["mm"]),
    ("5 to 10 mm", ["mm"]),
    ("from 20°C to 70 °C, between -5 mm and 10.5 mm", ["mm", "°C"]),  # 20 bis 70 °C, -5 und 10,5 mm
    ("5 mm to 10 cm, 5 m to 10 mm", ["cm", "m", "mm", "mm"]),
    ("5  mm", ["mm"]),
    ("5 minutes, 3 meters, 2 l'eau", []),
    ("mm and MPa without a number", []),
]


@pytest.mark.parametrize(("text", "expected"), UNITS)
def test_units(text: str, expected: list[str]) -> None:
    assert sorted(preservation.units(text).elements()) == expected


TERMS = [
    ("A válvula de retenção (3)", ["válvula de retenção"], True),
    ("A VÁLVULA  de\nretenção", ["válvula de retenção"], True),
    ("A válvula", ["valva", "válvula"], True),
    ("As válvulas", ["válvula"], False),
    ("die Überdruckventile", ["ventil"], False),
    ("Gehäuse aus Stahl", ["GEHÄUSE"], True),
    ("该外壳包括第一阀", ["外壳"], True),
    ("밸브를 연다", ["밸브"], True),
    ("a C++ compiler", ["c++"], True),
    ("anything", [""], False),
    ("anything", [], False),
]


@pytest.mark.parametrize(("text", "variants", "kept"), TERMS)
def test_terms_kept(text: str, variants: list[str], kept: bool) -> None:
    assert preservation.terms_kept(text, [variants]) == [kept]


@pytest.mark.parametrize(
    "text", ["(1" + " " * 50_000, "claims 1" + " \n" * 25_000, "1" * 50_000, "claims " + "9" * 50_000]
)
def test_odd_texts_are_read_in_linear_time(text: str) -> None:
    assert preservation.reference_signs(text).total() == 0
    assert preservation.claim_references(text).total() <= 1
    assert preservation.units(text).total() == 0
    assert preservation.numbers(text, ".").total() == 1
