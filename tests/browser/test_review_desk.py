"""The review desk in Chromium: by keyboard only, in three languages, at two widths."""

from __future__ import annotations

import pytest

from wild_aieval.oversight.ledger.file import FileLedger
from wild_aieval.review import queue, store
from wild_aieval.review.run import ReviewedRun

HOSTILE = "</p><script>window.pwned=1</script><img src=x onerror='window.pwned=1'> \u202egnirts\u202c"
# What the eye needs: 4.5 to 1, or 3 to 1 for large letters (WCAG 2.2, 1.4.3).
CONTRAST = """() => {
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (e) => { for (; e; e = e.parentElement) {
    const c = numbers(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; }
    return [255, 255, 255]; };
  return [...document.querySelectorAll("body *")].filter((e) => e.offsetParent
      && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())).map((e) => {
    const [a, b] = [light(numbers(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    const large = parseFloat(getComputedStyle(e).fontSize) >= 24;
    return [(a + 0.05) / (b + 0.05) / (large ? 3 : 4.5), e.tagName + "." + e.className];
  }).filter(([share]) => share < 1);
}"""
NAMELESS = """() => [...document.querySelectorAll("input:not([type=hidden]), textarea, button, progress")]
  .filter((e) => !(e.labels && e.labels.length) && !e.textContent.trim()).map((e) => e.outerHTML)"""


def check_page(seat):
    """Wide enough, readable, and every field named."""
    width = seat.page.viewport_size["width"]
    assert seat.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seat.page.evaluate(CONTRAST) == []
    assert seat.page.evaluate(NAMELESS) == []
    seat.check_quiet()


def batch_of(folder, **plan):
    ledger = FileLedger(store.default_ledger(folder.path))
    queue.make_batch(ReviewedRun(folder.path), ledger, queue.Plan(seed=3, **plan))
    return ledger


@pytest.fixture
def classified(place, documents):
    """A run over ten documents with a batch of four, the first document hostile."""
    documents[0] |= {"title": HOSTILE, "text": f"{HOSTILE} " * 40}
    place.classification(documents)
    _, folder = place.run(place.tricky())
    return folder, batch_of(folder, audit_least=10, seeds=0)


def test_an_item_by_keyboard_only(classified, desk):
    folder, ledger = classified
    ada = desk(folder.path)("ada")
    ada.follows("Enter")
    assert ada.page.locator("#suggestion").count() == 0
    check_page(ada)
    ada.keys("s", "g06f 1/1")
    ada.page.locator("#symbols option").nth(3).wait_for(state="attached")
    ada.keys("6")
    ada.page.locator("#symbol-0-place", has_text="G Physics").wait_for()
    ada.keys("Tab", "h04l", "Escape")
    ada.page.wait_for_timeout(1300)  # a second that counts
    ada.follows("Control+Enter")
    assert ada.page.locator("#suggestion li").count() > 0
    assert ada.page.input_value("#symbol-0") == "G06F 1/16"
    ada.follows("f", "Control+Enter")  # without a reason: the form comes back
    assert "say why in a few words" in ada.text()
    assert ada.page.evaluate("document.activeElement.className") == "faults"
    check_page(ada)
    ada.keys("r", "it is a computer: s u g do nothing here")
    ada.follows("Control+Enter")
    assert ada.page.url.endswith("/item/2")
    events = {event.kind: event.payload for event in ledger.events()}
    assert events["review.first_answer"]["answer"] == {"symbols": ["G06F 1/16", "H04L"]}
    assert 1 <= events["review.first_answer"]["active_seconds"] < 60
    assert events["review.decision"]["active_seconds"] >= events["review.first_answer"]["active_seconds"]
    ada.follows("l")
    assert ada.page.url.endswith("/item/3")
    ada.follows("h")
    assert "1 of 10 done" in ada.page.locator(".bar").inner_text()
    ada.follows("Enter")
    ada.follows("u", "Control+Enter")  # cannot decide without help: the suggestion comes
    assert ada.page.locator("#suggestion li").count() > 0


def test_time_does_not_run_while_the_page_is_not_looked_at(classified, desk):
    folder, _ = classified
    ada = desk(folder.path)("ada")
    ada.follows("Enter")
    ada.page.evaluate("document.hasFocus = () => false")
    ada.page.wait_for_timeout(2300)
    kept = ada.page.evaluate("Object.values(sessionStorage).map(Number)")
    assert sum(kept) <= 1


def test_single_keys_can_be_switched_off(classified, desk):
    folder, _ = classified
    ada = desk(folder.path)("ada")
    ada.follows("Enter")
    ada.keys("?")
    ada.page.locator("#single-keys").uncheck()
    ada.keys("Tab", "u")
    assert not ada.page.locator("#undecided").is_checked()


def test_a_hostile_document_is_shown_as_text(classified, desk):
    folder, _ = classified
    ada = desk(folder.path)("ada", 360)
    shown = 0
    for position in range(1, 11):
        ada.page.goto(f"{ada.address}item/{position}")
        shown += "<script>window.pwned=1</script>" in ada.text()
        assert ada.page.locator("main img, main script").count() == 0
        check_page(ada)
    assert shown == 1


@pytest.mark.parametrize("width", [1280, 360])
def test_a_translation_by_keyboard_only(place, desk, width):
    terms = [{"source": "rod", "targets": ["barra"]}]
    rows = [{"id": f"t{n}", "source": f"the rod ({n}) has {n}.5 mm", "target": "x", "terms": terms} for n in range(3)]
    place.translation(rows)
    _, folder = place.run(place.tricky())
    ledger = batch_of(folder, audit_least=3, seeds=0)
    ada = desk(folder.path)("ada", width)
    ada.follows("Enter")
    assert "Terms not rendered as the glossary says" in ada.text()
    check_page(ada)
    ada.keys("2", "y", "t", "la barra", "Escape", "f", "r", "not Spanish")
    ada.follows("Control+Enter")
    decision = [event for event in ledger.events() if event.kind == "review.decision"][-1]
    assert decision.payload["answer"] == {"grade": 2, "critical": True, "text": "la barra"}


@pytest.mark.parametrize("width", [1280, 360])
def test_a_search_by_keyboard_only(place, desk, width):
    corpus = [
        {"id": f"p{n}", "title": f"a plough {n}", "text": f"It digs {n} furrows.", "date": "2001-01-01"}
        for n in range(5)
    ]
    place.search(corpus, [{"id": "q", "text": "a plough that digs", "date": "2010-01-01"}], [("q", "p1", "3")])
    _, folder = place.run(place.tricky())
    ledger = batch_of(folder, audit_least=1, seeds=0)
    ada = desk(folder.path)("ada", width)
    ada.follows("Enter")
    check_page(ada)
    ada.keys("j", "x", "y", "n", "n", "a", "g")
    ada.follows("Control+Enter")
    decision = [event for event in ledger.events() if event.kind == "review.decision"][-1]
    judged = list(decision.payload["answer"]["relevant"].values())
    assert sorted(judged) == ["A", "X", "Y", "none", "none"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", ("Votre propre réponse", "Ce que propose le logiciel")),
     ("es", ("Su propia respuesta", "Lo que propone el programa"))],
)  # fmt: skip
def test_pages_in_french_and_spanish(classified, desk, language, words):
    folder, _ = classified
    seat = desk(folder.path, "--language", language)
    for width, name in ((1280, "ada"), (360, "bob")):
        person = seat(name, width)
        person.follows("Enter")
        assert words[0] in person.text()
        check_page(person)
        person.keys("s", "G06F")
        person.follows("Control+Enter")
        assert words[1] in person.text()
        check_page(person)


def test_a_second_desk_on_the_same_ledger_is_refused(classified, desk, place):
    folder, _ = classified
    desk(folder.path)
    refused = place.cli("review", "desk", str(folder.path), "--port", "0")
    assert refused.returncode == 1
    assert "another desk is at work on the ledger" in refused.stderr
