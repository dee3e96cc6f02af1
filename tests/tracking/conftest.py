"""Stores of MLflow whose tables are made once; the run folders are those of the reports' tests."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

_FILE = Path(__file__).parent.parent / "reports" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("run_folders_of_the_report_tests", _FILE)
assert _SPEC is not None and _SPEC.loader is not None
_FOLDERS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_FOLDERS)
make, make_several = _FOLDERS.make, _FOLDERS.make_several


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose tables are made once, since that takes seconds."""
    from wild_aieval.tracking.opening import open_store

    file = tmp_path_factory.mktemp("template") / "mlflow.db"
    open_store(f"sqlite:///{file}")
    return file


@pytest.fixture
def uri(template: Path, tmp_path: Path) -> str:
    """A fresh store of one test."""
    shutil.copyfile(template, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path / 'mlflow.db'}"
