"""Started again in the same folder: what changed is asked again, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TEXTS = ["a plough for soil", "an eye test device", "a memory cache", "a battery"]
ROWS = [{"id": f"d{number}", "text": text, "main": "A01B"} for number, text in enumerate(TEXTS)]


def test_an_edited_item_is_asked_again_and_only_that_one(place: Any) -> None:
    place.classification(ROWS)
    place.run(place.tricky())
    assert place.asked() == ["d0", "d1", "d2", "d3"]
    place.classification([ROWS[0], {**ROWS[1], "text": "an ear test device"}, *ROWS[2:]])
    summary, folder = place.run(place.tricky())
    assert place.asked() == ["d1"]
    assert summary["results"][0]["counts"]["answered"] == 4
    assert len(folder.read_table("predictions")) == 4
    place.run(place.tricky())
    assert place.asked() == []


def test_a_new_setting_a_new_seed_and_a_new_version_ask_again(place: Any) -> None:
    place.classification(ROWS)
    place.run(place.tricky())
    place.asked()
    for again in ({"weight": 1}, {"seconds": 0.01}):
        place.run(place.tricky(**again))
        assert len(place.asked()) == (4 if "weight" in again else 0)
    place.run(place.tricky(), seed=1)
    assert len(place.asked()) == 4
    place.classification(ROWS, version="1.0.1")
    place.run(place.tricky())
    assert len(place.asked()) == 4


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A static model of five tokens."""
    import numpy as np
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    folder = tmp_path / "static"
    folder.mkdir()
    words = ["[UNK]", "plough", "eye", "memory", "battery"]
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({"embeddings": np.eye(5, dtype=np.float32)}, folder / "model.safetensors")
    (folder / "config.json").write_text('{"normalize": true}')
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("way", ["the same command", "resume"])
def test_one_byte_of_a_model_file_changed_in_place_asks_for_every_item_again(
    place: Any, static: Path, way: str, record_property: Callable[[str, Any], None]
) -> None:
    train = [{**row, "id": f"t{row['id']}", "main": main} for row, main in zip(ROWS, ["A01B", "A61B"] * 2, strict=True)]
    place.classification(ROWS, train)
    folder = place.root / "run"
    raw = {"name": "static", "kind": "embedding", "path": str(static), "head": "neighbours", "neighbours": 1}
    own = place.model_file("static-here", raw | {"name": "static-here"})
    command = ["--config-dir", own, "model=static-here", "benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]"]
    command += [f"hydra.run.dir={folder}", "tracking=none"]
    again = command if way == "the same command" else ["resume", str(folder)]

    def journalled() -> int:
        return len([line for line in (folder / "journal.jsonl").read_text().splitlines() if '"key"' in line])

    assert place.cli(*command).returncode == 0
    first = journalled()
    assert place.cli(*again).returncode == 0
    assert journalled() == first, "nothing changed, nothing is asked"
    weights = bytearray((static / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (static / "model.safetensors").write_bytes(weights)
    done = place.cli(*again)
    assert done.returncode == 0, done.stderr
    assert journalled() == first + len(ROWS)
    record_property("items asked again for one byte", len(ROWS))
