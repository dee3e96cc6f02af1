from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import comparison_page, explorer, html
from wild_aieval.reports.assets import asset
from wild_aieval.reports.drawing import inline
from wild_aieval.reports.figures import figures_of
from wild_aieval.reports.pictures import new_figure, rendered
from wild_aieval.reports.results import read_results
from wild_aieval.testing.tables import write_table

_spec = importlib.util.spec_from_file_location("pages", Path(__file__).with_name("pages.py"))
assert _spec and _spec.loader
pages = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pages)


def written(folder: RunFolder) -> str:
    return html.write(folder).read_text(encoding="utf-8")


def blocks(text: str) -> list[dict[str, Any]]:
    """The data blocks, found as a browser finds them: up to the first end of a script element."""
    found = re.findall(r'<script type="application/json" id="[^"]*">(.*?)</script', text, flags=re.DOTALL)
    return [json.loads(block) for block in found]


@pytest.mark.parametrize("hostile", pages.HOSTILE)
def test_hostile_texts_everywhere_change_no_page(
    make: Any, comparison: Any, tmp_path: Path, hostile: str, slices: Any
) -> None:
    slices[0]["group"] = slices[1]["by"] = hostile
    folder = make(text=hostile, model="m", benchmark=f"classification/{hostile}", slices=slices, licence=hostile)
    summary = folder.read_json("summary.json")
    summary["model"] = summary["results"][0]["model"] = summary["runspec"]["settings"]["model"]["name"] = hostile
    folder.write_json("summary.json", summary)
    text = written(folder)
    assert blocks(text)[0]["items"][0][4][0] == hostile
    other = comparison(
        names=(hostile, "m2"),
        pairs=[{"sentence": hostile, "most_different": [dict.fromkeys(("item_id", "input", "one", "other"), hostile)
                | {"effect": 1.0, "expected": hostile}]}],
        sentence=hostile, benchmark=hostile, measure="recall_10",
    )  # fmt: skip
    compared = comparison_page.write(RunFolder(tmp_path), other).read_text(encoding="utf-8")
    sweep = html.write_sweep(tmp_path, [summary]).read_text(encoding="utf-8")
    for made in (text, compared, sweep):
        page = pages.check(made)
        assert not page.named("img") and "window.pwned=1</script>" not in made
    assert len(re.findall("<script", text)) == 2 and "<script" not in compared + sweep


@pytest.mark.parametrize("bare", [False, True])
def test_pages_are_well_formed_with_and_without_intervals(
    make_several: Any, comparison: Any, tmp_path: Path, bare: bool
) -> None:
    folder, compared = make_several(), comparison()
    if bare:
        summary = folder.read_json("summary.json")
        for entry in (*summary["results"], *compared["benchmarks"][0]["systems"]):
            for measure in entry["measures"].values():
                measure |= {"low": None, "high": None}
        unknown = ("low", "high", "p", "p_adjusted", "deviation", "smallest_effect", "above", "equal", "below")
        compared["benchmarks"][0]["pairs"][0] |= dict.fromkeys(unknown) | {"told_apart": False}
        folder.write_json("summary.json", summary)
    pages.check(written(folder))
    text = comparison_page.write(RunFolder(tmp_path), compared).read_text(encoding="utf-8")
    pages.check(text)
    assert ("no interval" in text and "not tested" in text and "not per item" in text) == bare


def test_only_the_script_of_the_page_may_run(make: Any) -> None:
    text = written(make())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    script = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    assert policy and len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert policy[1].endswith(f"script-src 'sha256-{digest}'") and "default-src 'none'" in policy[1]


def test_the_script_makes_no_markup_of_data_and_needs_nothing_from_outside() -> None:
    script = asset("explorer.js")
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "fetch(", "http"):
        assert word not in script
    assert "</script" not in script and "<!--" not in script and "url(" not in asset("page.css")


def test_drawings_are_deterministic_and_names_do_not_clash(make: Any) -> None:
    result = read_results(make())[0]
    first, second = figures_of(result, "svg"), figures_of(result, "svg")
    assert first == second
    one, two = (_with_names() for _ in range(2))
    assert one == two
    one, other = (inline(one, name, "a & b") for name in ("x", "y"))
    ids = [set(re.findall(r' id="([^"]*)"', text)) for text in (one, other)]
    assert ids[0] and not ids[0] & ids[1] and all(name.startswith("x-") for name in ids[0])
    used = set(re.findall(r'(?:url\(|href=")#([^")]*)', one))
    assert used == ids[0] and 'aria-label="a &amp; b"' in one
    assert "xmlns" not in one and "<metadata" not in one and "<!" not in one and "<text" in one


def _with_names() -> bytes:
    """A drawing of matplotlib, which gives names to what it shows again."""
    figure, axis = new_figure(3, 3)
    axis.plot([0, 1], [0, 1], "o-", label="line")
    return rendered(figure, "svg")


def test_the_text_of_a_drawing_is_not_taken_for_names(make: Any) -> None:
    name = 'id="x" href="#y" url(#z)'
    entry = read_results(make())[0].entry
    from wild_aieval.reports.forest import of_entries

    image = of_entries([{**entry, "model": name}], "svg")
    assert image is not None
    shown = [element.text for element in pages.drawings(inline(image, "p", "label"))[0].iter("text")]
    assert name in shown


def test_a_cell_of_the_confusion_leads_to_its_items(make: Any) -> None:
    page = pages.check(written(make()))
    links = [found for found in page.named("a") if "data-assigned" in found]
    assert [(link["data-assigned"], link["data-suggested"], link["href"]) for link in links] == [("A", "A", "#items-0")]
    assert str(links[0]["aria-label"]).startswith("4 documents assigned to section A")


def test_groups_are_shown_with_their_size(make: Any, slices: Any) -> None:
    text = written(make(slices=slices))
    assert "There are 4 groups, 3 of them too small to rely on" in text and "of twenty" in text
    rows = {cells[0]: cells for cells in table_rows(text, "Results by group")}
    assert rows["A"][2:] == ["0.500 [0.40, 0.60]", "40", ""]
    assert rows["B"][2:] == ["0.500 [0.40, 0.60]", "12", "too small to rely on"]
    assert rows["not known"][2:] == ["–", "3", "too few for a figure"]
    assert "Too few for a figure: not known (3)" in " ".join(re.sub("<[^>]*>", " ", text).split())


def table_rows(text: str, caption: str) -> list[list[str]]:
    """Cells of a table without markup."""
    start = text.index(f"<caption><span>{caption}")
    body = text[start : text.index("</table>", start)].split("<tbody>")[1]
    return [
        [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in re.findall(r"<tr>.*?</tr>", body)
    ]


def test_items_beyond_the_most_are_left_out_unflagged_ones_first(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "MOST_ITEMS", 3)
    folder = make()
    items = list(folder.read_table("items"))
    items[3]["status"] = "error"
    write_table(folder, "items", items)
    text = written(folder)
    assert [item[0] for item in blocks(text)[0]["items"]] == ["i2", "i3", "i0"]
    assert "This page holds 3 items and leaves 1 out." in text


def test_states_of_items(make: Any) -> None:
    folder = make()
    rows = blocks(written(folder))[0]["items"]
    states = {row[0]: row[1] for row in rows}
    assert states == {"i0": 0, "i1": 4, "i2": 1 | 8, "i3": 1 | 8}
    broken = blocks(written(make(model="m2", status="error")))[0]["items"]
    assert all(row[1] & 2 and row[1] & 8 for row in broken) and broken[0][4][2].startswith("error: ValueError")


def test_guarded_items_are_in_no_comparison_page(comparison: Any, tmp_path: Path) -> None:
    shown = comparison_page.write(RunFolder(tmp_path), comparison()).read_text(encoding="utf-8")
    assert "a plough" in shown
    hidden = comparison_page.write(RunFolder(tmp_path), comparison(confidentiality="shared-scores"))
    text = hidden.read_text(encoding="utf-8")
    assert "a plough" not in text and ">i1<" in text, "ids and differences, no texts"
    strict = comparison_page.write(RunFolder(tmp_path), comparison(confidentiality="aggregate-only"))
    assert ">i1<" not in strict.read_text(encoding="utf-8")


def test_words_that_claim_a_decision_do_not_occur(make: Any, comparison: Any, slices: Any, tmp_path: Path) -> None:
    texts = [written(make(slices=slices)), comparison_page.write(RunFolder(tmp_path), comparison()).read_text("utf-8")]
    for text in texts:
        assert not re.search(r"accepted|final", text, flags=re.IGNORECASE)
