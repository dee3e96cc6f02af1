"""What a form says: symbols that exist, grades, relevance, reasons where one differs."""

from __future__ import annotations

import pytest

from wild_aieval.review.desk import answers
from wild_aieval.review.desk.answers import Asked
from wild_aieval.review.desk.disagreement import disagree
from wild_aieval.review.desk.progress import Said
from wild_aieval.review.desk.scheme import Scheme

IPC = Scheme("IPC", "2023.01")
CLASSIFIED = Asked("classification", IPC, "subclass", suggested=[("A61B", 0.9)])
TRANSLATED = Asked("translation", Scheme("", ""))
SEARCHED = Asked("search", Scheme("", ""), documents=("p1", "p2"))


def fields(reading):
    return [fault.field for fault in reading.faults]


def test_symbols_are_written_as_printed_main_first_each_once():
    reading = answers.first_answer({"symbol": [" a61b5/0205", "G06F", "A61B 5/0205", ""]}, CLASSIFIED)
    assert reading.answer == {"symbols": ["A61B 5/0205", "G06F"]}
    assert not reading.faults


@pytest.mark.parametrize(
    ("typed", "field"),
    [(["A61B 5/9999"], "symbol-0"), (["A61"], "symbol-0"), (["G06F", "x"], "symbol-1"), ([], "symbol-0"),
     (["", "G06F"], "symbol-0")],
)  # fmt: skip
def test_symbols_that_do_not_serve(typed, field):
    assert field in fields(answers.first_answer({"symbol": typed}, CLASSIFIED))


def test_a_mistyped_symbol_is_answered_with_what_was_meant():
    (fault,) = answers.first_answer({"symbol": ["A6lB 5-0205"]}, CLASSIFIED).faults
    assert fault.values["near"] == "A61B 5/0205"


def test_of_another_scheme_only_the_writing_is_checked():
    cpc = Asked("classification", Scheme("CPC", "2024.01"), "subclass")
    assert not answers.first_answer({"symbol": ["Y02E 10/50"]}, cpc).faults
    assert answers.first_answer({"symbol": ["nonsense"]}, cpc).faults


def test_who_cannot_decide_need_not_answer():
    assert not answers.first_answer({"undecided": ["yes"]}, CLASSIFIED).faults
    for asked in (CLASSIFIED, TRANSLATED, SEARCHED):
        reading = answers.decision({"decision": ["cannot_decide"]}, asked)
        assert not reading.faults
        assert reading.answer == answers.empty(asked.task)


def test_who_differs_gives_a_reason_and_others_may():
    form = {"symbol": ["G06F"], "decision": ["differs"]}
    assert fields(answers.decision(form, CLASSIFIED)) == ["rationale"]
    assert not answers.decision({**form, "rationale": ["a computer"]}, CLASSIFIED).faults
    agreed = {"symbol": ["A61B 5/00"], "decision": ["agrees"]}
    assert not answers.decision(agreed, CLASSIFIED).faults
    assert fields(answers.decision(agreed, CLASSIFIED, why=True)) == ["rationale"]


def test_agreeing_and_answering_otherwise_cannot_both_be_meant():
    assert fields(answers.decision({"symbol": ["G06F"], "decision": ["agrees"]}, CLASSIFIED)) == ["decision"]
    bad = {"grade": ["4"], "critical": ["yes"], "decision": ["agrees"]}
    assert fields(answers.decision(bad, TRANSLATED)) == ["decision"]
    none = {"relevance-0": ["none"], "relevance-1": ["none"], "decision": ["agrees"]}
    assert fields(answers.decision(none, SEARCHED)) == ["decision"]


def test_who_agrees_and_names_no_symbol_takes_the_first_suggested_one():
    reading = answers.decision({"symbol": ["", ""], "decision": ["agrees"]}, CLASSIFIED)
    assert reading.answer == {"symbols": ["A61B"]}
    assert not reading.faults
    nothing = Asked("classification", IPC, "subclass", suggested=[])
    assert fields(answers.decision({"decision": ["agrees"]}, nothing)) == ["symbol-0"]


def test_a_translation_is_graded():
    form = {
        "grade": ["3"],
        "critical": ["no"],
        "text": [" better\r\ntext "],
        "decision": ["differs"],
        "rationale": ["x"],
    }
    reading = answers.decision(form, TRANSLATED)
    assert not reading.faults
    assert reading.answer == {"grade": 3, "critical": False, "text": "better\ntext"}
    assert fields(answers.decision({"grade": ["6"], "decision": ["agrees"]}, TRANSLATED)) == ["grade", "critical"]


def test_each_document_is_judged():
    reading = answers.decision({"relevance-0": ["X"], "relevance-1": ["B"], "decision": ["agrees"]}, SEARCHED)
    assert fields(reading) == ["relevance-1"]
    assert reading.answer == {"relevant": {"p1": "X"}}


@pytest.mark.parametrize(("text", "seconds"), [("12", 12), ("", None), ("-1", None), ("1e9", None), ("9999", 61)])
def test_active_seconds(text, seconds):
    assert answers.seconds({"active": [text]}, 60.0) == seconds


def test_active_seconds_are_unknown_where_the_clock_went_back():
    assert answers.seconds({"active": ["12"]}, -0.5) is None
    assert answers.seconds({"active": ["12"]}, 0.0) == 1


def said(decision, **answer):
    return Said("", answer, decision, "")


@pytest.mark.parametrize(
    ("task", "one", "other", "apart"),
    [
        ("classification", said("agrees", symbols=["A61B 5/00"]), said("agrees", symbols=["A61B 6/00"]), False),
        ("classification", said("differs", symbols=["A61B"]), said("differs", symbols=["G06F"]), True),
        ("classification", said("agrees", symbols=["A61B"]), said("differs", symbols=["A61B"]), True),
        ("classification", said("cannot_decide", symbols=[]), said("cannot_decide", symbols=[]), True),
        ("translation", said("agrees", grade=5, critical=False), said("agrees", grade=4, critical=False), False),
        ("translation", said("agrees", grade=5, critical=False), said("agrees", grade=3, critical=False), True),
        ("translation", said("differs", grade=3, critical=True), said("differs", grade=3, critical=False), True),
        ("search", said("agrees", relevant={"p": "X"}), said("agrees", relevant={"p": "Y"}), False),
        ("search", said("agrees", relevant={"p": "X"}), said("agrees", relevant={"p": "A"}), True),
    ],
)
def test_what_an_adjudicator_is_asked_about(task, one, other, apart):
    assert disagree(task, [one, other]) is apart
    assert disagree(task, [other, one]) is apart


def test_one_reviewer_alone_disagrees_with_nobody():
    assert not disagree("classification", [said("cannot_decide", symbols=[])])
