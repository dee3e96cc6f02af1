"""The roll of candidates: every model file, its kind, and whether it can run here; weights are not loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wild_aieval.errors import UserError, nearest
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace
from wild_aieval.paths import conf_dir, runs_dir


def candidates(names: Iterable[str] = (), own: Path | None = None) -> list[dict[str, str]]:
    """Rows of model, kind, tasks, here ('yes' or why not) and summary; ``own``: a folder with model/NAME.yaml."""
    files = {path.stem: path for folder in filter(None, (conf_dir(), own)) for path in _files(folder)}
    wanted = list(names) or sorted(files)
    for name in wanted:
        if name not in files:
            raise UserError(f"there is no model '{name}'. {nearest(name, files)}")
    return [_row(name, files[name]) for name in wanted]


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "model").glob("*.yaml"))


def _row(name: str, file: Path) -> dict[str, str]:
    import yaml

    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    row = {"model": name, "kind": "", "tasks": "", "here": "yes", "summary": ""}
    try:
        if not isinstance(raw, Mapping):
            raise UserError(f"{file}: expected settings such as 'kind: …'.")
        kind = registry.kind_of(raw, name)
        row |= {"kind": str(raw["kind"]), "tasks": ", ".join(kind.tasks), "summary": kind.summary}
        _build(raw, name)
    except UserError as error:
        row["here"] = str(error)
    return row


def _build(raw: Mapping[str, Any], name: str) -> None:
    """Make the candidate and let it go again; a broken library is a reason too."""
    try:
        registry.build(registry.read_settings(raw, name), Workplace(0, runs_dir() / "cache"))
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{type(error).__name__}: {error}") from error
