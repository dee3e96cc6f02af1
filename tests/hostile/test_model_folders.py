"""Model folders of somebody else: no code of theirs runs, nothing is fetched, nothing outside is read as weights."""

from __future__ import annotations

import json
import pickle
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Document

Build = Callable[..., Any]
LABELS = ["A01B", "G06F", "H04L"]
DOCUMENTS = [Document("d", "", "a plough for soil")]
SECRET = "the-secret-of-another-file"


class Evil:
    """Makes the canary when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return open, (str(self.canary), "w")


def changed(folder: Path, file: str, **changes: Any) -> None:
    path = folder / file
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(content | changes), encoding="utf-8")


def refused(build: Build, folder: Path, kind: str = "transformers-classifier", **settings: Any) -> str:
    with pytest.raises(UserError) as error:
        build(kind, path=str(folder), **settings).classify(DOCUMENTS)
    return str(error.value)


@pytest.fixture
def folder(classifier_folder: Callable[..., Path], copied: Callable[[Path], Path]) -> Path:
    return copied(classifier_folder(LABELS))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pkl", "model.joblib", "model.npy"])
def test_weights_that_can_run_code_are_refused(build: Build, folder: Path, canary: Path, name: str) -> None:
    (folder / "model.safetensors").unlink()
    evil = np.array([Evil(canary)], dtype=object)
    (folder / name).write_bytes(pickle.dumps(Evil(canary)))
    if name.endswith("npy"):
        np.save(folder / name, evil, allow_pickle=True)
    assert "Other weight files can run code" in refused(build, folder)


def test_pickled_weights_beside_safe_ones_are_not_looked_at(build: Build, folder: Path, canary: Path) -> None:
    for name in ("pytorch_model.bin", "training_args.bin", "tokenizer.pkl", "vocab.npy", "optimizer.pt"):
        (folder / name).write_bytes(pickle.dumps(Evil(canary)))
    assert len(build("transformers-classifier", path=str(folder)).classify(DOCUMENTS)[0]) == len(LABELS)


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
@pytest.mark.parametrize("known", [True, False])
def test_code_that_a_folder_brings_is_not_run(build: Build, folder: Path, canary: Path, file: str, known: bool) -> None:
    code = f"open({str(canary)!r}, 'w')\nclass C: pass\n"
    for name in ("configuration_evil.py", "modeling_evil.py", "tokenization_evil.py", "__init__.py"):
        (folder / name).write_text(code, encoding="utf-8")
    names = {
        "AutoConfig": "configuration_evil.C",
        "AutoModelForSequenceClassification": "modeling_evil.C",
        "AutoTokenizer": ["tokenization_evil.C", "tokenization_evil.C"],
    }
    changed(folder, file, auto_map=names)
    if not known:
        changed(folder, "config.json", model_type="evil", architectures=["Evil"])
        changed(folder, "tokenizer_config.json", tokenizer_class="Evil")
        assert "cannot be loaded" in refused(build, folder)
        return
    assert len(build("transformers-classifier", path=str(folder)).classify(DOCUMENTS)[0]) == len(LABELS)


def test_trust_in_code_cannot_be_set(build: Build, folder: Path) -> None:
    said = refused(build, folder, trust_remote_code=True)
    assert "trust_remote_code" in said


@pytest.mark.parametrize(
    "name",
    [
        "../outside.safetensors",
        "/outside.safetensors",
        "sub/../../outside.safetensors",
        "pytorch_model.bin",
        "..\\x",
        "",
        7,
    ],
)
def test_an_index_names_safe_files_of_the_folder_only(
    build: Build, folder: Path, tmp_path: Path, canary: Path, name: Any
) -> None:
    from safetensors.numpy import load_file

    names = list(load_file(folder / "model.safetensors"))
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    (tmp_path / "outside.safetensors").write_bytes((folder / "model-00001-of-00002.safetensors").read_bytes())
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(canary)))
    name = str(tmp_path / "outside.safetensors") if name == "/outside.safetensors" else name
    (folder / "sub").mkdir()
    places = dict.fromkeys(names, "model-00001-of-00002.safetensors") | {names[0]: name}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    said = refused(build, folder)
    assert "model.safetensors.index.json" in said and "*.safetensors" in said


@pytest.mark.parametrize("content", ["[" * 100_000, "[]", '{"weight_map": []}', "{", '{"weight_map": {"a": {}}}'])
def test_an_index_that_is_none(build: Build, folder: Path, content: str) -> None:
    (folder / "model.safetensors.index.json").write_text(content, encoding="utf-8")
    assert "model.safetensors.index.json" in refused(build, folder)


def test_an_adapter_does_not_fetch_its_base(build: Build, folder: Path) -> None:
    changed(folder, "adapter_config.json", base_model_name_or_path="evil/elsewhere", peft_type="LORA")
    said = refused(build, folder)
    assert "adapter_config.json" in said and "merge" in said


@pytest.mark.parametrize("field", ["attn_implementation", "_attn_implementation", "experts_implementation"])
def test_a_kernel_from_the_hub_is_refused(build: Build, folder: Path, field: str) -> None:
    changed(folder, "config.json", **{field: "evil/kernel"})
    assert field in refused(build, folder)


HUGE = {
    "hidden": {"hidden_size": 10**9, "num_attention_heads": 1},
    "words": {"vocab_size": 10**11},
    "layers": {"num_hidden_layers": 10**8},
    "labels": {"num_labels": 10**7},
    "middle": {"intermediate_size": 10**10},
    "beyond": {"hidden_size": 10**400},
    "negative": {"hidden_size": -32},
    "text": {"hidden_size": "32; rm"},
    "endless": {"hidden_size": float("inf")},
}


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("changes", HUGE.values(), ids=HUGE)
def test_absurd_numbers_of_a_configuration(build: Build, folder: Path, changes: dict[str, Any]) -> None:
    changed(folder, "config.json", **changes)
    begun = time.perf_counter()
    assert str(folder) in refused(build, folder)
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("content", ["[" * 100_000, "{", "\x00", '"x"', "[1]", '{"a": ' + "9" * 5000 + "}"])
def test_damaged_files_of_a_folder(build: Build, folder: Path, file: str, content: str) -> None:
    (folder / file).write_text(content, encoding="utf-8")
    said = refused(build, folder)
    assert str(folder) in said


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"])
def test_a_link_to_another_file_shows_nothing_of_it(build: Build, folder: Path, tmp_path: Path, file: str) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n" * 3, encoding="utf-8")
    (folder / file).unlink()
    (folder / file).symlink_to(tmp_path / "secret")
    assert SECRET not in refused(build, folder)


@pytest.mark.parametrize("length", [0, 2**63, 2**40, 100_000_000, 3])
def test_a_header_of_weights_that_lies_about_its_length(build: Build, folder: Path, length: int) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(struct.pack("<Q", length) + file.read_bytes()[8:])
    assert "is damaged" in refused(build, folder)


def _header(**tensor: Any) -> bytes:
    text = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | tensor}).encode()
    return struct.pack("<Q", len(text)) + text + b"\0" * 4


@pytest.mark.parametrize(
    "content",
    [
        _header(data_offsets=[0, 2**40]),
        _header(shape=[2**62, 2**62]),
        _header(shape=[-1]),
        _header(data_offsets=[4, 0]),
        _header(dtype="OBJECT"),
    ],
    ids=["offsets", "shape", "negative", "backwards", "objects"],
)
def test_a_header_of_weights_that_lies_about_its_tensors(build: Build, folder: Path, content: bytes) -> None:
    (folder / "model.safetensors").write_bytes(content)
    assert "is damaged" in refused(build, folder)


@pytest.mark.usefixtures("little_memory")
def test_a_damaged_gguf_file(build: Build, tmp_path: Path) -> None:
    folder = tmp_path / "gguf"
    folder.mkdir()
    for content in (
        b"GGUF",
        b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60),
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**60),
        b"\x80\x04" + b"x" * 100,
        b"",
    ):
        (folder / "m.gguf").write_bytes(content)
        said = refused(
            build, folder, "transformers-chat", gguf_file="m.gguf", labels=["A01B"], classification={"user": "{text}"}
        )
        assert "m.gguf" in said


@pytest.mark.parametrize("name", ["../m.gguf", "/m.gguf", "a/../m.gguf"])
def test_a_gguf_file_lies_in_its_folder(build: Build, folder: Path, name: str) -> None:
    assert "gguf_file" in refused(
        build, folder, "transformers-chat", gguf_file=name, labels=["A01B"], classification={"user": "{text}"}
    )


ESCAPES = {
    "classes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals": "{{ cycler.__init__.__globals__.os.system('touch CANARY') }}",
    "globals of raise": "{{ raise_exception.__globals__.os.system('touch CANARY') }}",
    "lipsum": "{{ lipsum.__globals__['os'].popen('touch CANARY').read() }}",
    "attr": "{{ (''|attr('__class__')|attr('__mro__'))[1] }}",
    "format": "{{ '{0.__class__.__init__.__globals__}'.format(raise_exception) }}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import 'os' as os %}",
    "changes": "{{ messages.append({'role': 'user', 'content': 'x'}) }}",
    "broken": "{% for",
    "endless": "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}"
    "{% endfor %}{% endfor %}",
    "a range": "{% for a in range(10**12) %}{% endfor %}",
    "recursive": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
}


def told(chat_folder: Path, copied: Callable[[Path], Path], template: str) -> Path:
    folder = copied(chat_folder)
    for name in ("chat_template.jinja", "chat_template.json"):
        (folder / name).unlink(missing_ok=True)
    (folder / "chat_template.jinja").write_text(template + "{{ messages[0].content }}", encoding="utf-8")
    return folder


@pytest.mark.parametrize("template", ESCAPES.values(), ids=ESCAPES)
def test_a_chat_template_stays_in_its_sandbox(
    build: Build, chat_folder: Path, copied: Callable[[Path], Path], canary: Path, template: str
) -> None:
    folder = told(chat_folder, copied, template.replace("CANARY", str(canary)))
    begun = time.perf_counter()
    said = refused(build, folder, "transformers-chat", mode="parsed", classification={"user": "Classify: {text}"})
    assert "chat template" in said or "cannot be loaded" in said
    assert time.perf_counter() - begun < 30
