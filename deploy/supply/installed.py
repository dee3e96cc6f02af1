"""What is installed because of this project: the closure of its requirements, read from metadata."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "wild-aieval"
PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
RUNTIME_EXTRAS = ("ann", "gguf", "postgres", "server", "stemming", "xlsx")  # what make installs


def closure(extras: Iterable[str] = RUNTIME_EXTRAS) -> dict[str, metadata.Distribution]:
    """Distributions by normalised name, the project itself left out; what is not installed here is left out too."""
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(PROJECT, extra) for extra in ("", *extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        if name == PROJECT:
            wanted = _own(extra)
        else:
            try:
                found[name] = metadata.distribution(name)
            except metadata.PackageNotFoundError:
                continue
            wanted = found[name].requires or []
        for requirement in map(Requirement, wanted):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(requirement.name), more) for more in ("", *requirement.extras)]
    return dict(sorted(found.items()))


def _own(extra: str) -> list[str]:
    """What the project requires, from its source: the metadata of an editable installation may be older."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    wanted: list[str] = project["optional-dependencies"].get(extra, []) if extra else project["dependencies"]
    return wanted
