"""What hostile input is tried with; each case counts as one bad input."""

from __future__ import annotations

import importlib.util
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).resolve().parents[1]


def neighbour(name: str, path: str) -> ModuleType:
    """A module of another folder of tests."""
    spec = importlib.util.spec_from_file_location(name, TESTS / path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_models = neighbour("tiny_model_fixtures", "models/conftest.py")
build, classifier_folder, chat_folder = _models.build, _models.classifier_folder, _models.chat_folder


@pytest.fixture(autouse=True)
def counted(record_property: Callable[[str, object], None]) -> None:
    """Every test here tries one bad input; those that try more say so themselves."""
    record_property("bad inputs", 1)


@pytest.fixture
def little_memory() -> Iterator[None]:
    """At most 3 GiB more than now: a bomb that goes off is an error of the test, not of the machine."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = (
        int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if Path("/proc").is_dir() else 0
    )
    resource.setrlimit(resource.RLIMIT_AS, (used + (3 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    """A file that hostile code would make."""
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "hostile code ran"


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """A copy of a model's folder, to be changed."""

    def made(folder: Path, name: str = "model") -> Path:
        target = tmp_path / name
        target.mkdir()
        for file in folder.iterdir():
            (target / file.name).write_bytes(file.read_bytes())
        return target

    return made
