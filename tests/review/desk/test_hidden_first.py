"""Nothing of the software's suggestion, and nothing of why an item is there, before it may be known."""

from __future__ import annotations

import json
import re

import pytest

from wild_aieval.review.desk.flow import Desk

REASON = "a careful reason of ada, seen by nobody else"
INSIDE = ("flagged", "seeded", "audit", "unflagged", "planted", "LOW_SCORE", "SMALL_MARGIN", "tok0", "item_key", "0.91")


def suggested(room, item):
    """Symbols that only the software has named."""
    return [symbol.symbol for symbol in room.contents.suggestion(item.token).symbols]


def test_the_suggestion_is_in_no_response_before_the_own_answer(room):
    desk = room()
    for number, item in enumerate(desk.batch.items):
        ada = desk.browser("ada")
        place = f"/item/{desk.position('ada', item)}"
        ada.get(place)
        ada.post(f"{place}/first", {"symbol": ["Q99"]})  # a fault: the form comes back
        ada.post(f"{place}/decision", {"symbol": ["A61B"], "decision": "agrees"})
        ada.get(place)
        ada.get("/queue/1")
        assert not [symbol for symbol in suggested(desk, item) if any(symbol in text for text in ada.seen)], number
        ada.get(place)
        ada.post(f"{place}/first", {"symbol": ["A21D 2/00"]})
        assert all(symbol in ada.page.text for symbol in suggested(desk, item))


def test_the_first_answer_is_in_the_ledger_before_the_suggestion_is_revealed(room):
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    assert desk.kinds() == [("ada", "review.opened")]
    ada.post("/item/1/first", {"symbol": ["G06F", "H04L"], "active": "3"})
    ada.post("/item/1/decision", {"symbol": ["G06F"], "decision": "differs", "rationale": REASON, "active": "4"})
    kinds = [kind for _, kind in desk.kinds()]
    assert kinds[:4] == ["review.opened", "review.first_answer", "ai.revealed", "review.decision"]
    first, decision = (next(e for e in desk.ledger.events() if e.kind == kind) for kind in (kinds[1], kinds[3]))
    assert first.payload["answer"] == {"symbols": ["G06F", "H04L"]}
    assert decision.payload["mode"] == "hidden_first"
    assert decision.payload["rationale"] == REASON


def test_a_first_answer_cannot_be_given_twice_nor_after_the_reveal(room):
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    ada.post("/item/1/first", {"symbol": ["G06F"]})
    assert ada.post("/item/1/first", {"symbol": ["A61B"]}).status_code == 409
    assert [kind for _, kind in desk.kinds()].count("review.first_answer") == 1


def test_what_is_sent_again_counts_once(room):
    """The ledger kept it, but the connection was lost before the desk heard: another desk stands for that."""
    desk = room()
    ada = desk.browser("ada")
    ada.get("/item/1")
    person, item = next(one for one in desk.parts.people if one.name == "ada"), desk.item("ada", 1)
    heard_elsewhere = Desk(desk.batch, desk.ledger, lambda _: "subclass", lambda: desk.now)
    heard_elsewhere.first_answer(person, item, {"symbols": ["G06F"]}, False, 3)
    ada.post("/item/1/first", {"symbol": ["G06F"]})
    assert ada.page.status_code == 200
    heard_elsewhere.decide(person, item, {"symbols": ["G06F"]}, "differs", REASON, 4)
    ada.post("/item/1/decision", {"symbol": ["G06F"], "decision": "differs", "rationale": REASON})
    kinds = [kind for _, kind in desk.kinds()]
    assert kinds[:4] == ["review.opened", "review.first_answer", "ai.revealed", "review.decision"]
    assert "review.superseded" not in kinds


def test_nobody_answers_what_they_have_not_opened(room):
    desk = room()
    ada = desk.browser("ada")
    assert ada.post("/item/3/first", {"symbol": ["G06F"]}).status_code == 409
    assert desk.kinds() == []


def test_shown_mode_says_in_the_ledger_that_the_suggestion_was_seen(room):
    desk = room(mode="shown")
    ada = desk.browser("ada")
    ada.get("/item/1")
    assert [kind for _, kind in desk.kinds()] == ["review.opened", "ai.revealed"]
    assert all(symbol in ada.page.text for symbol in suggested(desk, desk.item("ada", 1)))


def test_a_translation_can_be_hidden_first_too(translations):
    desk = translations("hidden_first")
    for item in desk.batch.items:
        ada = desk.browser("ada")
        place = f"/item/{desk.position('ada', item)}"
        ada.get(place)
        assert ada.post(f"{place}/first", {"text": " "}).status_code == 422
        text = desk.contents.suggestion(item.token).translation
        assert not [page for page in ada.seen if text in page or "Numbers only" in page]
        ada.post(f"{place}/first", {"text": "una barra"})
        page = re.sub(r"</?(?:mark|span)[^>]*>", "", ada.page.text)
        assert text in page
        assert "una barra" in page


def skeleton(text):
    """A page without what belongs to the item: texts, symbols, numbers, words of the session."""
    text = re.sub(r'(?s)<div class="texts">.*?</div>\n</div>', "", text)
    text = re.sub(r'name="csrf" value="[^"]+"', "", text)
    text = re.sub(r"(?s)<ol class=\"way\">.*?</ol>", "", text)
    return re.sub(r"\d+", "0", text)


def test_seeded_and_audit_items_look_like_the_others(room):
    desk = room()
    ada, pages = desk.browser("ada"), {}
    for item in desk.batch.items:
        place = f"/item/{desk.position('ada', item)}"
        first = skeleton(ada.get(place).text)
        second = skeleton(ada.post(f"{place}/first", {"symbol": ["A21D"]}).text)
        listed = second.count("<li><ol") or second.count("<li>\n<ol")
        pages.setdefault(item.purpose, set()).add((first, re.sub(r"(?s)<ol>.*?</ol>", "", second), bool(listed)))
    assert set(pages) == {"flagged", "seeded", "audit"}
    assert pages["flagged"] == pages["seeded"] == pages["audit"]
    assert len(pages["flagged"]) == 1


@pytest.mark.parametrize("make", ["room", "translations", "searches"])
def test_no_page_tells_why_an_item_is_there(make, request):
    desk = request.getfixturevalue(make)()
    task = desk.batch.task
    for name in ("ada", "bob", "eve", "root"):
        browser = desk.browser(name)
        for position in range(1, len(desk.batch.items) + 1):
            page = browser.get(f"/item/{position}")
            if task == "classification" and page.status_code == 200:
                browser.post(f"/item/{position}/first", {"symbol": ["G06F"]})
            browser.post(f"/item/{position}/decision", {"decision": "cannot_decide", "symbol": ["G06F"]})
        browser.get("/")
        said = re.sub(r'"/[a-z/-]+\d*"', "", "\n".join(browser.seen))
        if name == "root":  # what closing will do stands in words on the administrator's page
            said = re.sub(r"(?s)<h2>Close the batch.*?</form>", "", said)
        assert not [word for word in INSIDE if word in said], name
        assert not [item.item_id for item in desk.batch.items if f">{item.item_id}<" in said]


def test_the_second_reviewer_sees_nothing_of_the_first(room):
    desk = room()
    item = desk.batch.items[0]
    ada, bob = desk.browser("ada"), desk.browser("bob")
    place = f"/item/{desk.position('ada', item)}"
    ada.get(place)
    ada.post(f"{place}/first", {"symbol": ["E04H 5/02"]})
    ada.post(f"{place}/decision", {"symbol": ["E04H 5/02"], "decision": "differs", "rationale": REASON})
    place = f"/item/{desk.position('bob', item)}"
    bob.get(place)
    bob.post(f"{place}/first", {"symbol": ["G06F"]})
    bob.post(f"{place}/decision", {"symbol": ["G06F"], "decision": "cannot_decide"})
    bob.get(place)
    assert not [text for text in bob.seen if REASON in text or "E04H 5/02" in text or "ada" in text]


def test_reviewers_have_orders_of_their_own(room):
    desk = room()
    tokens = [[desk.item(name, position).token for position in range(1, 11)] for name in ("ada", "bob")]
    assert sorted(tokens[0]) == sorted(tokens[1])
    assert tokens[0] != tokens[1]


def settle(desk, item, answers):
    for name, (symbol, decision) in answers.items():
        browser = desk.browser(name)
        place = f"/item/{desk.position(name, item)}"
        browser.get(place)
        browser.post(f"{place}/first", {"symbol": [symbol]})
        form = {"symbol": [symbol], "decision": decision, "rationale": f"because {symbol}"}
        assert browser.post(f"{place}/decision", form).status_code == 200


def test_an_adjudicator_sees_both_answers_and_not_whose_they_are(room):
    desk = room()
    disputed, agreed = desk.batch.items[:2]
    settle(desk, disputed, {"ada": ("E04H 5/02", "differs"), "bob": ("G06F 1/00", "differs")})
    settle(desk, agreed, {"ada": ("H04L", "differs"), "bob": ("H04L", "differs")})
    eve = desk.browser("eve")
    assert eve.get(f"/item/{desk.position('eve', agreed)}").status_code == 404
    place = f"/item/{desk.position('eve', disputed)}"
    page = eve.get(place).text
    assert "E04H 5/02" in page
    assert "because G06F 1/00" in page
    assert not re.search(r"\b(ada|bob)\b", page)
    assert eve.post(f"{place}/first", {"symbol": ["G06F"]}).status_code == 404
    eve.get(place)
    eve.post(f"{place}/decision", {"symbol": ["G06F 1/00"], "decision": "differs", "rationale": "rule 3"})
    last = list(desk.ledger.events())[-1]
    assert (last.actor, last.role, last.kind) == ("eve", "adjudicator", "adjudication.decision")
    assert "no disagreement" in eve.get("/").text


def test_closing_tells_the_ledger_and_ends_the_answers(room):
    desk = room()
    ada, root = desk.browser("ada"), desk.browser("root")
    ada.get("/item/1")
    assert root.post("/close").status_code == 422
    root.get("/")
    assert root.post("/close", {"sure": "yes"}).status_code == 200
    told = {event.kind: event.payload["tokens"] for event in desk.ledger.events() if "tokens" in event.payload}
    assert told == {
        "seed.revealed": [item.token for item in desk.batch.items if item.purpose == "seeded"],
        "audit.revealed": [item.token for item in desk.batch.items if item.purpose == "audit"],
    }
    assert ada.post("/item/1/first", {"symbol": ["G06F"]}).status_code == 409
    assert ada.get("/item/2").status_code == 409
    assert root.get("/").text.count("planted error") == 1
    assert root.post("/close", {"sure": "yes"}).status_code in (403, 409)
    assert not json.dumps([event.kind for event in desk.ledger.events()]).count("review.first_answer")


def test_only_an_administrator_closes(room):
    desk = room()
    for name in ("ada", "eve"):
        assert desk.browser(name).post("/close", {"sure": "yes"}).status_code == 404
    assert not desk.desk.closed
