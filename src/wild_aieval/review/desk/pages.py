"""The pages as HTML: what each is given, in the words of one language. Every text is escaped by the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wild_aieval.review.batch import BatchItem
from wild_aieval.review.desk import answers, marking, names
from wild_aieval.review.desk.answers import Asked, Fault, Reading
from wild_aieval.review.desk.flow import Desk
from wild_aieval.review.desk.people import Person
from wild_aieval.review.desk.progress import Look
from wild_aieval.review.desk.scheme import Step
from wild_aieval.review.desk.sessions import Session
from wild_aieval.review.desk.shown import Page, Shown
from wild_aieval.review.desk.wording import LANGUAGES, Words, words
from wild_aieval.visible import on_page

ON_A_PAGE = 200
_TEMPLATES = Path(__file__).parent / "templates"
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at an item: who, where, and how far they are."""

    person: Person
    position: int
    item: BatchItem
    look: Look

    @property
    def stage(self) -> str:
        """'first' until the suggestion is revealed, then 'decision'."""
        return "decision" if self.look.revealed else "first"


def _plain(value: Any) -> Any:
    """Texts of items, with overrides of direction and the like written out; our own markup stays as it is."""
    return on_page(value) if type(value) is str else value


class Pages:
    """Writes pages; decides nothing."""

    def __init__(self, desk: Desk, shown: Shown) -> None:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        self._desk, self._shown = desk, shown
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_plain,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def sign_in(self, session: Session, wrong: bool = False) -> str:
        """Asks for the token."""
        return self._page("sign_in.html", session, {"wrong": wrong})

    def problem(self, session: Session, reason: str) -> str:
        """Why something is not done."""
        heading, text = names.PROBLEMS[reason]
        said = words(session.language)
        return self._page("problem.html", session, {"heading": said.say(heading), "text": said.say(text)})

    def queue(self, session: Session, person: Person, page: int) -> str:
        """A person's items by position, so many on a page; an adjudicator's are those in dispute."""
        rows = self._desk.rows(person)
        pages = max(1, -(-len(rows) // ON_A_PAGE))
        page = min(max(1, page), pages)
        shown = [
            {"position": position, "done": done} for position, done in rows[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
        ]
        values = {"rows": shown, "page": page, "pages": pages, "next": self._desk.next_open(person)}
        return self._page("queue.html", session, values | {"standing": self._desk.standing(person)})

    def batch(self, session: Session, not_sure: bool = False) -> str:
        """The administrator's page: counts, and closing; nothing that tells items apart before that."""
        decided, wanted, unsettled = self._desk.counts()
        number, head = self._desk.head
        values: dict[str, Any] = {"batch": self._desk.batch.id, "items": len(self._desk.batch.items)}
        values |= {"decided": decided, "wanted": wanted, "unsettled": unsettled, "not_sure": not_sure}
        values |= {"head_number": number, "head": head}
        if self._desk.closed:
            told = self._desk.told()
            values |= {"seeded": told.seeded, "audit": told.audit}
        return self._page("batch.html", session, values)

    def item(self, session: Session, visit: Visit, reading: Reading | None = None, active: int | None = None) -> str:
        """An item: before the own answer without any suggestion, after that with it."""
        said, page = words(session.language), self._shown.page(visit.item, visit.look)
        asked = self._shown.asked(visit.item, visit.look)
        reading = reading or _so_far(visit, asked)
        values = {
            "position": visit.position,
            "task": asked.task,
            "stage": visit.stage,
            "look": visit.look,
            "page": page,
            "reading": reading,
            "undecided": reading.undecided,
            "active": active or 0,
            "both": self._desk.both(visit.item) if visit.person.role == "adjudicator" else [],
            "next": self._desk.next_open(visit.person, visit.position),
            "standing": self._desk.standing(visit.person),
            "facts": _facts(page, said),
            "level": said.say(names.LEVELS[asked.level]),
            "scheme": f"{asked.scheme.name} {asked.scheme.edition}",
            "faults": [{"field": fault.field, "text": _fault(fault, said)} for fault in reading.faults],
            "part_words": {name: said.say(message) for name, message in names.PARTS.items()},
            "decision_words": {name: said.say(message) for name, message in names.DECISIONS[asked.task].items()},
            "grade_words": {grade: said.say(message) for grade, message in names.GRADES.items()},
            "differences": _differences(page, said),
        }
        return self._page("item.html", session, values)

    def way(self, session: Session, steps: Sequence[Step]) -> list[str]:
        """The place of a symbol in the scheme, one text a level."""
        said = words(session.language)
        return [f"{step.symbol} {said.title(step.title)}".strip() for step in steps]

    def _page(self, template: str, session: Session, values: Values) -> str:
        said = words(session.language)
        always = {
            "say": said.say,
            "say_many": said.say_many,
            "plain": marking.plain,
            "title_of": said.title,
            "language": session.language,
            "languages": LANGUAGES,
            "csrf": session.csrf,
            "person": session.person,
            "closed": self._desk.closed,
            "faults": [],
        }
        return self._environment.get_template(template).render({**always, **values})


def _so_far(visit: Visit, asked: Asked) -> Reading:
    """What stands in the form at first: the last decision, else the own first answer, else nothing."""
    if visit.look.said:
        said = visit.look.said
        return Reading({**answers.empty(asked.task), **said.answer}, said.decision)
    return Reading({**answers.empty(asked.task), **(visit.look.first or {})})


def _facts(page: Page, said: Words) -> list[tuple[str, str]]:
    return [
        (said.say(names.FACTS[name]), said.tongue(value) if name.endswith("language") else value)
        for name, value in page.facts.items()
        if name in names.FACTS
    ]


def _fault(fault: Fault, said: Words) -> str:
    values = dict(fault.values)
    if "level" in values:
        level = names.LEVELS[values["level"]]
        values["level"] = said.say(level)
    return said.say(fault.message, **values)


def _differences(page: Page, said: Words) -> Sequence[Values]:
    return [
        {
            "words": said.say(names.DIFFERENCES[(difference.what, difference.side)]),
            "side": difference.side,
            "values": difference.values,
        }
        for difference in page.differences
    ]
