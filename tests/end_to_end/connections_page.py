"""The section on connections of docs/results.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wild_aieval.reports.headline import written

HEAD = """
Every kind of adapter, on real data, to see that each way works: not which tool is good. Tiny models made on the spot
score as poorly as they must, and mocks know nothing. Files of outputs and the program in shell have exactly the figures
of the adapter whose answers they give. Written by one command (some fifteen minutes on two cores; with a chat model
served by `transformers serve` on the same machine: `--chat http://127.0.0.1:8000/v1 MODEL`):

```bash
python tests/end_to_end/connections.py --work /tmp/connections --page docs/results.md
```

n: items scored, a seeded sample where the benchmark has more. s: seconds for an item while answers are given, without
training or indexing, on the machine that wrote this page, two cores shared with other work. `minilm-hnsw` finds the
vectors of `minilm-exact` in the cache.
"""
MEASURES = {
    "classification": ("section.first_guess.any", "subclass.first_guess.any"),
    "translation": ("chrf2pp", "bleu"),
    "search": ("recall_10", "recall_100"),
}


def render(ways: Sequence[Any], results: dict[str, dict[str, Any]]) -> str:
    """A table for each task."""
    parts = [HEAD]
    for task, measures in MEASURES.items():
        rows = [["run", "what it is", "benchmark", *measures, "n", "errors", "s"]]
        for way in ways:
            if results[way.name]["task"] == task:
                rows.append(_row(way, results[way.name], measures))
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.insert(1, "|" + "---|" * len(rows[0]))
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _row(way: Any, result: dict[str, Any], measures: Sequence[str]) -> list[str]:
    counts = result["counts"]
    cells = [written(name, result["measures"].get(name)) for name in measures]
    seconds = result["timing"]["seconds"] / counts["asked"]
    took = f"{seconds:.2g}" if seconds >= 0.001 else "< 0.001"
    benchmark = result["benchmark"].partition("/")[2]
    return [way.name, way.what, benchmark, *cells, str(counts["scored"]), str(counts["errors"]), took]
