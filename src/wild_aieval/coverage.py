"""Which certificate covers which item of a run: what a run that is certified and one that uses it have to name."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.items import Failure
from wild_aieval.oversight.policy import RULES, Policy
from wild_aieval.oversight.risk import gate as gates
from wild_aieval.oversight.risk.gate import Bearer, Gate, Verdict
from wild_aieval.oversight.risk.splits import one_per_unit, units_of
from wild_aieval.runspec import digest
from wild_aieval.standards import ipc
from wild_aieval.tasks.base import Item, Task

NOT_GATED = Verdict({})
# What is known of an item before anybody has labelled it; the section is that of the first suggestion.
KINDS = ("office", "language", "section", "year")


def bearer(task: Task, benchmark: Benchmark, identity: Mapping[str, Any], day: datetime.date) -> Bearer:
    """The run as certificates name it; the candidate with what else it saw: training part, corpus, depth."""
    manifest = benchmark.manifest
    facts = {
        "task": task.name,
        "name": benchmark.name,
        "scheme": manifest.scheme,
        "edition": manifest.edition,
        "level": manifest.label_level if task.name == "classification" else None,
    }
    return Bearer(digest(["candidate", identity, task.context(benchmark)]), facts, hard_rules(task.name), day)


def hard_rules(task: str) -> tuple[str, ...]:
    """Codes of the reasons that call whatever the score, and say something of the answer."""
    return tuple(
        code
        for code, rule in RULES.items()
        if rule.kind == "hard" and task in rule.tasks and code not in gates.NO_RULES
    )


def groups(task: str, item: Item, output: Any | Failure) -> dict[str, str]:
    """Kind of group to the item's value, '' where it has none; no label is looked at."""
    return {
        "office": str(item.row.get("office") or ""),
        "language": str(item.row.get("language") or ""),
        "section": _suggested_section(task, output),
        "year": str(item.row.get("date") or "")[:4],
    }


def own_score(task: str, output: Any | Failure) -> float | None:
    """The candidate's score of its answer, as the reason LOW_SCORE sees it; None where it gives none."""
    if isinstance(output, Failure) or not output or task == "search":
        return None
    score = output[0][1] if task == "classification" else output["score"]
    return None if score is None else float(score)


def units(items: Iterable[Item]) -> tuple[str, ...]:
    """What may be exchanged for one another: families, with the clusters that the benchmark declares, else items."""
    ids, families, clusters = [], [], []
    for item in items:
        ids.append(item.id)
        families.append(str(item.row.get("family") or ""))
        clusters.append(str(item.row.get("cluster") or ""))
    return units_of(ids, families, clusters)


def certificates(policy: Policy) -> list[dict[str, Any]]:
    """The certificates that a policy names; UserError where they cannot be read, none without a file."""
    return [] if policy.certificate is None else gates.read(Path(policy.certificate))


def gate(
    policy: Policy, who: Bearer, task: str, items: Sequence[Item], outputs: Iterable[Any | Failure]
) -> Gate | None:
    """The certificates in force for a batch, held against its scores; None where the policy asks for none."""
    if not policy.certified:
        return None
    found = Gate(certificates(policy), who, policy.assumed_labels)
    chosen = one_per_unit([item.id for item in items], units(items))
    scores, kinds = [], []
    for item, output, one in zip(items, outputs, chosen, strict=True):
        if one:
            scores.append(own_score(task, output))
            kinds.append(groups(task, item, output))
    found.look(scores, kinds, policy.shift_level)
    return found


def verdict(found: Gate | None, task: str, item: Item, output: Any | Failure) -> Verdict:
    """What the certificates say of one item."""
    return NOT_GATED if found is None else found.verdict(groups(task, item, output), own_score(task, output))


def day_of(context: Mapping[str, Any]) -> datetime.date:
    """The day of a run, from the facts that its RunSpec keeps."""
    return datetime.datetime.fromisoformat(str(context["created"])).date()


def _suggested_section(task: str, output: Any | Failure) -> str:
    if task != "classification" or isinstance(output, Failure) or not output:
        return ""
    symbol = ipc.parse_symbol(str(output[0][0]))
    return (ipc.truncate(symbol, "section") or "") if symbol else ""
