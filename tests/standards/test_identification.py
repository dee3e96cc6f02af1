"""The language of many texts at once is what py3langid says of each, wherever its unpacked model comes from."""

from __future__ import annotations

import random
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_DIR, MODEL_FILE

from wild_aieval import user_cache
from wild_aieval.standards import identification, language_model

SENTENCES = {
    "en": "The pump moves a liquid through the valve while the sensor measures its pressure and the lid stays closed",
    "de": "Die Pumpe fördert eine Flüssigkeit durch das Ventil, während der Sensor ihren Druck misst und anzeigt",
    "es": "La bomba mueve un líquido a través de la válvula mientras el sensor mide su presión y la muestra",
    "pt": "A bomba move um líquido através da válvula enquanto o sensor mede a sua pressão e a mostra ao operador",
    "fr": "La pompe déplace un liquide à travers la vanne tandis que le capteur mesure sa pression et l'affiche",
    "no": "Pumpen flytter en væske gjennom ventilen mens sensoren måler trykket og viser det til operatøren straks",
    "zh": "泵将液体输送通过阀门同时传感器测量其压力并将其显示给操作员" * 2,
}
STATED = [*SENTENCES, "pt-BR", "da", "xx", ""]


def texts() -> list[tuple[str, str]]:
    """Texts of one language and of several mixed, long and short, with right and wrong statements."""
    draw = random.Random(5)
    found = []
    for _ in range(400):
        sentence = " ".join(draw.choice(list(SENTENCES.values())).split()[: draw.randint(2, 20)])
        other = draw.choice(list(SENTENCES.values()))[: draw.choice((0, 0, 30, 60, 90))]
        found.append((f"{sentence} {other}"[: draw.randint(40, 900)], draw.choice(STATED)))
    return found


def one_by_one(pairs: list[tuple[str, str]]) -> list[bool]:
    return [bool(tag) and identification.other_language(text, [tag]) is not None for text, tag in pairs]


def test_many_texts_are_judged_as_each_by_itself() -> None:
    pairs = texts()
    found = identification.in_other_languages(pairs)
    assert found == one_by_one(pairs)
    assert 50 < sum(found) < 350


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=50, max_size=200), st.sampled_from(STATED)), min_size=2, max_size=4))
def test_no_text_is_judged_otherwise_among_others(pairs: list[tuple[str, str]]) -> None:
    assert identification.in_other_languages(pairs) == one_by_one(pairs)


def test_probabilities_are_those_of_py3langid() -> None:
    model = language_model.language_model()
    found = [text for text, _ in texts()[:50]] + ["", "1234", "TITLE IN CAPITALS OF A PUMP", "\ud800 half"]
    for text, shares in zip(found, model.probabilities(found), strict=True):
        own = dict(model.one.rank(text))
        pairs = zip(model.labels, shares.tolist(), strict=True)
        assert all(own[label] == pytest.approx(share, abs=2e-4) for label, share in pairs if share)


def test_the_unpacked_model_is_kept_and_a_damaged_one_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fresh = language_model.language_model.__wrapped__
    (tmp_path / "wild_aieval").mkdir()
    old = tmp_path / "wild_aieval" / "language-model-of-another-version"
    old.write_bytes(b"old")
    arrays = language_model._unpacked(MODEL_DIR / MODEL_FILE)
    unpacked: list[Path] = []
    monkeypatch.setattr(language_model, "_unpacked", lambda packed: unpacked.append(packed) or arrays)
    first = fresh()
    (kept,) = (tmp_path / "wild_aieval").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    whole = kept.read_bytes()
    text = [SENTENCES["de"]]
    assert np.array_equal(first.probabilities(text), fresh().probabilities(text))
    assert len(unpacked) == 1
    for damaged in (whole[:-1], whole[: len(whole) // 2], whole + b"x", b"", b"\x93NUMPY\x01\x00"):
        kept.unlink()
        kept.write_bytes(damaged)
        assert np.array_equal(first.probabilities(text), fresh().probabilities(text))
        assert kept.read_bytes() == whole
    assert len(unpacked) == 6


def test_a_cache_that_cannot_be_had_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert user_cache.folder() is None
    assert user_cache.keep("name", lambda path: path.write_bytes(b"x")) is None
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "wild_aieval").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache.folder() is None


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def full(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    assert user_cache.keep("name", full) is None
    assert list((tmp_path / "wild_aieval").iterdir()) == []
