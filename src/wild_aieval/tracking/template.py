"""An empty store of MLflow with all its tables, kept in the user's cache, because making them takes seconds.

A new store begins as its copy. It holds the tables of one version of MLflow and nothing of any user: no experiment (the
default one names a folder, and MLflow makes it where the store lies), no run. Whatever is odd about it, MLflow makes
its tables itself.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, suppress
from importlib import metadata
from pathlib import Path

from wild_aieval import user_cache

_KEPT = "mlflow-store-"
_FILLED_BY_ITSELF = ("alembic_version", "workspaces")  # versions of the tables; a name for what belongs to no workspace
_EXPERIMENTS = "experiments"


def lay(file: Path) -> bool:
    """Copy the template to the place of a store that is not there yet; False where there is none that can be used."""
    place = user_cache.folder()
    template = None if place is None else place / _name()
    if template is None or not template.is_file() or file.exists():
        return False
    partial = file.with_name(f".{file.name}.part")
    try:
        shutil.copyfile(template, partial)
        if not _empty(partial):
            return False
        partial.rename(file)
    except (OSError, sqlite3.Error):
        return False
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return True


def keep(file: Path) -> None:
    """Make the template of a store that MLflow has just made; nothing where that cannot be."""
    if not _unused(file):
        return

    def write(path: Path) -> None:
        try:
            with closing(sqlite3.connect(file)) as store, closing(sqlite3.connect(path)) as copy:
                store.backup(copy)
                copy.execute(f"DELETE FROM {_EXPERIMENTS}")  # noqa: S608  the name is our own
                copy.commit()
                copy.execute("VACUUM")  # what was deleted leaves the file
            if not _empty(path):
                raise OSError("something was written meanwhile")
        except sqlite3.Error as error:
            raise OSError(str(error)) from error

    if user_cache.keep(_name(), write):
        user_cache.drop_others(_KEPT, _name())


def drop(file: Path) -> None:
    """Remove it: a store that began as its copy could not be opened. The store stays, empty: MLflow has it open."""
    place = user_cache.folder()
    if place is not None:
        with suppress(OSError):
            (place / _name()).unlink(missing_ok=True)
    with closing(sqlite3.connect(":memory:")) as nothing, closing(sqlite3.connect(file)) as store:
        nothing.backup(store)


def _name() -> str:
    return f"{_KEPT}{re.sub(r'[^0-9A-Za-z.]', '-', metadata.version('mlflow'))}.db"


def _unused(file: Path) -> bool:
    """Whether a store holds nothing but the experiment that MLflow makes by itself."""
    try:
        found = _rows(file)
    except sqlite3.Error:
        return False
    return found.pop(_EXPERIMENTS, 0) == 1 and not found


def _empty(file: Path) -> bool:
    try:
        return not _rows(file)
    except sqlite3.Error:
        return False


def _rows(file: Path) -> dict[str, int]:
    """Tables that have rows and how many, without those that always have some; sqlite3.Error for a damaged file."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as store:
        if store.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise sqlite3.DatabaseError("damaged")
        names = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if not {*_FILLED_BY_ITSELF[:1], _EXPERIMENTS} <= set(names):
            raise sqlite3.DatabaseError("not a store")
        counted = {name: store.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
        versions = store.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(versions) != 1 or counted.get("workspaces", 0) > 1:
        raise sqlite3.DatabaseError("not a fresh store")
    return {name: rows for name, rows in counted.items() if rows and name not in _FILLED_BY_ITSELF}
