"""The small tools under docs/examples, as their model files run them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.errors import Unavailable
from wild_aieval.items import Document, Failure, Segment, Suggestion
from wild_aieval.paths import conf_dir

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"


@pytest.fixture
def example(build: Callable[..., Any]) -> Callable[..., Any]:
    def made(name: str, **changes: Any) -> Any:
        raw = yaml.safe_load((conf_dir() / "model" / f"{name}.yaml").read_text(encoding="utf-8"))
        return build(raw.pop("kind"), **raw | {"cwd": str(EXAMPLES)} | changes)

    return made


def test_the_classifier_of_six_words(example: Callable[..., Any]) -> None:
    model = example("command-example", command=[sys.executable, "first_words.py"])
    texts = ["a plough, a plough and a battery", "nothing known"]
    known, unknown = model.classify([Document(str(n), "", text) for n, text in enumerate(texts)])
    assert known == [Suggestion("A01B", pytest.approx(2 / 3)), Suggestion("B60L", pytest.approx(1 / 3))]
    assert unknown == Failure("the tool says: no known word", unknown.answer)
    assert len((EXAMPLES / "first_words.py").read_text(encoding="utf-8").splitlines()) < 20


def test_apertium_in_shell_agrees_with_the_adapter(example: Callable[..., Any], build: Callable[..., Any]) -> None:
    try:
        adapter = build("apertium")
        if shutil.which("jq") is None:
            raise Unavailable("jq is not installed here")
    except Unavailable as reason:
        pytest.skip(str(reason))
    texts = ["The device\nhas two wheels.", "Machines for sewing; 2.5 kg \"of\" 'soil'", "a\\b", "Wheel  discs"]
    segments = [Segment(str(n), text, "en", "es") for n, text in enumerate(texts)]
    model = example("command-apertium")
    assert model.translate(segments) == adapter.translate(segments)
    back = model.translate([Segment("b", "Los aparatos", "es", "en"), Segment("c", "x", "en", "fr")])
    assert back[0].text == "The devices"
    assert back[1].message == "the tool says: the pair is not served"
