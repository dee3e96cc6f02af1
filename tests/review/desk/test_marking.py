"""Texts cut into pieces: nothing is lost, and what differs is marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wild_aieval.review.desk import marking
from wild_aieval.review.desk.marking import Difference, pieces, plain, sides

TERMS = [{"source": "check valve", "targets": ["válvula de retención"]}, {"source": "rod", "targets": ["barra"]}]


def marked(found, kind):
    return [piece.text for piece in found if piece.kind == kind]


def test_numbers_signs_and_terms_that_differ_are_marked_on_their_side():
    found = sides(
        "A rod (12) with a check valve of 2.5 mm and 10,000 g",
        "Una barra (13) con una válvula de 2,5 mm y 10.001 g",
        ("en", "es"),
        TERMS,
    )
    assert marked(found.source, "lost") == ["(12)", "check valve", "10,000"]
    assert marked(found.target, "added") == ["(13)", "10.001"]
    assert marked(found.source, "kept") == ["2.5"]
    assert marked(found.target, "term") == ["barra"]
    assert found.differences == [
        Difference("numbers", "lost", ("10,000",)),
        Difference("signs", "lost", ("12",)),
        Difference("numbers", "added", ("10.001",)),
        Difference("signs", "added", ("13",)),
        Difference("terms", "lost", ("check valve",)),
    ]


def test_claims_and_units_are_told():
    found = sides("as in claim 3, of 5 mm", "selon la revendication 4, de 5 cm", ("en", "fr"))
    told = {(difference.what, difference.side): difference.values for difference in found.differences}
    assert told == {
        ("claims", "lost"): ("3",),
        ("claims", "added"): ("4",),
        ("units", "lost"): ("mm",),
        ("units", "added"): ("cm",),
    }


def test_nothing_differs_between_equal_texts():
    found = sides("a rod (3) of 5-10 mm", "a rod (3) of 5-10 mm", ("en", "en"))
    assert not found.differences
    assert not marked(found.source, "lost")


@given(st.text(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.just("lost")), max_size=5))
def test_pieces_put_together_are_the_text(text, spans):
    inside = [(start, end, kind) for start, end, kind in spans if end <= len(text)]
    found = pieces(text, inside)
    seen = "".join(chr(int(piece.text[2:], 16)) if piece.kind == "unseen" else piece.text for piece in found)
    assert seen == text


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_texts_can_be_compared(source, target):
    found = sides(source, target, ("en", "fr"))
    assert "".join(p.text for p in found.source if p.kind != "unseen") in source or marked(found.source, "unseen")


def test_signs_that_turn_the_writing_are_named():
    assert [tuple(piece) for piece in plain("a\u202eb\u200b")] == [
        ("a", ""), ("U+202E", "unseen"), ("b", ""), ("U+200B", "unseen"),
    ]  # fmt: skip


def test_query_words_are_those_that_tell_documents_apart():
    texts = ["the ploughs dig into soil", "the invention digs", "a wheel of the invention", "the wheel"]
    words = marking.query_words("The invention: a plough with a wheel, the plough digging", texts)
    assert words[0] == "plough"
    assert "invent" not in words
    assert marked(marking.with_words("Ploughs and soil", words), "hit") == ["Ploughs"]


def test_the_passage_with_most_query_words():
    text = "It is old. A wheel of 1.5 mm turns. The plough digs a furrow. It rains."
    assert (
        marking.best_passage(text, ["plough", "furrow", "wheel"])
        == "A wheel of 1.5 mm turns. The plough digs a furrow."
    )
    assert marking.best_passage("", ["plough"]) == ""
