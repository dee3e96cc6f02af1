"""The routes of the desk. Addresses hold positions only; what is sent comes in forms, each with its session's word."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException

from wild_aieval.errors import UserError
from wild_aieval.review.desk import answers, assets
from wild_aieval.review.desk.access import AccessLog, Note
from wild_aieval.review.desk.exposure import LOOPBACK, Exposure
from wild_aieval.review.desk.flow import Desk, NotAllowed
from wild_aieval.review.desk.guard import NOTE, Guard
from wild_aieval.review.desk.pages import Pages, Visit
from wild_aieval.review.desk.people import People, Person
from wild_aieval.review.desk.rates import Rates, network
from wild_aieval.review.desk.sessions import Session, Sessions
from wild_aieval.review.desk.shown import Shown
from wild_aieval.review.desk.wording import LANGUAGES

if TYPE_CHECKING:
    from wild_aieval.review.desk.answers import Form

_STATUS = {"closed": 409, "absent": 404, "taken": 409, "early": 409, "late": 409, "form": 403, "often": 429}
WRONG_TOKENS, WRONG_SECONDS = 10, 15 * 60.0  # of one client, and how soon as many are free again
_KINDS = {"desk.css": "text/css", "desk.js": "text/javascript", "desk.svg": "image/svg+xml"}
Clock = Callable[[], datetime.datetime]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of. ``cookie``: its name, which tells desks on one machine apart.

    ``wrong``: how often a client may send a wrong token; ``secure``: whether browsers speak TLS.
    """

    desk: Desk
    shown: Shown
    people: People
    sessions: Sessions
    clock: Clock
    cookie: str = "desk"
    wrong: Rates = field(default_factory=lambda: Rates(WRONG_TOKENS, WRONG_SECONDS))
    secure: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """A request with its session and, where it brought one, its form; ``fresh``: the secret of a new session."""

    session: Session
    form: Form
    fresh: str = ""

    @property
    def person(self) -> Person:
        """Who is signed in."""
        if self.session.person is None:
            raise _SignIn
        return self.session.person

    def of(self, *roles: str) -> Person:
        """Who is signed in, in one of these roles."""
        if self.person.role not in roles:
            raise NotAllowed("absent")
        return self.person


class _SignIn(Exception):  # noqa: N818  no error: leads to the page where one signs in
    """Nobody is signed in."""


def application(
    parts: Parts, exposure: Exposure = LOOPBACK, rates: Rates | None = None, log: AccessLog | None = None
) -> Guard:
    """The whole application behind its guard."""
    app = FastAPI(title="desk", docs_url=None, redoc_url=None, openapi_url=None)
    pages = Pages(parts.desk, parts.shown)
    _add_doors(app, parts, pages)
    _add_items(app, parts, pages)
    _add_closing(app, parts, pages)
    _add_problems(app, parts, pages)
    return Guard(app, exposure, rates, log)


def _add_doors(app: FastAPI, parts: Parts, pages: Pages) -> None:
    """Signing in and out, the language, the list of items, style and script."""

    @app.get("/")
    async def home(request: Request) -> Response:
        caller = _caller(parts, request)
        if caller.session.person is None:
            return _html(parts, caller, pages.sign_in(caller.session))
        if caller.session.person.role == "administrator":
            return _html(parts, caller, pages.batch(caller.session))
        return _html(parts, caller, pages.queue(caller.session, caller.session.person, 1))

    @app.get("/queue/{page}")
    async def queue(request: Request, page: int) -> Response:
        caller = _caller(parts, request)
        return _html(parts, caller, pages.queue(caller.session, caller.of("reviewer", "adjudicator"), page))

    @app.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        caller, note = await _sender(parts, request), _note(request)
        client = network(note.address)
        if parts.wrong.wait(client):
            raise NotAllowed("often")  # a right token too, or guessing would go on
        person = parts.people.with_token(_one(caller.form, "token"))
        if person is None:
            parts.wrong.spend(client)
            note.event = "wrong token"
            return _html(parts, caller, pages.sign_in(caller.session, wrong=True), 403)
        note.person, note.event = person.name, "signed in"
        parts.sessions.ended(request.cookies.get(parts.cookie, ""))
        key, _ = parts.sessions.begun(person, caller.session.language)
        return _with_cookie(parts, _to("/"), key)

    @app.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        await _sender(parts, request)
        parts.sessions.ended(request.cookies.get(parts.cookie, ""))
        answer = _to("/")
        answer.delete_cookie(parts.cookie, path="/", httponly=True, samesite="strict", secure=parts.secure)
        return answer

    @app.post("/language")
    async def language(request: Request) -> Response:
        caller = await _sender(parts, request)
        chosen = _one(caller.form, "language")
        if chosen in LANGUAGES:
            caller.session.language = chosen
        place = _one(caller.form, "position")
        return _to(f"/item/{int(place)}" if place.isdecimal() and len(place) < 9 else "/")

    @app.get("/assets/{name}")
    async def asset(name: str) -> Response:
        if name not in _KINDS:
            raise NotAllowed("absent")
        return PlainTextResponse(assets.asset(name), media_type=_KINDS[name])


def _add_items(app: FastAPI, parts: Parts, pages: Pages) -> None:
    """Looking at an item, the own answer, the decision, and symbols while they are typed."""
    desk = parts.desk

    @app.get("/item/{position}")
    async def look(request: Request, position: int) -> Response:
        caller = _caller(parts, request)
        item = desk.at(caller.person, position)
        visit = Visit(caller.person, position, item, desk.open(caller.person, item))
        return _html(parts, caller, pages.item(caller.session, visit))

    @app.post("/item/{position}/first")
    async def first(request: Request, position: int) -> Response:
        caller = await _sender(parts, request)
        visit = _visit(desk, caller.of("reviewer"), position)
        if visit.look.revealed:
            raise NotAllowed("late")
        reading = answers.first_answer(caller.form, parts.shown.asked(visit.item, visit.look))
        seconds = _seconds(parts, caller, visit)
        if reading.faults:
            return _html(parts, caller, pages.item(caller.session, visit, reading, seconds), 422)
        desk.first_answer(visit.person, visit.item, reading.answer, reading.undecided, seconds)
        return _to(f"/item/{position}")

    @app.post("/item/{position}/decision")
    async def decision(request: Request, position: int) -> Response:
        caller = await _sender(parts, request)
        visit = _visit(desk, caller.of("reviewer", "adjudicator"), position)
        if not visit.look.revealed:
            raise NotAllowed("early")
        asked = parts.shown.asked(visit.item, visit.look)
        reading = answers.decision(caller.form, asked, why=visit.look.said is not None)
        seconds = _seconds(parts, caller, visit)
        if reading.faults:
            return _html(parts, caller, pages.item(caller.session, visit, reading, seconds), 422)
        desk.decide(visit.person, visit.item, reading.answer, reading.decision, reading.rationale, seconds)
        following = desk.next_open(visit.person, position)
        return _to(f"/item/{following}" if following else "/")

    @app.post("/symbols")
    async def symbols(request: Request) -> Response:
        caller = await _sender(parts, request)
        typed, place = _one(caller.form, "symbol")[:40], _one(caller.form, "position")
        item = desk.at(caller.of("reviewer", "adjudicator"), int(place) if place.isdecimal() and len(place) < 9 else 0)
        scheme = parts.shown.scheme(item)
        found = scheme.valid(typed)
        way = pages.way(caller.session, scheme.way(found)) if found else []
        return JSONResponse({"symbols": scheme.beginning(typed) or scheme.near(typed), "way": way})


def _add_closing(app: FastAPI, parts: Parts, pages: Pages) -> None:
    """The administrator's one step."""

    @app.post("/close")
    async def close(request: Request) -> Response:
        caller = await _sender(parts, request)
        person = caller.of("administrator")
        if _one(caller.form, "sure") != "yes":
            return _html(parts, caller, pages.batch(caller.session, not_sure=True), 422)
        parts.desk.close(person)
        return _to("/")


def _add_problems(app: FastAPI, parts: Parts, pages: Pages) -> None:
    """Refusals and faults as pages that say nothing of what is inside."""

    def told(request: Request, reason: str, status: int) -> Response:
        caller = _caller(parts, request)
        return _html(parts, caller, pages.problem(caller.session, reason), status)

    @app.exception_handler(_SignIn)
    async def not_signed_in(request: Request, error: Exception) -> Response:
        return _to("/")

    @app.exception_handler(NotAllowed)
    async def not_allowed(request: Request, error: NotAllowed) -> Response:
        _note(request).event = _note(request).event or error.reason
        answer = told(request, error.reason, _STATUS[error.reason])
        if error.reason == "often":
            wait = parts.wrong.wait(network(_note(request).address))
            answer.headers["retry-after"] = str(int(wait) + 1)
        return answer

    @app.exception_handler(HTTPException)
    @app.exception_handler(RequestValidationError)
    async def not_found(request: Request, error: Exception) -> Response:
        return told(request, "absent", 404)

    @app.exception_handler(UserError)
    async def not_kept(request: Request, error: UserError) -> Response:
        print(f"review desk: {error}", file=sys.stderr)
        return told(request, "ledger", 503)

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        return told(request, "fault", 500)


def _caller(parts: Parts, request: Request, form: Mapping[str, Sequence[str]] | None = None) -> Caller:
    """The session of a request; a new one, in which nobody is signed in, where there is none."""
    session = parts.sessions.found(request.cookies.get(parts.cookie, ""))
    if session is not None:
        _note(request).person = session.person.name if session.person else ""
        return Caller(session, form or {})
    fresh, session = parts.sessions.begun()
    return Caller(session, form or {}, fresh)


async def _sender(parts: Parts, request: Request) -> Caller:
    """The session and form of a request that changes something; refused without the session's word."""
    sent = await request.form(max_files=0, max_fields=200)
    form: dict[str, list[str]] = {}
    for name, value in sent.multi_items():
        form.setdefault(name, []).append(str(value))
    caller = _caller(parts, request, form)
    if caller.fresh or not caller.session.fits(_one(form, "csrf")):
        raise NotAllowed("form")
    return caller


def _visit(desk: Desk, person: Person, position: int) -> Visit:
    item = desk.at(person, position)
    return Visit(person, position, item, desk.look(person, item))


def _seconds(parts: Parts, caller: Caller, visit: Visit) -> int | None:
    """Active seconds, at most those since the item was opened."""
    opened = visit.look.opened
    return answers.seconds(caller.form, (parts.clock() - opened).total_seconds()) if opened else None


def _one(form: Form, name: str) -> str:
    return form[name][0] if form.get(name) else ""


def _html(parts: Parts, caller: Caller, text: str, status: int = 200) -> Response:
    answer = HTMLResponse(text, status)
    return _with_cookie(parts, answer, caller.fresh) if caller.fresh else answer


def _with_cookie(parts: Parts, answer: Response, key: str) -> Response:
    answer.set_cookie(parts.cookie, key, path="/", httponly=True, samesite="strict", secure=parts.secure)
    return answer


def _note(request: Request) -> Note:
    note: Note = request.scope.setdefault(NOTE, Note())
    return note


def _to(place: str) -> Response:
    return RedirectResponse(place, 303)
