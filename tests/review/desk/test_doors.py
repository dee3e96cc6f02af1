"""Who gets in, what every answer carries, and what is refused before it is read."""

from __future__ import annotations

import datetime
import re

import pytest

from wild_aieval.review.desk.guard import HEADERS, LARGEST


def test_every_answer_carries_the_headers(room):
    desk = room()
    ada = desk.browser("ada")
    answers = [ada.get(place) for place in ("/", "/item/1", "/item/99", "/nowhere", "/assets/desk.js", "/item/x")]
    answers += [
        ada.post("/item/1/first", {"symbol": ["?"]}),
        desk.browser().http.get("/", headers={"host": "evil.org"}),
    ]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")


def test_pages_have_no_script_style_or_address_of_their_own(room):
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    ada.post("/item/1/first", {"symbol": ["G06F"]})
    for text in ada.seen:
        assert not re.search(r"<script(?! src=\"/assets/desk.js\" defer></script>)|<style| style=| on\w+=\"", text)
        assert not re.search(r"(?:src|href|action)=\"(?!/|#)", text)


@pytest.mark.parametrize("mode", ["hidden_first", "shown"])
def test_hostile_texts_are_only_text(room, mode):
    desk = room(mode=mode)
    item = next(item for item in desk.batch.items if item.item_id == "d0")
    ada = desk.browser("ada")
    page = ada.get(f"/item/{desk.position('ada', item)}").text
    assert "&lt;script&gt;window.pwned=1&lt;/script&gt;" in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "U+202E" in page


def test_what_reviewers_type_is_only_text(room):
    desk = room(mode="shown")
    ada = desk.browser("ada")
    ada.get("/item/1")
    form = {"symbol": ['"><script>1</script>'], "decision": '"><b>', "rationale": "</textarea><script>2</script>\u202e"}
    page = ada.post("/item/1/decision", form)
    assert page.status_code == 422
    assert "<script>1" not in page.text
    assert "<script>2" not in page.text


def test_without_signing_in_there_is_only_the_door(room):
    stranger = room().browser()
    for place in ("/item/1", "/queue/1", "/"):
        assert 'name="token"' in stranger.get(place).text
    for place in ("/item/1/first", "/item/1/decision", "/close", "/symbols"):
        assert 'name="token"' in stranger.post(place, {"symbol": "A"}).text


def test_a_wrong_token_is_refused_and_said_so(room):
    stranger = room().browser()
    answer = stranger.post("/sign-in", {"token": "token-of-ada"})
    assert answer.status_code == 403
    assert "Nobody here has this token" in answer.text
    assert "token-of-ada" not in answer.text


def test_the_cookie_is_for_this_site_and_no_script(room):
    http = room().browser().http
    (cookie,) = http.cookies.jar
    assert (cookie.name, cookie.path, cookie.expires) == ("desk", "/", None)
    rest = {name.lower(): value for name, value in cookie._rest.items()}
    assert "httponly" in rest
    assert rest["samesite"].lower() == "strict"


def test_signing_in_gives_a_new_session(room):
    desk = room()
    browser = desk.browser()
    before = browser.http.cookies["desk"]
    browser.sign_in("ada")
    after = browser.http.cookies["desk"]
    assert before != after
    browser.http.cookies.clear()
    browser.http.cookies.set("desk", before)
    assert 'name="token"' in browser.get("/item/1").text


def test_signing_out_ends_the_session(room):
    ada = room().browser("ada")
    key = ada.http.cookies["desk"]
    ada.post("/sign-out")
    ada.http.cookies.clear()
    ada.http.cookies.set("desk", key)
    assert 'name="token"' in ada.get("/").text


@pytest.mark.parametrize("csrf", ["", "wrong", None])
def test_a_form_without_the_word_of_its_session_changes_nothing(room, csrf):
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    before = desk.kinds()
    form = {"symbol": ["G06F"]} | ({} if csrf is None else {"csrf": csrf})
    for place in ("/item/1/first", "/item/1/decision", "/symbols", "/sign-out", "/language", "/close"):
        assert ada.http.post(place, data=form).status_code == 403
    assert desk.kinds() == before


def test_the_word_of_another_session_does_not_serve(room):
    desk = room()
    ada, bob = desk.browser("ada"), desk.browser("bob")
    ada.get("/item/1")
    assert ada.http.post("/item/1/first", data={"csrf": bob.csrf, "symbol": "G06F"}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.org"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"host": "evil.org"}, 421),
        ({"host": "127.0.0.1.evil.org:8765"}, 421),
        ({"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_forms_from_elsewhere_are_refused(room, headers, status):
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    assert ada.post("/item/1/first", {"symbol": ["G06F"]}, headers=headers).status_code == status


def test_what_is_too_large_or_unmeasured_is_not_read(room):
    ada = room().browser("ada")
    assert ada.post("/item/1/first", {"symbol": ["A" * (LARGEST + 1)]}).status_code == 413
    chunked = ada.http.post("/item/1/first", content=iter([b"csrf=x"]), headers={"content-type": "text/plain"})
    assert chunked.status_code == 411
    assert ada.http.put("/item/1").status_code == 405


def test_addresses_hold_positions_only(room):
    desk = room()
    ada = desk.browser("ada")
    for position in range(1, 11):
        ada.get(f"/item/{position}")
        ada.post(f"/item/{position}/first", {"symbol": ["G06F"]})
    places = {place for text in ada.seen for place in re.findall(r'(?:href|action|src)="([^"]*)"', text)}
    known = r"/|#[a-z0-9-]+|/(?:item|queue)/\d+(?:/first|/decision)?|/sign-(?:in|out)|/language|/assets/desk\.\w+"
    assert not [place for place in places if not re.fullmatch(known, place)]


def test_active_seconds_are_never_more_than_have_passed(room):
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    desk.now += datetime.timedelta(seconds=40)
    ada.post("/item/1/first", {"symbol": ["G06F"], "active": "999999"})
    desk.now += datetime.timedelta(seconds=20)
    ada.post("/item/1/decision", {"symbol": ["G06F"], "decision": "cannot_decide", "active": "12"})
    ada.get("/item/2")
    ada.post("/item/2/first", {"symbol": ["G06F"], "active": "NaN"})
    events = [event.payload for event in desk.ledger.events() if "active_seconds" in event.payload]
    assert [payload["active_seconds"] for payload in events] == [41, 53, None]


def test_a_clock_that_goes_back_is_no_time_of_work(room):
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    desk.now -= datetime.timedelta(days=400)
    ada.post("/item/1/first", {"symbol": ["G06F"], "active": "30"})
    ada.post("/item/1/decision", {"symbol": ["G06F"], "decision": "cannot_decide", "active": "12"})
    events = [event.payload for event in desk.ledger.events() if "active_seconds" in event.payload]
    assert [payload["active_seconds"] for payload in events] == [None, None]


def test_a_ledger_that_cannot_be_written_is_no_answer(room, monkeypatch, capsys):
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    ledger = desk.ledger.path
    ledger.write_bytes(ledger.read_bytes().replace(b"review.opened", b"review.opeNed"))
    ledger.open("ab").write(b"{}\n")
    answer = ada.post("/item/1/first", {"symbol": ["G06F"]})
    assert answer.status_code == 503
    assert "What you sent may not have been kept" in answer.text
    assert str(ledger) not in answer.text
    assert "ledger" in capsys.readouterr().err


def test_symbols_are_looked_up_in_a_form_not_in_an_address(room):
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    found = ada.post("/symbols", {"symbol": "g06f 1/", "position": "1"}).json()
    assert found["symbols"][0] == "G06F 1/00"
    assert len(found["symbols"]) <= 12
    found = ada.post("/symbols", {"symbol": "g06f1/16", "position": "1"}).json()
    assert found["way"][0] == "G Physics"
    assert found["way"][2] == "G06F electric digital data processing"
    assert found["way"][-1] == "G06F 1/16"
    assert ada.post("/symbols", {"symbol": "A", "position": "999"}).status_code == 404
    assert ada.http.get("/symbols").status_code == 404


@pytest.mark.parametrize(("language", "words"), [("fr", "Votre propre réponse"), ("es", "Su propia respuesta")])
def test_pages_in_other_languages(room, language, words):
    desk = room(language=language)
    ada = desk.browser("ada")
    page = ada.get("/item/1").text
    assert f'<html lang="{language}">' in page
    assert words in page
    ada.post("/language", {"language": "en", "position": "1"})
    assert "Your own answer" in ada.page.text


def test_no_state_in_which_an_answer_of_software_stands_by_itself(room):
    desk = room()
    for name in ("ada", "root"):
        browser = desk.browser(name)
        browser.get("/item/1")
        said = " ".join(browser.seen)
        assert not re.search(r"accepted|approved|\bfinal\b|patentab", said, re.IGNORECASE)
        assert "generated by software (G in position 40" in said
