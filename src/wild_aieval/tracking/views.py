"""The experiment's front page and saved views, so that a newcomer sees names and figures at once.

Saved views are experiment tags in a format of the UI that is not documented: a nicety, nothing hangs on it.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from typing import Any

from wild_aieval.metrics.headline import headline
from wild_aieval.reports.results import Result
from wild_aieval.tracking.content import SHOWN

COMPARE, BY_BENCHMARK = "wae-compare", "wae-by-benchmark"
NOTE, KIND, MODEL_TRAINING = "mlflow.note.content", "mlflow.experimentKind", "custom_model_development"
_TAG = "mlflow.sharedViewState."
_PREFIX = f"tags.`{SHOWN}"
_LAST = [*(f"metrics.`{name}`" for name in ("counts.scored", "counts.errors", "review.flag_rate", "seconds"))]
_SELECT, _NAME, _CREATED, _DURATION = "0", "attributes.`Run Name`", "runDateAndNestInfo", "duration"
_WIDE = {_SELECT: 73, _NAME: 250, _CREATED: 150}
_MAIN, _OTHERS = "wae-headline", "wae-others"
_WHAT = {
    "classification": "classification of applications",
    "translation": "translation of patent text",
    "search": "search for prior art",
}


def prepare(mlflow: Any, experiment: str, results: Sequence[Result]) -> None:
    """Write description and views where they differ from what is there; measures of earlier runs stay."""
    client = mlflow.MlflowClient()
    there = dict(client.get_experiment(experiment).tags)
    before = {name: there.get(_TAG + name) for name in (COMPARE, BY_BENCHMARK)}
    names = measures_of(before[COMPARE], results)
    wanted = {
        NOTE: note(experiment, str(results[0].entry["task"])),
        KIND: MODEL_TRAINING,
        _TAG + COMPARE: view("Compare candidates", names, grouped=False, before=before[COMPARE]),
        _TAG + BY_BENCHMARK: view("By benchmark", names, grouped=True, before=before[BY_BENCHMARK]),
    }
    for name, text in wanted.items():
        if there.get(name) != text:
            tag(mlflow, experiment, name, text)


def tag(mlflow: Any, experiment: str, name: str, text: str) -> None:
    """Set a tag of an experiment, once more where another process wrote the same one for the first time just now."""
    client = mlflow.MlflowClient()
    try:
        client.set_experiment_tag(experiment, name, text)
    except mlflow.exceptions.MlflowException:
        client.set_experiment_tag(experiment, name, text)


def measures_of(before: str | None, results: Sequence[Result]) -> list[str]:
    """Headline measures of the view so far and of these results, in a stable order, the sharpest level first."""
    known = [column[len(_PREFIX) : -1] for column in decode(before)["selectedColumns"] if column.startswith(_PREFIX)]
    new = [name for result in results for name in headline(result.entry["task"], result.entry["measures"])]
    return list(dict.fromkeys([*known, *new]))


def view(name: str, measures: Sequence[str], *, grouped: bool, before: str | None) -> str:
    """The tag's text of a saved view; that of ``before`` again where nothing changed."""
    columns = columns_of(measures)
    order = [_SELECT, _NAME, *columns, _CREATED, _DURATION]
    grouping = {"aggregateFunction": "average", "groupByKeys": [{"mode": "param", "groupByData": "benchmark"}]}
    state = {
        "searchFilter": "",
        "orderByKey": f"metrics.`{measures[0]}`",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": columns,
        "columnOrder": order,
        "columnWidths": {column: _width(column) for column in order},
        "runsHiddenMode": "SHOWALL",
        "groupBy": grouping if grouped else None,
        "useGroupedValuesInCharts": False,
        "hideEmptyCharts": True,
        **_charts(measures),
    }
    if before is not None and decode(before) == state:
        return before
    packed = base64.b64encode(zlib.compress(json.dumps(state).encode("utf-8"))).decode("ascii")
    return json.dumps({"name": name, "createdAt": 0, "updatedAt": 0, "state": f"deflate;{packed}"})


def columns_of(measures: Sequence[str]) -> list[str]:
    """First every measure as text with its interval, then counts, then the same as numbers, by which one can sort."""
    numbers = [f"metrics.`{name}{part}`" for name in measures for part in ("", ".ci_low", ".ci_high", ".n")]
    return [*(f"{_PREFIX}{name}`" for name in measures), *_LAST, "params.`model`", "params.`benchmark`", *numbers]


def _width(column: str) -> int:
    """Pixels that show the whole heading of a result."""
    return max(150, 7 * len(column) - 20) if column.startswith(_PREFIX) else _WIDE.get(column, 110)


def _charts(measures: Sequence[str]) -> dict[str, Any]:
    """Bar charts of the headline measures on top; the UI adds one for every other metric below, folded."""
    chart = {"type": "BAR", "metricSectionId": _MAIN, "deleted": False, "isGenerated": False, "runsCountToCompare": 20}
    section = {"isReordered": True, "deleted": False}
    return {
        "compareRunCharts": [chart | {"uuid": f"wae-{name}", "metricKey": name} for name in measures],
        "compareRunSections": [
            section | {"uuid": _MAIN, "name": "Headline measures", "display": True, "isGenerated": False},
            section | {"uuid": _OTHERS, "name": "Model metrics", "display": False, "isGenerated": True},
        ],
        "isAccordionReordered": True,
    }


def decode(tag: str | None) -> dict[str, Any]:
    """The state of a saved view; one without columns where there is none or it is of another make."""
    try:
        packed = json.loads(tag or "")["state"].removeprefix("deflate;")
        state: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed)))
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, binascii.Error):
        return {"selectedColumns": []}
    return state if isinstance(state.get("selectedColumns"), list) else {"selectedColumns": []}


def note(experiment: str, task: str) -> str:
    """The description that the UI shows above every page of the experiment."""
    place, mode = f"#/experiments/{experiment}", "workflowType=machine_learning"
    runs = f"{place}/runs?{mode}"
    return (
        f"Candidates for {_WHAT.get(task, task)}: [compare them]({runs}&viewStateShareKey={COMPARE}) · "
        f"[charts]({runs}&viewStateShareKey={COMPARE}&compareRunsMode=CHART) · "
        f"[by benchmark]({runs}&viewStateShareKey={BY_BENCHMARK}) · [board of models]({place}/models?{mode}) · "
        f"[items that need a human look]({place}/traces?{mode}&startTimeLabel=ALL)\n\n"
        "One run is one candidate on one benchmark. Compare only runs of the same benchmark and version; figures over "
        "synthetic texts say nothing about real applications. Answers are suggestions generated by software; experts "
        "decide."
    )
