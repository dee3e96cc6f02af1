"""A new store begins as a copy of an empty one, which holds nothing of any user; MLflow is imported ahead of time."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.tracking import ahead
from wild_aieval.tracking import template as templates
from wild_aieval.tracking.opening import experiment_id, open_store


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "wild_aieval"


@pytest.fixture
def kept(template: Path, cache: Path) -> Path:
    """A template made of the store whose tables are made once."""
    templates.keep(template)
    (file,) = cache.iterdir()
    return file


def rows(file: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(file)) as store:
        return store.execute(statement).fetchall()


def tables(file: Path) -> list[Any]:
    return sorted(rows(file, "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))


def opened(file: Path) -> list[Any]:
    """Open a store that is not there yet; its experiments."""
    mlflow = open_store(f"sqlite:///{file}")
    experiment_id(mlflow, f"sqlite:///{file}", "exp")
    return rows(file, "SELECT experiment_id, name, artifact_location FROM experiments ORDER BY experiment_id")


def test_a_new_store_is_a_copy_with_the_same_tables(
    kept: Path, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    new = tmp_path / "stores" / "new.db"
    found = opened(new)
    assert "making the store" not in capsys.readouterr().err
    artifacts = (tmp_path / "stores" / "mlartifacts").as_uri()
    assert found == [(0, "Default", str(tmp_path / "mlruns" / "0")), (1, "exp", artifacts)]
    assert tables(new) == tables(template)
    assert stat.S_IMODE(new.stat().st_mode) & 0o600 == 0o600
    assert sorted(path.name for path in new.parent.iterdir()) == ["new.db", "new.db.lock"]


def test_the_template_holds_nothing_of_a_user_and_is_its_owners(kept: Path, template: Path) -> None:
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    names = [name for (name,) in rows(kept, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    filled = {name for name in names if rows(kept, f'SELECT count(*) FROM "{name}"') != [(0,)]}
    assert filled == {"alembic_version", "workspaces"}
    location = str(rows(template, "SELECT artifact_location FROM experiments")[0][0])
    assert location.encode() in template.read_bytes()
    assert location.encode() not in kept.read_bytes() and b"mlruns" not in kept.read_bytes()


def test_a_store_that_was_used_is_no_template(template: Path, cache: Path, tmp_path: Path) -> None:
    used = tmp_path / "used.db"
    used.write_bytes(template.read_bytes())
    with closing(sqlite3.connect(used)) as store:
        store.execute("INSERT INTO experiment_tags (key, value, experiment_id) VALUES ('note', 'secret', 0)")
        store.commit()
    templates.keep(used)
    assert not cache.exists() or not list(cache.iterdir())


@pytest.mark.parametrize("damage", ["cut", "other", "empty", "foreign", "filled"])
def test_a_damaged_template_is_not_used(
    kept: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = kept.read_bytes()
    if damage == "cut":
        kept.write_bytes(whole[: len(whole) // 2])
    elif damage == "other":
        kept.write_bytes(whole[:5000] + b"\xff" * 50_000 + whole[55_000:])
    elif damage == "empty":
        kept.write_bytes(b"")
    elif damage == "foreign":
        kept.unlink()
        with closing(sqlite3.connect(kept)) as store:
            store.execute("CREATE TABLE experiments (experiment_id INTEGER)")
    else:
        with closing(sqlite3.connect(kept)) as store:
            store.execute(
                "INSERT INTO experiments (experiment_id, name, workspace) VALUES (5, 'of another', 'default')"
            )
            store.commit()
    assert templates.lay(tmp_path / "new.db") is False
    assert not list(tmp_path.glob("*.db")) and not list(tmp_path.glob(".*"))


def test_a_template_that_mlflow_does_not_take_is_made_again(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(kept)) as store:
        store.execute("UPDATE alembic_version SET version_num = 'of another version'")
        store.commit()
    assert [name for _, name, _ in opened(tmp_path / "new.db")] == ["Default", "exp"]
    assert "making the store" in capsys.readouterr().err
    assert rows(kept, "SELECT version_num FROM alembic_version") != [("of another version",)]


def test_without_a_cache_mlflow_makes_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(opened(tmp_path / "new.db")) == 2
    assert "making the store" in capsys.readouterr().err


def test_mlflow_is_imported_in_a_thread_once_and_waited_for() -> None:
    code = """
import sys, threading
from wild_aieval.tracking import ahead
assert "mlflow" not in sys.modules
ahead.wait()
ahead.begin(None)
ahead.begin(None)
print(sum("MLflow" in thread.name for thread in threading.enumerate()))
ahead.wait()
print("mlflow.store.tracking.sqlalchemy_store" in sys.modules, threading.active_count())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "True", "1"]


def test_an_import_that_fails_is_told_when_mlflow_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_NEEDED", ("no_such_module_of_mlflow",))
    monkeypatch.setattr(ahead, "_OF_A_FILE", ())
    ahead.begin("sqlite:///x.db")
    ahead.wait()
    assert not any("MLflow" in thread.name for thread in threading.enumerate())
