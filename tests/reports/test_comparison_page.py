from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import comparison_page, console
from wild_aieval.reports.comparison_figures import MOST_PAIRS, cost, measured, pairs
from wild_aieval.reports.comparison_pairs import p_value, rows_of
from wild_aieval.reports.facts import duration


def text_of(comparison: dict[str, Any], folder: Path) -> str:
    return comparison_page.write(RunFolder(folder), comparison).read_text(encoding="utf-8")


def test_the_page_says_who_is_better_and_how_to_read_it(comparison: Any, tmp_path: Path) -> None:
    text = text_of(comparison(), tmp_path)
    assert '<p class="sentence" lang="en">m1 is best.</p>' in text and "m1 is better than m2." in text
    for words in ("Holm over 1 comparisons", "10000 resamples", "item by item", "Nothing is said beyond search/tiny"):
        assert words in text
    assert "+0.100 [+0.020, +0.200]" in text and "30 / 50 / 20" in text and "time depends on the machine" in text
    assert "20 ms" in text and "10 %" in text


@pytest.mark.parametrize(
    ("lower", "effect", "first", "shown", "counts"),
    [
        (False, 0.1, "m1", (0.1, 0.02, 0.2), (30, 50, 20)),
        (False, -0.1, "m2", (0.1, -0.2, -0.02), (20, 50, 30)),
        (True, -0.1, "m1", (-0.1, 0.02, 0.2), (20, 50, 30)),
        (True, 0.1, "m2", (-0.1, -0.2, -0.02), (30, 50, 20)),
        (False, 0.0, "m1", (0.0, 0.02, 0.2), (30, 50, 20)),
    ],
)
def test_the_better_one_comes_first_with_its_wins(
    comparison: Any, lower: bool, effect: float, first: str, shown: Any, counts: Any
) -> None:
    group = comparison(pairs=[{"effect": effect}], lower_is_better=lower)["benchmarks"][0]
    row = rows_of(group)[0]
    assert row.first == first and (row.effect, row.low, row.high) == shown
    assert (row.wins, row.ties, row.losses) == counts


def test_answers_change_places_with_the_names(comparison: Any, tmp_path: Path) -> None:
    text = text_of(comparison(pairs=[{"effect": -0.1}]), tmp_path)
    table = text[text.index("Most different items of m2 – m1") :]
    assert table.index('<td class="text" dir="auto">G06F</td>') > table.index(">-1.000<")
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', table)[-2:]
    assert heads == ["m2", "m1"]
    assert re.findall(r"(A01B|G06F)</td>", table) == ["A01B", "G06F", "A01B"]


def test_sentences_of_another_language_say_so(comparison: Any, tmp_path: Path) -> None:
    french = comparison() | {"language": "fr"}
    text = text_of(french, tmp_path)
    assert '<p class="sentence" lang="fr">' in text and 'dir="auto" lang="fr">m1 is better' in text


def test_without_sentences_the_test_speaks(comparison: Any, tmp_path: Path, capsys: Any) -> None:
    changes = [{"sentence": ""}, {"sentence": "", "told_apart": False}, {"sentence": "", "partial": ["m1"]}]
    made = comparison(pairs=changes, sentence="")
    text = text_of(made, tmp_path)
    assert ">told apart<" in text and ">could not be told apart<" in text
    assert "no winner is named, because m1 is partial" in text
    console.print_comparison(made, tmp_path)
    assert "- m1 – m2: could not be told apart" in capsys.readouterr().out


def test_a_value_on_a_part_of_the_items_has_no_interval(comparison: Any) -> None:
    group = comparison()["benchmarks"][0]
    system = group["systems"][0]
    assert measured(group, system)["low"] == 0.4
    assert measured(group, system | {"value": 0.55}) == {"value": 0.55, "low": None, "high": None}


def test_cost_needs_two_known_times(comparison: Any) -> None:
    group = comparison()["benchmarks"][0]
    assert cost(group) is not None
    group["systems"][0]["seconds"] = 0.0
    assert cost(group) is None


def test_many_systems_with_one_time_are_labelled(comparison: Any, tmp_path: Path) -> None:
    names = tuple(f"a rather long name of a system {number}" for number in range(12))
    made = comparison(names=names, pairs=[{}] * (MOST_PAIRS + 5))
    group = made["benchmarks"][0]
    for system in group["systems"]:
        system["seconds"] = 1.0
    image = cost(group)
    assert image is not None and image.count(b"a rather long name") == 12
    assert pairs(group, rows_of(group)) is not None
    assert "5 more pairs are in the table only" in text_of(made, tmp_path)


def test_nothing_compared(comparison: Any, tmp_path: Path) -> None:
    assert "Nothing was compared" in text_of(comparison() | {"benchmarks": []}, tmp_path)


def test_several_benchmarks_are_listed_first(comparison: Any, tmp_path: Path) -> None:
    made = comparison()
    other = comparison(benchmark="search/other", sentence="No one is best.")["benchmarks"]
    text = text_of(made | {"benchmarks": made["benchmarks"] + other}, tmp_path)
    assert 'href="#benchmark-1"' in text and 'id="benchmark-1"' in text and text.count("No one is best.") == 2


def test_small_numbers_in_words() -> None:
    assert [p_value(value) for value in (None, 0.0004, 0.05)] == ["not tested", "< 0.001", "0.050"]
    shown = [duration(seconds) for seconds in (0, 4e-7, 7.69e-6, 0.00025, 2.2, 5000)]
    assert shown == ["0 s", "under 1 µs", "7.69 µs", "250 µs", "2.2 s", "5,000 s"]


def test_the_screen_shows_the_same(comparison: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = comparison(names=("[b]m[/b]", "m2"), sentence="[red]best[/nothing]") | {"mlflow_run_id": "abc"}
    console.print_comparison(made, tmp_path)
    said = capsys.readouterr().out
    assert "[red]best[/nothing]" in said and "[b]m[/b]" in said and "0.500 [0.40, 0.60]" in said
    assert "is better than" not in said  # one pair is the sentence itself
    assert f"Report: {tmp_path / 'report.html'}" in said and "MLflow: run abc" in said and "comparison.json" in said
