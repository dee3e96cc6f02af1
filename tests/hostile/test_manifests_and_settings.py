"""Manifests and settings of somebody else are data: they build nothing, ask for nothing and do not grow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.benchmarks.manifest import read_manifest
from wild_aieval.cli import main
from wild_aieval.errors import UserError

GOOD: dict[str, Any] = {
    "name": "tiny",
    "task": "classification",
    "version": "1.0.0",
    "title": "t",
    "description": "d",
    "languages": ["en"],
    "licence": "CC0-1.0",
    "creation": "by hand",
    "contributor": "the tests",
    "created": "2024-05-01",
    "scheme": "IPC",
    "edition": "2023.01",
    "data": {"format": "jsonl", "files": {"test": "test.jsonl"}},
}
LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 25))
BAD: dict[str, tuple[str, str]] = {
    "an object of Python": ("x: !!python/object/apply:os.system ['touch CANARY']", "not valid YAML"),
    "a name of Python": ("x: !!python/name:os.system", "not valid YAML"),
    "a tag of its own": ("x: !evil y", "not valid YAML"),
    "laughs": (LAUGHS, "stands for more than 200,000 values"),
    "laughs in a text": (LAUGHS + "homepage: *a11", "stands for more than 200,000 values"),
    "merged keys": (MERGES, "stands for more than 200,000 values"),
    "an alias within itself": ("homepage: &x [*x]", "names what it stands in"),
    "a list as a key": ("? [a, b]\n: 1", "a key is no plain text"),
    "a mapping as a key": ("? {a: b}\n: 1", "a key is no plain text"),
    "a key twice": ("version: 9.9.9", "'version' stands twice"),
    "nested lists": ("x: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    "nested mappings": ("x: " + "{a: " * 5000 + "}" * 5000, "nested too deeply"),
    "never closed": ("x: " + "[" * 5000, "nested too deeply"),
    "a huge number": ("depth: " + "9" * 5000, "Exceeds the limit"),
    "a huge number in sixties": ("depth: 1" + ":59" * 3000, "a number beyond all bounds"),
    "a day that is none": ("retention: 2020-99-99", "2020-99-99"),
    "a zero byte": ("x: \0", "not valid YAML"),
    "a million values": ("x: [" + "a," * 300_000 + "]", "stands for more than 200,000 values"),
    "a target": ("_target_: os.system", "unknown field '_target_'"),
    "an escape code": ('"\\e]0;owned\\a": 1', "unknown field '\\x1b]0;owned\\x07'"),
    "a text of variables": ("homepage: ['${oc.env:SECRET_OF_TESTS}']", "${oc.env:SECRET_OF_TESTS}"),
}


def read(tmp_path: Path, content: bytes) -> Any:
    path = tmp_path / "benchmark.yaml"
    path.write_bytes(content)
    return read_manifest(path)


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(("more", "words"), BAD.values(), ids=BAD)
def test_a_manifest_is_data(
    tmp_path: Path, canary: Path, monkeypatch: pytest.MonkeyPatch, more: str, words: str
) -> None:
    monkeypatch.setenv("SECRET_OF_TESTS", "never-shown")
    begun = time.perf_counter()
    with pytest.raises(UserError) as error:
        read(tmp_path, (yaml.safe_dump(GOOD) + more.replace("CANARY", str(canary))).encode())
    assert words in str(error.value) and "benchmark.yaml" in str(error.value)
    assert "never-shown" not in str(error.value) and len(str(error.value)) < 3000
    assert time.perf_counter() - begun < 10


def test_a_hundred_megabytes_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.yaml"
    with path.open("wb") as stream:
        stream.write(yaml.safe_dump(GOOD).encode())
        stream.truncate(100 << 20)
    begun = time.perf_counter()
    with pytest.raises(UserError, match="at most 4,194,304 are read"):
        read_manifest(path)
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UserError, match=r"benchmark\.yaml"):
        read(tmp_path, (yaml.safe_dump(GOOD) + "homepage: é").encode(encoding))


@pytest.mark.parametrize(
    "name",
    ["../x.jsonl", "/etc/passwd", "a/../../x", "C:\\x", "..\\x", "http://host/x", "file:///etc/passwd", "\0", ""],
)
def test_data_lies_in_its_folder(place: Any, name: str) -> None:
    (place.root / "x.jsonl").write_text('{"id": "1", "text": "t", "main": "A01B"}\n', encoding="utf-8")
    folder = place.classification([{"id": "1", "text": "t", "main": "A01B"}])
    content = yaml.safe_load((folder / "benchmark.yaml").read_text(encoding="utf-8"))
    content["data"]["files"]["test"] = name
    (folder / "benchmark.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(UserError, match=r"data\.files|control character|there is no such file|folder"):
        place.open(folder)


OWN: dict[str, tuple[str, str]] = {
    "laughs": (LAUGHS, "stands for more than 200,000 values"),
    "merged keys": (MERGES, "stands for more than 200,000 values"),
    "nested": ("x: " + "[" * 3000, "nested too deeply"),
    "an object of Python": ("x: !!python/object/apply:os.system ['touch CANARY']", "not valid YAML"),
    "a zero byte": ("x: \0", "not valid YAML"),
    "a secret of the environment": ("provider: ${oc.env:SECRET_OF_TESTS}", "'${oc.env:…}' is refused"),
    "decoded": ("provider: ${oc.decode:x}", "'${oc.decode:…}' is refused"),
    "hidden in another": ("provider: '${ oc.env:SECRET_OF_TESTS,${name}}'", "'${oc.env:…}' is refused"),
    "a target deep inside": ("x: {y: [{_target_: os.system}]}", "'_target_' is refused"),
}


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(("more", "words"), OWN.values(), ids=OWN)
def test_own_files_are_data(
    tmp_path: Path,
    canary: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    more: str,
    words: str,
) -> None:
    monkeypatch.setenv("SECRET_OF_TESTS", "never-shown")
    file = tmp_path / "own" / "model" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("name: mine\nkind: majority\n" + more.replace("CANARY", str(canary)), encoding="utf-8")
    assert main(["--config-dir", str(tmp_path / "own"), "model=mine", "tracking=none"]) == 1
    said = capsys.readouterr().err
    assert words in said and str(file) in said and "never-shown" not in said and "unexpected" not in said
