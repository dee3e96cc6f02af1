"""What the scripts of this folder share: where the real data are, how they are imported, how the harness is called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("WILD_AIEVAL_REAL_DATA", str(REPOSITORY.parent / "shared" / "data")))
CONNECTIONS = "\n## Each way to connect a tool\n"  # opens the last section of docs/results.md

US_COLUMNS = ["--column", "text=abstract", "--column", "symbols=codes", "--column", "date=publication_date"]
US_GRANTS = [
    "classification/us_grants_ipc_2006_2012.jsonl", "--task", "classification", *US_COLUMNS, "--skip-bad",
]  # fmt: skip
CLAIM_COLUMNS = ["--column", "source=en", "--column", "target=de", "--column", "cluster=doc"]
TITLE_COLUMNS = ["--column", "id=symbol", "--column", "source=en", "--column", "target=es"]

IMPORTS = {
    "us-grants": [*US_GRANTS, "--train-until", "2010-12-31"],
    **{
        f"us-grants-2012-{level}": [*US_GRANTS, "--train-until", "2011-12-31", "--level", level]
        for level in ("section", "class", "subclass")
    },
    "ipc-titles-en-es": [
        "translation/ipc_titles_en_es.jsonl", "--task", "translation", *TITLE_COLUMNS,
        "--source-language", "en", "--target-language", "es",
    ],
    "ep-claims-en-de": [
        "translation/ep_claims_en_de_fr.jsonl", "--task", "translation", *CLAIM_COLUMNS,
        "--source-language", "en", "--target-language", "de",
    ],
    "us-citations": ["search/us_citations", "--task", "search", "--format", "beir"],
}  # fmt: skip


def bring_in(data: Path, work: Path, names: Sequence[str] = tuple(IMPORTS)) -> Path:
    """Import benchmarks anew; returns the folder that holds them."""
    root = work / "benchmarks"
    for name in names:
        source, *options = IMPORTS[name]
        shutil.rmtree(root / options[1] / name, ignore_errors=True)
        call(
            work, "benchmark", "import", str(data / source), "--confidentiality", "open", "--name", name,
            "--to", str(root), *options,
        )  # fmt: skip
    return root


def call(work: Path, *arguments: str, allowed: Sequence[int] = (0,)) -> str:
    """One command of the harness in ``work``; returns what it wrote to standard error."""
    paths = os.pathsep.join([str(REPOSITORY / "src"), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"WILD_AIEVAL_RUNS": str(work / "runs"), "PYTHONPATH": paths}
    environment.pop("OMP_NUM_THREADS", None)  # the candidates may use every core
    print("$ python -m wild_aieval", *arguments, flush=True)
    command = [sys.executable, "-m", "wild_aieval", *arguments]
    done = subprocess.run(command, env=environment, cwd=work, stderr=subprocess.PIPE, text=True, check=False)
    sys.stderr.write(done.stderr)
    if done.returncode not in allowed:
        raise SystemExit(f"exit code {done.returncode}: {' '.join(command)}\n{done.stderr[-2000:]}")
    return done.stderr


def without_connections(page: str) -> tuple[str, str]:
    """A page before its section of connections, and that section ('' where there is none)."""
    start = page.find(CONNECTIONS)
    return (page, "") if start < 0 else (page[:start], page[start:])
