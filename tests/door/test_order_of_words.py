"""Flags may stand before, between and after settings."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.cli import main
from wild_aieval.overrides import in_order

SETTINGS = ("model=own", "seed=3", "benchmark=starter")


@pytest.mark.parametrize("place", range(4))
def test_a_flag_between_settings_is_read(place: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "own.yaml").write_text("name: own\nkind: majority\n", encoding="utf-8")
    words = [*SETTINGS[:place], "--config-dir", str(tmp_path), *SETTINGS[place:], "--cfg", "job"]
    assert main(words) == 0
    shown: dict[str, Any] = yaml.safe_load(capsys.readouterr().out)
    assert (shown["model"]["name"], shown["seed"], shown["benchmark"]) == ("own", 3, "starter")


@pytest.mark.parametrize("places", list(itertools.product(range(3), repeat=2)), ids=str)
def test_settings_keep_their_order_and_flags_their_values(places: tuple[int, int]) -> None:
    words: list[str] = []
    for number, setting in enumerate(SETTINGS):
        words += ["-m"] * (places[0] == number) + ["--config-dir", "D"] * (places[1] == number) + [setting]
    given = in_order(words)
    assert given[-3:] == list(SETTINGS)
    assert sorted(given[:-3]) == ["--config-dir", "-m", "D"]
    assert given[given.index("--config-dir") + 1] == "D"


@pytest.mark.parametrize("words", [["model=a", "--modell=b", "seed=1"], ["model=a", "--confg-dir", "D", "seed=1"]])
def test_an_unknown_flag_between_settings_is_named(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 1
    said = capsys.readouterr().err
    assert f"unrecognized arguments: {words[1]}" in said
    assert "Traceback" not in said
