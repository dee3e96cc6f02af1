"""What a form says, checked: an answer in the shape of its task, a decision, a rationale."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wild_aieval.oversight.ledger.events import DECISIONS
from wild_aieval.review.desk.scheme import Scheme
from wild_aieval.review.desk.wording import marked
from wild_aieval.standards import ipc

RELEVANCE = ("X", "Y", "A", "none")
GRADES = (5, 4, 3, 2, 1)
MOST_SYMBOLS = 6
LONGEST_TEXT, LONGEST_RATIONALE = 50_000, 4_000
_MOST_SECONDS = 24 * 60 * 60

Form = Mapping[str, Sequence[str]]


class Fault(NamedTuple):
    """What is wrong with a field, as a message with values."""

    field: str
    message: str
    values: Mapping[str, str] = {}


@dataclass(slots=True)
class Reading:
    """A form as it was read. ``answer`` holds what could be read, for the page that shows it again."""

    answer: dict[str, Any]
    decision: str = ""
    rationale: str = ""
    undecided: bool = False
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """What belongs to the item of a form: its task, the scheme and level of symbols, the documents as they stand there.

    ``suggested``: what the software suggested, once it is revealed.
    """

    task: str
    scheme: Scheme
    level: str = "subclass"
    documents: tuple[str, ...] = ()
    suggested: Any = None


def first_answer(form: Form, asked: Asked) -> Reading:
    """The examiner's own answer, before anything of the software is seen."""
    undecided = _one(form, "undecided") == "yes"
    reading = _answer(form, asked, required=not undecided, own=True)
    reading.undecided = undecided
    return reading


def decision(form: Form, asked: Asked, why: bool = False) -> Reading:
    """The answer and the decision about the suggestion; ``why`` demands a rationale whatever the decision."""
    chosen = _one(form, "decision")
    reading = _answer(_taken_over(form, asked, chosen), asked, required=chosen != "cannot_decide", own=False)
    reading.rationale = _text(form, "rationale", LONGEST_RATIONALE, reading.faults)
    if chosen in DECISIONS:
        reading.decision = chosen
    else:
        reading.faults.append(Fault("decision", marked("Say whether you agree, differ or cannot decide.")))
    if not reading.rationale and (why or chosen == "differs"):
        message = marked("Give the reason for the change.") if why else marked("You differ: say why in a few words.")
        reading.faults.append(Fault("rationale", message))
    if chosen == "agrees" and not reading.faults:
        reading.faults += _at_odds(reading.answer, asked)
    return reading


def _taken_over(form: Form, asked: Asked, chosen: str) -> Form:
    """Who agrees and names no symbol means the first one that is suggested."""
    if asked.task != "classification" or chosen != "agrees" or any(text.strip() for text in form.get("symbol", ())):
        return form
    return {**form, "symbol": [str(symbol) for symbol, _ in list(asked.suggested or ())[:1]]}


def seconds(form: Form, most: float) -> int | None:
    """Seconds of active work as the page counted them, no more than have passed; None where it did not count, or
    where the clock was set back meanwhile and nobody knows how many have passed.
    """
    text = _one(form, "active")
    if most < 0 or not re.fullmatch(r"\d{1,6}", text):
        return None
    return min(int(text), int(most) + 1, _MOST_SECONDS)


def empty(task: str) -> dict[str, Any]:
    """An answer that says nothing yet."""
    shapes: dict[str, dict[str, Any]] = {
        "classification": {"symbols": []},
        "translation": {"grade": None, "critical": None, "text": ""},
        "search": {"relevant": {}},
    }
    return shapes[task]


def _answer(form: Form, asked: Asked, required: bool, own: bool) -> Reading:
    if asked.task == "classification":
        return _symbols(form, asked, required)
    if asked.task == "translation":
        return _own_translation(form, required) if own else _graded(form, required)
    return _relevance(form, asked, required)


def _symbols(form: Form, asked: Asked, required: bool) -> Reading:
    reading = Reading({"symbols": []})
    symbols = reading.answer["symbols"]
    for place, text in enumerate(form.get("symbol", ())[:MOST_SYMBOLS]):
        typed = " ".join(text.split())[:40]
        if not typed:
            continue
        found = asked.scheme.valid(typed)
        if found is None:
            reading.faults.append(_unknown(typed, place, asked.scheme))
        elif ipc.truncate(found, asked.level) is None:
            message = marked("“{symbol}” is not deep enough: go down to the level “{level}”.")
            reading.faults.append(Fault(f"symbol-{place}", message, {"symbol": found, "level": asked.level}))
        if (found or typed) not in symbols:
            symbols.append(found or typed)
    if required and not symbols:
        reading.faults.append(Fault("symbol-0", marked("Give the main symbol, or say that you cannot decide.")))
    elif required and not _one(form, "symbol"):
        reading.faults.append(Fault("symbol-0", marked("The first field is for the main symbol.")))
    return reading


def _unknown(typed: str, place: int, scheme: Scheme) -> Fault:
    near = scheme.near(typed)
    if near:
        message = marked("There is no symbol “{symbol}” in {scheme}. Perhaps {near}?")
    else:
        message = marked("There is no symbol “{symbol}” in {scheme}.")
    values = {"symbol": typed, "scheme": f"{scheme.name} {scheme.edition}", "near": " / ".join(near)}
    return Fault(f"symbol-{place}", message, values)


def _own_translation(form: Form, required: bool) -> Reading:
    reading = Reading(empty("translation"))
    reading.answer["text"] = _text(form, "text", LONGEST_TEXT, reading.faults)
    if required and not reading.answer["text"]:
        message = marked("Write your own translation, in your own words, or say that you cannot decide.")
        reading.faults.append(Fault("text", message))
    return reading


def _graded(form: Form, required: bool) -> Reading:
    reading = Reading(empty("translation"))
    reading.answer["text"] = _text(form, "text", LONGEST_TEXT, reading.faults)
    grade, critical = _one(form, "grade"), _one(form, "critical")
    if grade in map(str, GRADES):
        reading.answer["grade"] = int(grade)
    elif required:
        reading.faults.append(Fault("grade", marked("Grade how much of the content comes across, from 5 to 1.")))
    if critical in ("yes", "no"):
        reading.answer["critical"] = critical == "yes"
    elif required:
        reading.faults.append(Fault("critical", marked("Say whether there is a critical error.")))
    return reading


def _relevance(form: Form, asked: Asked, required: bool) -> Reading:
    reading = Reading({"relevant": {}})
    missing: list[int] = []
    for place, document in enumerate(asked.documents):
        chosen = _one(form, f"relevance-{place}")
        if chosen in RELEVANCE:
            reading.answer["relevant"][document] = chosen
        else:
            missing.append(place)
    if required and missing:
        message = marked("Choose X, Y, A or none for each document. Missing: {places}.")
        places = ", ".join(str(place + 1) for place in missing)
        reading.faults.append(Fault(f"relevance-{missing[0]}", message, {"places": places}))
    return reading


def _at_odds(answer: Mapping[str, Any], asked: Asked) -> list[Fault]:
    """Where 'I agree' and the answer cannot both be meant."""
    if asked.task == "classification":
        main = ipc.truncate(answer["symbols"][0], asked.level)
        parsed = (ipc.parse_symbol(str(symbol)) for symbol, _ in asked.suggested or ())
        if main not in {ipc.truncate(symbol, asked.level) for symbol in parsed if symbol}:
            message = marked(
                "You agree, but your main symbol is not among the suggested ones. Change it, or leave it empty to take "
                "the first suggested one."
            )
            return [Fault("decision", message)]
    if asked.task == "translation" and answer["critical"]:
        return [Fault("decision", marked("You agree, but you found a critical error."))]
    if asked.task == "search" and set(answer["relevant"].values()) <= {"none"}:
        return [Fault("decision", marked("You agree, but none of the documents matters."))]
    return []


def _one(form: Form, name: str) -> str:
    values = form.get(name, ())
    return values[0].strip() if values else ""


def _text(form: Form, name: str, longest: int, faults: list[Fault]) -> str:
    text = _one(form, name).replace("\r\n", "\n")
    if len(text) > longest:
        faults.append(Fault(name, marked("Too long: at most {number} characters."), {"number": str(longest)}))
    return text[:longest]
