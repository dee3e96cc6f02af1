"""The card of a benchmark: the README.md that lies beside its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.benchmarks.hub_header import hub_header as hub_header
from wild_aieval.benchmarks.hub_header import with_header as with_header
from wild_aieval.benchmarks.manifest_types import UNKNOWN as UNKNOWN

_FACTS = {
    "version": "Version",
    "supersedes": "Supersedes version",
    "languages": "Languages",
    "source_language": "From",
    "target_language": "Into",
    "scheme": "Scheme",
    "edition": "Edition of the scheme",
    "label_level": "Level of the labels",
    "label_origin": "Origin of the labels (ST.8)",
    "clusters_are": "A cluster is",
    "licence": "Licence",
    "terms_of_use": "Terms of use",
    "use": "Use",
    "contributor": "Contributor",
    "created": "Created",
    "collected": "Collected",
    "published": "Published",
    "retention": "To be kept until",
    "synthetic": "Synthetic",
    "confidentiality": "Confidentiality",
}


def card(fields: Mapping[str, Any], counts: Mapping[str, int], notes: Sequence[str]) -> str:
    """Markdown from the fields of the manifest, the rows of each part and what a reader has to know."""
    facts = [f"| {label} | {_shown(fields[name])} |" for name, label in _FACTS.items() if name in fields]
    rows = [f"| {part} | {count:,} |" for part, count in counts.items()]
    blocks = [
        f"# {fields['title']}",
        fields["description"],
        "\n".join(["| | |", "|---|---|", *facts]),
        "## Rows\n\n" + "\n".join(["| part | rows |", "|---|---|", *rows]),
        f"## How it was made\n\n{fields['creation']}",
        "## What to know\n\n" + "\n".join(f"- {note}" for note in notes) if notes else "",
        _open_questions(fields),
        f"## Run it\n\n```\n{run_command(fields['task'], fields['name'], 'FOLDER')}\n```",
        f"`FOLDER` is the folder that holds `{fields['task']}/{fields['name']}`.",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def run_command(task: str, name: str, root: str) -> str:
    """The command that measures a model on the benchmark."""
    return f"python -m wild_aieval model=… benchmark={task}/{name} 'benchmark_roots=[{root}]'"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _open_questions(fields: Mapping[str, Any]) -> str:
    missing = [name for name in ("licence", "contributor") if fields[name] == UNKNOWN]
    if not missing:
        return ""
    lines = [f"- `{name}` is '{UNKNOWN}': fill it in, in `benchmark.yaml` and here." for name in missing]
    return "## Before you share it\n\n" + "\n".join(lines)
