from __future__ import annotations

import time
from typing import Any

import pytest

pytestmark = pytest.mark.slow
SEARCH, CELL = ".explorer input[type=search]", "table.grid a[data-assigned=A][data-suggested=A]"


def settled(page: Any) -> None:
    """After the pause that the search box waits for further letters."""
    page.wait_for_timeout(250)


def test_hostile_texts_do_nothing_and_nothing_is_asked_for(opened: Any, report: Any) -> None:
    found = opened(report(200))
    assert "window.pwned=1" in found.page.locator(".explorer tbody tr").first.inner_text()
    for element in found.page.locator("summary").all():
        if element.is_visible():
            element.click()
    found.page.locator(".explorer select[data-filter=state]").select_option("error")
    found.check_quiet()


def test_search_filter_sort_and_pages(opened: Any, report: Any) -> None:
    found = opened(report(200))
    page = found.page
    assert found.status() == "Showing 1 to 50 of 200 items" and len(found.ids()) == 50
    page.locator(".paging button", has_text="Next").click()
    assert found.status() == "Showing 51 to 100 of 200 items" and found.ids()[0] == "item-00050"
    page.fill(SEARCH, "PLOUGH number 19")
    settled(page)
    assert found.status() == "Showing 1 to 12 of 12 items (200 in all)"
    page.locator(".explorer select[data-filter=state]").select_option("error")
    assert found.ids() == ["item-00195"]
    page.fill(SEARCH, "no such text")
    settled(page)
    assert found.status().startswith("No item fits")
    page.locator("[data-clear]").click()
    assert found.status() == "Showing 1 to 50 of 200 items"
    page.locator(".explorer select[data-filter=reason]").select_option("LOW_SCORE")
    assert found.status() == "Showing 1 to 50 of 67 items (200 in all)"
    found.check_quiet()


def test_columns_sort_both_ways_and_what_is_not_known_comes_last(opened: Any, report: Any) -> None:
    found = opened(report(60))
    page = found.page
    page.locator(".explorer select[data-filter=suggested]").select_option("C")
    first = found.ids()
    item, score = page.locator(".explorer thead th").nth(0), page.locator(".explorer thead th").nth(5)
    item.locator("button").click()
    assert item.get_attribute("aria-sort") == "ascending" and found.ids() == sorted(first)
    item.locator("button").click()
    assert item.get_attribute("aria-sort") == "descending" and found.ids() == sorted(first, reverse=True)
    item.locator("button").click()
    assert item.get_attribute("aria-sort") == "none" and found.ids() == first
    page.locator("[data-clear]").click()
    for _ in range(2):
        score.locator("button").click()
        page.locator(".explorer select[data-filter=state]").select_option("wrong")
        texts = page.locator(".explorer tbody tr td:nth-child(6)").all_inner_texts()
        known = [float(text) for text in texts if text != "–"]
        assert "–" in texts and texts[len(known) :] == ["–"] * (len(texts) - len(known))
        assert known == sorted(known, reverse=score.get_attribute("aria-sort") == "descending")


def test_a_cell_of_the_confusion_and_a_reason_lead_to_their_items(opened: Any, report: Any) -> None:
    found = opened(report(200))
    number = int(found.page.locator(CELL).inner_text())
    found.page.locator(CELL).click()
    assert f"of {number} items (200 in all)" in found.status()
    assert found.page.evaluate("document.activeElement.id") == "items-0-title"
    assert found.page.locator(".explorer select[data-filter=assigned]").input_value() == "A"
    found.page.locator("a[data-reason=LOW_SCORE]").click()
    assert "67 items" in found.status()
    found.check_quiet()


def test_everything_works_by_keyboard(opened: Any, report: Any) -> None:
    found = opened(report(200))
    page = found.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"

    def tab_to(test: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({test!r})"):
                return
        raise AssertionError(f"{test} is not reached by the Tab key")

    tab_to("table.grid a[data-assigned]")
    page.keyboard.press("Enter")
    assert "(200 in all)" in found.status()
    tab_to("input[type=search]")
    page.keyboard.type("plough")
    tab_to("select[data-filter=state]")
    page.keyboard.press("ArrowDown")
    tab_to("[data-clear]")
    page.keyboard.press("Enter")
    assert found.status() == "Showing 1 to 50 of 200 items"
    tab_to("th button")
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=ascending]").count() == 1
    tab_to(".paging button")
    page.keyboard.press("Enter")
    assert found.status().startswith("Showing 51")


def test_long_texts_open_and_close(opened: Any, report: Any) -> None:
    page = opened(report(60)).page
    page.fill(SEARCH, "item-00029")
    settled(page)
    summary = page.locator(".explorer tbody summary").first
    assert summary.inner_text().endswith("…")
    summary.click()
    page.wait_for_function("() => document.querySelector('.explorer tbody summary').textContent === 'Show less'")
    assert page.locator(".explorer tbody details div").first.inner_text().count("with a long text") == 29


def test_a_narrow_window_never_scrolls_sideways(opened: Any, report: Any) -> None:
    page = opened(report(60), width=360).page
    for element in page.locator("summary").all():
        if element.is_visible():
            element.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_twenty_thousand_items_filter_within_a_second(opened: Any, report: Any) -> None:
    file = report(20_500)
    found = opened(file)
    page = found.page
    assert found.status() == "Showing 1 to 50 of 20000 items"
    assert "This page holds 20000 items and leaves 500 out." in page.locator(".explorer .alarm").inner_text()
    state = page.locator(".explorer select[data-filter=state]")
    for act, said in (
        (lambda: page.fill(SEARCH, "number 1999"), "Showing 1 to 6 of 6 items"),
        (lambda: page.fill(SEARCH, "plough long text"), "Showing 1 to 50 of 19316 items"),
        (lambda: state.select_option("flagged"), "Showing 1 to 50 of 6150 items"),
        (lambda: page.locator("[data-clear]").click(), "Showing 1 to 50 of 20000 items"),
    ):
        started = time.perf_counter()
        act()
        shown = "said => document.querySelector('.explorer [role=status]').textContent.startsWith(said)"
        page.wait_for_function(shown, arg=said)
        assert time.perf_counter() - started < 1
    started = time.perf_counter()
    page.locator(".explorer thead th button").nth(1).click()
    second = "text => document.querySelector('.explorer tbody tr:nth-child(2) td').textContent.startsWith(text)"
    page.wait_for_function(second, arg="a plough number 1 ")
    assert time.perf_counter() - started < 1
    found.check_quiet()


def test_without_script_the_flagged_items_are_there(opened: Any, report: Any) -> None:
    page = opened(report(60), script=False).page
    assert not page.locator(".explorer").is_visible()
    page.locator("summary", has_text="items that need a human look").click()
    assert page.get_by_role("rowheader", name="item-00003").is_visible()


def test_guarded_items_are_not_in_the_page(opened: Any, report: Any) -> None:
    found = opened(report(60, "aggregate-only"))
    assert found.page.locator(".explorer").count() == 0 and "item-000" not in found.page.content()
    found.check_quiet()


def test_print_leaves_the_controls_out(opened: Any, report: Any) -> None:
    page = opened(report(60)).page
    page.emulate_media(media="print")
    assert not page.locator(".explorer").is_visible() and not page.locator(".skip").is_visible()
    page.emulate_media(media="screen")
    page.locator(CELL).click()
    page.emulate_media(media="print")
    assert page.locator(".explorer tbody tr").first.is_visible()
    assert not page.locator(".controls").is_visible() and not page.locator(".paging").is_visible()
