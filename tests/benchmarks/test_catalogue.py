"""The catalogue finds benchmark folders by name and opens no data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wild_aieval.benchmarks.catalogue import Entry, scan, select
from wild_aieval.errors import UserError

ENTRIES = [Entry(name, Path(name)) for name in ("classification/us", "search/eu", "search/us-citations")]


def test_scan_sorts_and_opens_no_data(make: Any, tmp_path: Path) -> None:
    make("search", files={"corpus.jsonl": None, "queries.jsonl": None, "qrels.tsv": None})
    make("classification")
    found = scan([tmp_path / "benchmarks"])
    assert [entry.name for entry in found] == ["classification/small", "search/small"]
    assert found[1].task == "search"


def test_an_unfinished_import_is_not_listed(make: Any, tmp_path: Path) -> None:
    entry = make("search")
    entry.path.rename(entry.path.with_name(".small.123.partial"))
    assert scan([tmp_path / "benchmarks"]) == []


def test_a_misnamed_manifest_is_told_and_not_passed_over(make: Any, tmp_path: Path) -> None:
    entry = make("search")
    (entry.path / "benchmark.yaml").rename(entry.path / "benchmark.yml")
    (found,) = scan([tmp_path / "benchmarks"])
    with pytest.raises(UserError, match=r"benchmark.yaml: there is no such file.*this one holds: benchmark.yml"):
        found.manifest()


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"benchmark_roots: there is no folder '.*nowhere'"):
        scan([tmp_path / "nowhere"])


def test_a_missing_folder_is_named_with_its_neighbours(make: Any) -> None:
    entry = make("search")
    with pytest.raises(UserError, match=r"smal: there is no such benchmark folder. Did you mean 'small'"):
        Entry("search/smal", entry.path.with_name("smal")).manifest()


def test_a_folder_of_no_task_is_told_with_the_nearest_one(make: Any, tmp_path: Path) -> None:
    make("search").path.parent.rename(tmp_path / "benchmarks" / "serach")
    with pytest.raises(UserError, match=r"stand under classification, translation, search.*Did you mean 'search'"):
        scan([tmp_path / "benchmarks"])


def test_one_name_in_two_roots_is_refused(make: Any, tmp_path: Path) -> None:
    make("search")
    (tmp_path / "benchmarks").rename(tmp_path / "first")
    make("search")
    with pytest.raises(UserError, match=r"'search/small' is in two roots"):
        scan([tmp_path / "first", tmp_path / "benchmarks"])


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["search/*"], ["search/eu", "search/us-citations"]),
        (["us"], ["classification/us"]),
        (["search/eu", "eu", "*"], ["search/eu", "classification/us", "search/us-citations"]),
        ([], []),
    ],
)
def test_select_takes_names_and_globs_once_each(patterns: list[str], names: list[str]) -> None:
    assert [entry.name for entry in select(ENTRIES, patterns)] == names


def test_select_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"benchmark=us-citation: .*Did you mean 'us-citations'"):
        select(ENTRIES, ["us-citation"])
