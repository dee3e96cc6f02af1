"""docs/results.md from the results of ``real_data.py``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wild_aieval.metrics.headline import headline
from wild_aieval.reports.headline import written

FLOORS = {"majority", "random-ranking"}
HEAD = """# Results on real patent data

Figures of the candidates that come with the harness on real patents. They describe these baselines on these samples and
nothing else. The page is written by one command (about ten minutes on two cores):

```bash
python tests/end_to_end/real_data.py --work /tmp/real --page docs/results.md
```

The last section has a command of its own.

| benchmark | what it is | origin and terms |
|---|---|---|
| `classification/us-grants` | random US grants with IPC symbols, abstracts only; trained on 2006 to 2010, tested on 2011 and 2012; the main symbol is not known, so any assigned symbol counts | github.com/datasciencecampus/pygrams (OGL v3), USPTO text |
| `classification/us-grants-2012-…` | the same, trained to 2011, tested on 2012, each level learnt for itself, to compare with independent figures | the same |
| `translation/ipc-titles-en-es` | titles of IPC entries, EN and ES | WIPO IPC 2023 |
| `translation/ep-claims-en-de` | claims of granted EP patents, human translations, resampled by patent | go-epo-eps (Apache-2.0), EPO text |
| `search/us-citations` | US patents and their front-page citations; cited before citing, own family out; most cited documents lie outside the collection | Google Patents Public Data rows |

The data lie outside the repository (`--data FOLDER`) and are not part of it. 95 % intervals in brackets; counts are
asked / answered / errors / scored.
"""


def render(results: Sequence[dict[str, Any]], comparisons: Sequence[dict[str, Any]], references: Sequence[Any]) -> str:
    """The whole page."""
    benchmarks = list(dict.fromkeys(result["benchmark"] for result in results))
    tables = [_table(name, [result for result in results if result["benchmark"] == name]) for name in benchmarks]
    return HEAD + _answers(comparisons) + "\n".join(tables) + _agreement(results, references)


def _answers(comparisons: Sequence[dict[str, Any]]) -> str:
    """The sentences of ``compare``, without the floors, which everything beats."""
    lines = [
        "\n## Which is better\n",
        "What `python -m wild_aieval compare` says of these runs; floors are left out.\n",
    ]
    for group in comparisons:
        lines.append(f"- **{group['sentence']}**")
        lines += [f"  - {pair['sentence']}" for pair in group["pairs"] if not FLOORS & {pair["one"], pair["other"]}]
    return "\n".join(lines) + "\n"


def _table(benchmark: str, results: list[dict[str, Any]]) -> str:
    names = headline(results[0]["task"], results[0]["measures"])
    names += [
        name
        for name in ("section.first_guess.any", "class.first_guess.any", "map_100", "ter")
        if name in results[0]["measures"]
    ]
    rows = [["model", *names, "counts", "flagged"]]
    for result in results:
        counts = result["counts"]
        cells = [written(name, result["measures"].get(name)) for name in names]
        shown = " / ".join(str(counts[key]) for key in ("asked", "answered", "errors", "scored"))
        rows.append([result["model"], *cells, shown, f"{100 * result['flags']['flagged'] / counts['asked']:.0f} %"])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return f"\n## {benchmark}\n\n" + "\n".join(lines) + "\n"


def _agreement(results: Sequence[dict[str, Any]], references: Sequence[Any]) -> str:
    found = {(result["benchmark"], result["model"]): result["measures"] for result in results}
    lines = [
        "\n## Against independent figures\n",
        "Measured on the same data with other programs before this project. There TF-IDF was tested on 2012 and 2013 (n =",
        "1,748), of which this collection holds 2012 (n = 860).\n",
        "| benchmark | model | measure | reference | here | allowed difference |",
        "|---|---|---|---|---|---|",
    ]
    for reference in references:
        measure = found.get((reference.benchmark, reference.model), {}).get(reference.measure)
        here = written(reference.measure, measure)
        cells = (
            reference.benchmark,
            reference.model,
            reference.measure,
            f"{reference.value}",
            here,
            f"{reference.tolerance}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
