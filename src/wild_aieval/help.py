"""The help text, made from file names alone so that it comes at once."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

from wild_aieval.paths import conf_dir, starter_benchmarks

COMMANDS = {
    "benchmark": "list, start, import, check and describe benchmarks",
    "models": "list the candidates that can be chosen",
    "doctor": "say what this machine can run, and what is missing",
    "resume": "continue an interrupted run",
    "runs": "list, remove, archive and restore runs; what is cached",
    "rescore": "score and flag again from the journal, without asking the candidate",
    "log": "log a finished run into MLflow, later or elsewhere",
    "compare": "say which of several finished runs is better",
    "results": "exchange results with other offices in signed files; the board of the group",
    "certify": "say at which score errors among unflagged answers are bounded, with a certificate",
    "review": "have examiners look at what was flagged; keep and check what they say",
}

_TEXT = """\
wild-aieval: evaluate AI tools for patent classification, translation and prior-art search.
What a tool gives is a suggestion; experts decide.

Run a candidate
  python -m wild_aieval model=tfidf                        every benchmark that fits the model
  python -m wild_aieval model=minilm benchmark='search/*'  some of them
  python -m wild_aieval -m model=tfidf,minilm              several candidates, one table at the end

Companions
{commands}

Settings (name=value)
  model={models}
  oversight={oversight}   tracking={tracking}   inference={inference}   cost={cost}
  benchmark=NAME | [A,B] | 'GLOB'   here: {benchmarks}
        and public sets: python -m wild_aieval benchmark list
  benchmark_roots=[FOLDER,...]      further folders that hold <task>/<name>/benchmark.yaml
  limit=N          ask only N items of each benchmark      seed=N
  max_error_rate=R exit code 2 above this share of errors  skip_unavailable=true
  tracking.uri=URI MLflow store or server                  hydra.run.dir=FOLDER  the run folder
  debug=true       tracebacks
  log.level=info   what the run does, on standard error     log.format=json  log.file=PATH

  model.KEY=VALUE changes a setting of the model; python -m wild_aieval model=NAME --cfg job shows them all.
  Your own model files: --config-dir FOLDER (with FOLDER/model/NAME.yaml), then model=NAME.
  Completion for bash: eval "$(wild-aieval -sc install=bash)"

Exit codes: 0 done, 1 wrong input or configuration, 2 too many items in error, 130 interrupted (resumable)."""


def help_text() -> str:
    """The text of ``--help``."""
    groups = {group: options(group) for group in ("model", "oversight", "tracking", "inference", "cost")}
    models = textwrap.fill(" | ".join(groups.pop("model")), 100, subsequent_indent="        ", break_on_hyphens=False)
    commands = "\n".join(f"  python -m wild_aieval {name:<10} {line}" for name, line in COMMANDS.items())
    lines = {group: " | ".join(names) for group, names in groups.items()}
    return _TEXT.format(commands=commands, models=models, benchmarks=_benchmarks(), **lines)


def options(group: str) -> list[str]:
    """The names that a config group offers."""
    folder = conf_dir() / group
    return sorted(name.removesuffix(".yaml") for name in os.listdir(folder) if name.endswith(".yaml"))


def _files(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() else []


def _benchmarks() -> str:
    """Those whose data lies beside the manifest; public sets without data are told by 'benchmark list'."""
    root = starter_benchmarks()
    found = [
        f"{task}/{name}" for task in os.listdir(root) if (root / task).is_dir() for name in os.listdir(root / task)
    ]
    with_data = (".jsonl", ".tsv", ".csv", ".parquet")
    shown = sorted(name for name in found if any(file.endswith(with_data) for file in _files(root / name)))
    return textwrap.fill(", ".join(shown), 76, subsequent_indent="        ", break_on_hyphens=False)
