"""Every operation of the desk, asked with whatever fits its description and much that does not: no fault, no surprise.

The desk serves no description of itself. Here one is made of its own routes, and what each may answer is written
beside it; a route without an entry, or an answer that no entry names, fails.
"""

from __future__ import annotations

import dataclasses
import string
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wild_aieval.oversight.ledger.verify import verify
from wild_aieval.review.desk.app import application
from wild_aieval.review.desk.exposure import LOOPBACK
from wild_aieval.review.desk.guard import HEADERS
from wild_aieval.review.desk.rates import Rates

schemathesis = pytest.importorskip("schemathesis")

from schemathesis.checks import not_a_server_error  # noqa: E402  after the check that it is there
from schemathesis.specs.openapi import checks  # noqa: E402

EXAMPLES = 25  # of each operation and person
REPEATABLE = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
FORM = "application/x-www-form-urlencoded"
HTML = "text/html"
TEXT = {"type": "string"}
ONE = {"type": "array", "items": TEXT, "maxItems": 3}
ANSWERS: dict[str, dict[str, Any]] = {
    "symbol": ONE,
    "text": TEXT,
    "undecided": {"enum": ["yes", "", "no"]},
    "active": TEXT,
    "grade": {"enum": ["1", "5", "0", "x"]},
    "critical": {"enum": ["yes", "no", ""]},
    "relevance-0": {"enum": ["X", "none", "Z"]},
}
DECISION = ANSWERS | {"decision": {"enum": ["agrees", "differs", "cannot_decide", "?"]}, "rationale": TEXT}
# Operation: the fields of its form, and the status with which it may answer; 303 leads to another page.
OPERATIONS: dict[tuple[str, str], tuple[dict[str, Any] | None, tuple[int, ...]]] = {
    ("get", "/"): (None, (200,)),
    ("get", "/queue/{page}"): (None, (200, 303, 404)),
    ("get", "/assets/{name}"): (None, (200, 404)),
    ("get", "/item/{position}"): (None, (200, 303, 404, 409)),
    ("post", "/sign-in"): ({"token": TEXT}, (303, 403, 429)),
    ("post", "/sign-out"): ({}, (303, 403)),
    ("post", "/language"): ({"language": TEXT, "position": TEXT}, (303, 403)),
    ("post", "/item/{position}/first"): (ANSWERS, (303, 403, 404, 409, 422)),
    ("post", "/item/{position}/decision"): (DECISION, (303, 403, 404, 409, 422)),
    ("post", "/symbols"): ({"symbol": TEXT, "position": TEXT}, (200, 303, 403, 404)),
    ("post", "/close"): ({"sure": {"enum": ["yes", "no"]}}, (303, 403, 404, 422)),
}


def described(app: Any) -> dict[str, Any]:
    """The description that FastAPI makes of the routes, with forms, answers and headers as the desk has them."""
    found: dict[str, Any] = app.openapi()
    known = {(method, path) for path, methods in found["paths"].items() for method in methods}
    assert known == set(OPERATIONS)
    headers = {name: {"required": True, "schema": {"const": value}} for name, value in HEADERS.items()}
    for (method, path), (form, statuses) in OPERATIONS.items():
        operation = found["paths"][path][method]
        kinds = {"/symbols": "application/json", "/assets/{name}": "*/*"}
        operation["responses"] = {
            str(status): {
                "description": "a page",
                "headers": headers,
                "content": {} if status == 303 else {kinds.get(path, HTML) if status == 200 else HTML: {}},
            }
            for status in statuses
        }
        if form is not None:
            schema = {"type": "object", "properties": form, "additionalProperties": TEXT}
            operation["requestBody"] = {"required": True, "content": {FORM: {"schema": schema}}}
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "position":
                parameter["schema"] = {"type": "integer", "minimum": -2, "maximum": 12}
            elif parameter["name"] == "name":
                parameter["schema"] = {"enum": ["desk.css", "desk.js", "desk.svg", "x", "..", "%2e%2e%2fapp.py", "\0"]}
    return found


@pytest.fixture
def unhurried(room: Callable[..., Any]) -> Callable[..., Any]:
    """A desk that lets one client ask as often as it likes."""

    def made(mode: str = "hidden_first") -> Any:
        desk = room(mode=mode)
        parts = dataclasses.replace(desk.parts, wrong=Rates(10**9, 1.0))
        desk.application = application(parts, LOOPBACK, Rates(10**9, 1.0))
        return desk

    return made


def asked(browser: Any, case: Any) -> Any:
    """Send a case as a browser with its cookies would; redirects are not followed."""
    path = case.formatted_path
    if case.method.upper() == "GET":
        return browser.http.get(path, follow_redirects=False)
    body = urlencode(_plain(case.body), doseq=True, errors="replace")
    return browser.http.post(path, content=body, headers={"content-type": FORM}, follow_redirects=False)


def _plain(body: Any) -> dict[str, Any]:
    return {str(name): value for name, value in body.items()} if isinstance(body, Mapping) else {}


@pytest.mark.slow
@pytest.mark.parametrize("person", ["", "ada", "eve", "root"])
@pytest.mark.parametrize("mode", ["hidden_first", "shown"])
def test_every_operation_answers_as_it_is_described(
    unhurried: Callable[..., Any], person: str, mode: str, record_property: Callable[[str, object], None]
) -> None:
    desk = unhurried(mode)
    schema = schemathesis.openapi.from_dict(described(desk.application._application))
    other, before = desk.browser("bob"), len(desk.kinds())
    assert other.get("/item/1").status_code == 200
    opened = len(desk.kinds())
    assert opened > before
    browser, statuses = desk.browser(person), Counter[int]()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(REPEATABLE, max_examples=EXAMPLES)
        @given(case=operation.as_strategy(), right=st.integers(0, 9), chosen=st.sampled_from(PLACES))
        def one(case: Any, right: int, chosen: str) -> None:
            nonlocal browser
            if case.operation.path in ("/sign-out", "/close") and right > 1:
                return  # else little else would ever be reached
            if right and isinstance(case.body, dict):
                case.body |= {"csrf": browser.csrf} | ({"position": chosen} if "position" in case.body else {})
            answer = asked(browser, case)
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)
            if case.operation.path in ("/sign-out", "/sign-in") and answer.status_code == 303:
                browser = desk.browser(person)

        one()
    record_property("property examples", statuses.total())
    reached = {"": {200, 303, 403}, "ada": {200, 303, 403, 404, 422}}
    assert set(statuses) >= reached.get(person, {200, 303, 403, 404}), statuses
    actors = {actor for actor, _ in desk.kinds()[opened:]}
    assert actors <= {person} - {""}  # a stranger leaves no trace, and nobody writes in another's name
    assert verify(desk.ledger.path).fault is None


PLACES = ("1", "2", "10", "11", "0", "-1", "00001", "١", "1e3", "9" * 30, "", "x", "\0")


def raw_bodies() -> dict[str, tuple[str, bytes]]:
    """Bodies that no form of a browser has, by what is odd about them: content type and bytes, CSRF for ``@``."""
    boundary = "multipart/form-data; boundary=b"
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    csrf = part % (b"csrf", b"@")
    return {
        "zero bytes": (FORM, b"csrf=@&symbol=A%00B&decision=%00&rationale=%00&text=%00&token=%00"),
        "half a character": (FORM, b"csrf=@&symbol=%ED%A0%80&rationale=%ED%A0%80&text=%ED%A0%80&decision=differs"),
        "no UTF-8": (FORM, b"csrf=@&symbol=%FF%FE&rationale=%FF&text=%80&decision=differs"),
        "raw bytes": (FORM, b"csrf=@&symbol=\xff\xfe\x00&rationale=\x80"),
        "many fields": (FORM, b"csrf=@" + b"&symbol=A" * 150),
        "too many fields": (FORM, b"csrf=@" + b"&symbol=A" * 300),
        "a long field": (FORM, b"csrf=@&rationale=" + b"x" * 400_000),
        "no body": (FORM, b""),
        "only separators": (FORM, b"&&&===&&"),
        "broken escapes": (FORM, b"csrf=@&symbol=%&rationale=%G1&text=%2"),
        "huge numbers": (FORM, b"csrf=@&active=%s&grade=%s&position=%s" % ((b"9" * 5000,) * 3)),
        "digits of others": (FORM, "csrf=@&active=١٢&position=２&grade=５".encode()),
        "bidirectional": (FORM, "csrf=@&rationale=\u202e\u2066x&symbol=\u202eA01B".encode()),
        "JSON": ("application/json", b'{"csrf": "@", "symbol": ["A01B"]}'),
        "plain text": ("text/plain", b"csrf=@&symbol=A01B"),
        "no kind": ("", b"csrf=@&symbol=A01B"),
        "a kind that is none": (";;=/", b"csrf=@"),
        "XML": ("application/xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        "parts": (boundary, csrf + part % (b"symbol", b"A01B") + b"--b--\r\n"),
        "parts without an end": (boundary, csrf + part % (b"symbol", b"A01B")),
        "parts without a boundary": ("multipart/form-data", csrf),
        "parts in another charset": (f"{boundary}; charset=utf-16", csrf + part % (b"symbol", b"\xd8") + b"--b--\r\n"),
        "parts in no charset": (f"{boundary}; charset=nothing", csrf + b"--b--\r\n"),
        "a part without a name": (boundary, csrf + b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        "a part with a bad name": (boundary, csrf + part % (b"\xff\xfe", b"x") + b"--b--\r\n"),
        "a file": (boundary, csrf + part % (b'f"; filename="x', b"x") + b"--b--\r\n"),
    }  # fmt: skip


@pytest.mark.parametrize("name", raw_bodies())
def test_odd_bodies_are_answered_with_a_page(
    unhurried: Callable[..., Any], name: str, record_property: Callable[[str, object], None]
) -> None:
    desk = unhurried("shown")
    kind, body = raw_bodies()[name]
    ada = desk.browser("ada")
    ada.get("/item/1")
    before = desk.kinds()
    places = [path.format(position=1) for method, path in OPERATIONS if method == "post" and path != "/sign-out"]
    for place in places:
        content = body.replace(b"@", ada.csrf.encode())
        headers = {"content-type": kind} if kind else {}
        answer = ada.http.post(place, content=content, headers=headers, follow_redirects=False)
        assert answer.status_code < 500, (place, answer.text[:500])
        assert {header: answer.headers[header] for header in HEADERS} == HEADERS
        assert "Traceback" not in answer.text
    assert {actor for actor, _ in desk.kinds()[len(before) :]} <= {"ada"}
    assert verify(desk.ledger.path).fault is None
    record_property("bad inputs", len(places))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "HEAD", "NONSENSE"])
def test_other_methods_are_refused(unhurried: Callable[..., Any], method: str) -> None:
    desk = unhurried()
    ada = desk.browser("ada")
    for _, path in OPERATIONS:
        answer = ada.http.request(method, path.format(position=1, page=1, name="desk.css"), follow_redirects=False)
        assert answer.status_code in (404, 405), (method, path)
        assert {header: answer.headers[header] for header in HEADERS} == HEADERS


def test_the_desk_does_not_describe_itself(unhurried: Callable[..., Any]) -> None:
    ada = unhurried().browser("ada")
    for place in ("/openapi.json", "/docs", "/redoc"):
        assert ada.http.get(place).status_code == 404


@settings(REPEATABLE, max_examples=60)
@given(path=st.text(st.characters(codec="utf-8") | st.sampled_from(string.punctuation), max_size=30))
def test_any_address_is_a_page(shared: Any, path: str) -> None:
    from urllib.parse import quote

    answer = shared.http.get("/" + quote(path), follow_redirects=False)
    assert answer.status_code in (200, 303, 307, 404)
    assert {header: answer.headers[header] for header in HEADERS} == HEADERS


@pytest.fixture
def shared(unhurried: Callable[..., Any]) -> Any:
    """One desk for many addresses."""
    return unhurried().browser("ada")
