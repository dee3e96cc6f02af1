"""Results by group: the right items in each, small ones marked, nothing where there is one group only."""

from __future__ import annotations

from typing import Any

import pytest

ROWS = [
    {
        "id": f"d{number:03d}",
        "text": " ".join(["word"] * (8 if number % 3 else 60)),
        "main": "A01B" if number < 45 else "G06F",
        "date": f"{2010 if number < 60 else 2011}-05-01",
        "language": "en" if number < 65 else "fr",
        "office": "BR",
    }
    for number in range(70)
]


def test_each_group_is_measured_on_its_items_alone(place: Any) -> None:
    train = [{"id": "t", "text": "soil", "main": "A01B"}]
    place.classification(ROWS, train, languages=["en", "fr"], offices=["BR"])
    summary, _ = place.run("majority")
    slices = summary["results"][0]["slices"]
    groups = {(entry["by"], entry["group"]): entry for entry in slices}
    assert {kind for kind, _ in groups} == {"language", "section", "length", "year"}, "one office only is no slice"
    name = "subclass.first_guess.main"
    assert groups["section", "A"]["measures"][name]["value"] == 1.0
    assert groups["section", "G"]["measures"][name]["value"] == 0.0
    assert {key: entry["n"] for key, entry in groups.items() if key[0] == "year"} == {
        ("year", "2010"): 60,
        ("year", "2011"): 10,
    }
    assert groups["length", "under 10 words"]["n"] + groups["length", "50 to 99 words"]["n"] == 70
    year = groups["year", "2011"]
    assert year["small"]
    assert year["measures"][name]["n"] == 10
    assert year["measures"][name]["low"] < year["measures"][name]["high"]
    few = groups["language", "fr"]
    assert (few["n"], few["small"], few["measures"]) == (5, True, {})
    assert not groups["section", "A"]["small"]
    assert sum(entry["n"] for (kind, _), entry in groups.items() if kind == "section") == 70


def test_segments_are_sliced_by_register(place: Any) -> None:
    rows = [
        {"id": f"s{n}", "source": f"a valve {n}", "target": f"A VALVE {n}", "register": ["claim", "title"][n % 2]}
        for n in range(24)
    ]
    place.translation(rows)
    summary, _ = place.run(place.tricky())
    registers = {entry["group"]: entry for entry in summary["results"][0]["slices"] if entry["by"] == "register"}
    assert {group: entry["n"] for group, entry in registers.items()} == {"claim": 12, "title": 12}
    assert registers["claim"]["measures"]["chrf2pp"]["value"] == pytest.approx(100.0)
