"""The pages' own tools under docs/tools, and the shell that types what pages say."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def _module(file: Path) -> ModuleType:
    """A module by its file; one of the same name is taken once, so that its classes are the same for all."""
    if file.stem not in sys.modules:
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec and spec.loader
        sys.modules[file.stem] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[file.stem])
    return sys.modules[file.stem]


@pytest.fixture(scope="session")
def docs() -> Path:
    """The folder of the pages."""
    return DOCS


@pytest.fixture(scope="session")
def blocks() -> Any:
    """Steps of a page and what it shows."""
    return _module(DOCS / "tools" / "blocks.py")


@pytest.fixture(scope="session")
def notebook() -> Any:
    """The maker of the notebook."""
    return _module(DOCS / "tools" / "notebook.py")


@pytest.fixture(scope="session")
def session() -> Any:
    """The shell."""
    return _module(Path(__file__).with_name("session.py"))
