"""Translation scores and what a translation keeps, on random texts and formatted numbers."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wild_aieval.metrics import preservation, translation

TEXT = "the valve spring (12) opens , closes . 10 mm válvula abre não"
words = st.sampled_from(TEXT.split())
sentences = st.lists(words, min_size=4, max_size=12).map(" ".join)
pairs = st.lists(st.tuples(sentences | st.just(""), sentences), min_size=1, max_size=5)
decimals = st.decimals(Decimal("0"), Decimal("9999999"), places=3) | st.decimals(0, 99999, places=1)
whole = st.integers(0, 10**9)
UNITS = ("mm", "°C", "%", "μm", "MPa", "kg/m3", "ml", "Ω", "m/s2")
Pairs = list[tuple[str, str]]


def _scores(texts: Pairs) -> dict[str, float]:
    hypotheses, references = [given for given, _ in texts], [wanted for _, wanted in texts]
    return {
        "bleu": translation.bleu(hypotheses, references, "en").value(),
        "chrf": translation.chrf(hypotheses, references).value(),
        "ter": translation.ter(hypotheses, references).value(),
    }


@settings(max_examples=50)
@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_segments_does_not_matter(texts: Pairs, shuffler: random.Random) -> None:
    assert _scores(shuffler.sample(texts, len(texts))) == pytest.approx(_scores(texts), abs=1e-9)


@settings(max_examples=50)
@given(pairs)
def test_translation_scores_stay_in_bounds(texts: Pairs) -> None:
    scores = _scores(texts)
    assert -1e-9 <= scores["bleu"] <= 100 + 1e-9
    assert -1e-9 <= scores["chrf"] <= 100 + 1e-9
    assert scores["ter"] >= 0
    perfect = _scores([(wanted, wanted) for _, wanted in texts])
    assert perfect == pytest.approx({"bleu": 100, "chrf": 100, "ter": 0}, abs=1e-9)


@settings(max_examples=50)
@given(pairs, st.data())
def test_losing_a_right_translation_never_helps(texts: Pairs, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, len(texts) - 1))
    right = [(wanted if number == lost else given, wanted) for number, (given, wanted) in enumerate(texts)]
    broken = [("" if number == lost else given, wanted) for number, (given, wanted) in enumerate(texts)]
    before, after = _scores(right), _scores(broken)
    assert after["bleu"] <= before["bleu"] + 1e-9
    assert after["chrf"] <= before["chrf"] + 1e-9
    assert after["ter"] >= before["ter"] - 1e-9


def _swapped(text: str) -> str:
    return text.translate(str.maketrans(",.", ".,"))


@given(st.lists(decimals | whole.map(Decimal), min_size=1, max_size=6))
def test_numbers_read_back_from_english_and_portuguese(values: list[Decimal]) -> None:
    english = " and ".join(f"{value:,} mm" for value in values)
    portuguese = " e ".join(f"{_swapped(f'{value:,}')} mm" for value in values)
    plain = " e ".join(_swapped(str(value)) for value in values)
    spaced = " e ".join(f"{value:,}".replace(",", "\u202f").replace(".", ",") for value in values)
    assert preservation.numbers(english, ".") == Counter(values)
    assert preservation.numbers(portuguese, ",") == Counter(values)
    assert preservation.numbers(plain, ",") == Counter(values)
    assert preservation.numbers(spaced, ",") == Counter(values)


@given(decimals.filter(bool))
def test_a_minus_sign_is_part_of_the_number(value: Decimal) -> None:
    for text in (f"at -{value} °C", f"(−{value} °C)", f"–{value} °C"):
        assert preservation.numbers(text, ".") == Counter([-value])


@given(st.integers(1, 999), st.integers(1, 999))
def test_a_range_is_its_two_ends(first: int, last: int) -> None:
    for text in (f"{first} to {last} mm", f"{first}-{last} mm", f"{first}–{last} mm", f"{first} – {last} mm"):
        assert preservation.numbers(text, ".") == Counter([Decimal(first), Decimal(last)])


@given(st.lists(st.tuples(whole, st.sampled_from(UNITS), st.sampled_from(["", " ", "\u00a0", "\u202f"])), min_size=1))
def test_units_read_back_whatever_the_space(measures: list[tuple[int, str, str]]) -> None:
    text = "; ".join(f"{number}{space}{unit}" for number, unit, space in measures)
    assert preservation.units(text) == Counter(unit for _, unit, _ in measures)


signs = st.from_regex(r"\A[1-9][0-9]{0,2}[a-z]?'?\Z")


@given(st.lists(st.lists(signs, min_size=1, max_size=4), min_size=1, max_size=4))
def test_reference_signs_read_back(groups: list[list[str]]) -> None:
    english = " wheel ".join(f"({', '.join(group)})" for group in groups)
    portuguese = " roda ".join(f"({' e '.join(group)})" for group in groups)
    expected = Counter(sign for group in groups for sign in group)
    assert preservation.reference_signs(english) == expected
    assert preservation.reference_signs(portuguese) == expected


@given(st.integers(1, 60), st.integers(1, 60))
def test_claim_ranges_read_alike_in_every_language(first: int, last: int) -> None:
    first, last = sorted((first, last))
    expected = Counter(str(number) for number in range(first, last + 1))
    for text in ("claims {} to {}", "reivindicações {} a {}", "reivindicaciones {} a {}", "Ansprüche {} bis {}"):
        assert preservation.claim_references(text.format(first, last)) == expected


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for decimal in ".,":
        assert preservation.numbers(text, decimal) == preservation.numbers(text, decimal)
    assert preservation.units(text).total() >= 0
    assert preservation.reference_signs(text).total() >= 0
    assert preservation.claim_references(text).total() >= 0
    assert preservation.terms_kept(text, [[text]]) in ([True], [False])
