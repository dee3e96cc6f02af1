"""MLflow's own review page, for an office that wants to answer there: a queue is offered, answers are fetched.

The interface is experimental (MLflow 3.14 on) and knows one pool of reviewers: whoever answers an item completes it for
all, the suggestion is always in sight, and who answered can be forged by whoever may write to the store. What is
answered there is therefore weaker than what the desk records, and becomes a record only in the ledger.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wild_aieval.addresses import absolute
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger.events import DECISIONS
from wild_aieval.tracking.content import without_images
from wild_aieval.tracking.opening import TrackingError, at_work, experiment_id, open_store
from wild_aieval.tracking.store import readable

QUESTION = "wae_decision"
BATCH, TOKEN = "wae.batch", "wae.token"
_LONGEST, _MOST = 1000, 100_000
_ASKED = (
    "Is the suggestion of the software right? If you differ, say why in the comment. Answers are suggestions generated "
    "by software; you decide."
)


@dataclass(frozen=True, slots=True)
class Offered:
    """One item as it is shown: its texts and the suggestion, nothing about why it is there."""

    token: str
    asked: str
    suggested: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of a person. ``who``: the name in the store; ``bound``: the server itself vouches for it.

    ``id`` names the assessment, ``changed`` is when it was last written, in milliseconds.
    """

    token: str
    id: str
    who: str
    bound: bool
    decision: str
    rationale: str
    changed: int


def offer(uri: str | None, experiment: str, batch: str, items: Sequence[Offered], users: Sequence[str]) -> str:
    """Put the items of a batch into a queue of MLflow; returns its name. Done again, nothing is there twice."""
    return str(_with_store(uri, lambda mlflow, place: _offer(mlflow, place, batch, items, users), experiment))


def fetch(uri: str | None, experiment: str, batch: str) -> list[Answered]:
    """What people have answered in MLflow on a batch, valid answers only."""
    found: list[Answered] = _with_store(uri, lambda mlflow, place: _fetch(mlflow, place, batch, uri), experiment)
    return found


def _offer(mlflow: Any, place: str, batch: str, items: Sequence[Offered], users: Sequence[str]) -> str:
    from mlflow.genai import review_queues

    mlflow.set_experiment(experiment_id=place)
    there = _traces(mlflow, place, batch)
    for item in items:
        if item.token not in there:
            _trace(mlflow, batch, item)
    mlflow.flush_trace_async_logging()
    there = _traces(mlflow, place, batch)
    if missing := [item.token for item in items if item.token not in there]:
        raise TrackingError(f"{len(missing)} of {len(items)} items did not reach the store. Do the same again.")
    name = f"wild_aieval {batch}"
    known = {queue.name: queue for queue in review_queues.list_review_queues(experiment_id=place)}
    queue = known.get(name) or review_queues.create_review_queue(
        name, queue_type="custom", users=list(users), schema_ids=[_question(place)], experiment_id=place
    )
    ids = [there[item.token].info.trace_id for item in items]
    review_queues.add_items_to_review_queue(queue.queue_id, item_ids=ids)
    return name


def _question(place: str) -> str:
    """The question's id, made where it is missing."""
    from mlflow.genai import label_schemas

    known = {schema.name: schema for schema in label_schemas.list_label_schemas(experiment_id=place)}
    schema = known.get(QUESTION) or label_schemas.create_label_schema(
        QUESTION,
        type="feedback",
        input=label_schemas.InputCategorical(options=list(DECISIONS)),
        instruction=_ASKED,
        enable_comment=True,
        experiment_id=place,
    )
    return str(schema.schema_id)


def _trace(mlflow: Any, batch: str, item: Offered) -> None:
    asked, suggested = without_images(item.asked), without_images(item.suggested)
    with mlflow.start_span(name="review") as span:
        span.set_inputs(asked)
        span.set_outputs(suggested)
        mlflow.update_current_trace(
            client_request_id=f"{batch}:{item.token}",
            tags={BATCH: batch, TOKEN: item.token},
            request_preview=asked[:_LONGEST],
            response_preview=suggested[:_LONGEST],
        )


def _fetch(mlflow: Any, place: str, batch: str, uri: str | None) -> list[Answered]:
    completed, asks = _completed(mlflow, place, batch), _asks_who(absolute(uri))
    found = []
    for token, trace in _traces(mlflow, place, batch).items():
        for one in trace.info.assessments:
            if one.name != QUESTION or one.source.source_type != "HUMAN" or one.valid is False:
                continue
            who = str(one.source.source_id)
            bound = asks and completed.get(trace.info.trace_id) == who
            said = str(getattr(one, "value", None))
            found.append(
                Answered(
                    token, one.assessment_id, who, bound, said, str(one.rationale or ""), int(one.last_update_time_ms)
                )
            )
    return sorted(found, key=lambda one: (one.changed, one.id))


def _completed(mlflow: Any, place: str, batch: str) -> dict[str, str]:
    """Trace to the login that completed it in the queue: the one thing that the server binds to the login itself."""
    from mlflow.genai import review_queues

    queues = [
        queue for queue in review_queues.list_review_queues(experiment_id=place) if queue.name == f"wild_aieval {batch}"
    ]
    found: dict[str, str] = {}
    for queue in queues:
        page = review_queues.list_review_queue_items(queue.queue_id, status="complete", max_results=1000)
        found |= {item.item_id: str(item.completed_by) for item in page}
    return found


def _asks_who(address: str) -> bool:
    """Whether the store is a server that turns away who gives no name and password."""
    if not address.startswith("http"):
        return False
    probe = f"{address.rstrip('/')}/api/2.0/mlflow/experiments/get?experiment_id=0"
    try:
        with urllib.request.urlopen(probe, timeout=10):  # noqa: S310  http or https, as looked at above
            return False
    except urllib.error.HTTPError as error:
        return error.code == 401
    except OSError:
        return False


def _traces(mlflow: Any, place: str, batch: str) -> dict[str, Any]:
    found = mlflow.search_traces(
        locations=[place],
        filter_string=f"tags.`{BATCH}` = '{batch}'",
        include_spans=False,
        max_results=_MOST,
        return_type="list",
    )
    return {trace.info.tags[TOKEN]: trace for trace in found}


def _with_store(uri: str | None, what: Any, experiment: str) -> Any:
    """Run it in the experiment of reviews, apart from the runs, whose traces show the benchmark's answers."""
    address = absolute(uri)
    try:
        mlflow = open_store(address)
        with at_work():
            return what(mlflow, experiment_id(mlflow, address, f"{experiment}/reviews"))
    except (UserError, TrackingError):
        raise
    except ImportError as error:
        raise TrackingError(
            f"this version of MLflow has no review queues ({error}). Use the desk, or: review export --to FILE"
        ) from None
    except Exception as error:  # MLflow raises errors of many libraries
        raise TrackingError(readable(address, error)) from error
