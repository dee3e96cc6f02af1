"""MLflow's own pages of a run whose names, tags, notes and texts are hostile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wild_aieval.cli import main
from wild_aieval.tracking.content import without_images

pytestmark = pytest.mark.slow
HOSTILE = (
    "</script><script>window.pwned=1</script><img src=http://evil.example/x.png onerror=window.pwned=1>"
    "<svg/onload=window.pwned=1> ![x](http://evil.example/y.png) [x](javascript:window.pwned=1) "
    '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>{{7*7}}'
)


@pytest.fixture
def store(place: Any) -> dict[str, Any]:
    """A store with one run; whatever a contributor or a candidate's owner may write freely is hostile."""
    rows = [
        {"id": f"{n} {HOSTILE}"[:250], "title": HOSTILE, "text": f"{n} {HOSTILE}", "main": "A01B"} for n in range(4)
    ]
    train = [{"id": f"t{n}", "text": "soil", "main": "A01B"} for n in range(3)]
    place.classification(rows, train, title=HOSTILE, description=HOSTILE, contributor=HOSTILE)
    own = {"name": "mine", "kind": "majority", "provider": HOSTILE, "revision": HOSTILE}
    uri = f"sqlite:///{place.root}/mlflow.db"
    words = ["--config-dir", place.model_file("mine", own), "model=mine", "benchmark=tiny"]
    words += [f"benchmark_roots=[{place.benchmarks}]", f"hydra.run.dir={place.root}/run", f"tracking.uri={uri}"]
    words += ["oversight.audit_probability=1.0"]  # every item is shown as a trace
    assert main(words) in (0, 2)
    return {"uri": uri}


def test_nothing_runs_and_nothing_is_asked_elsewhere(
    browser: Any, server: str, store: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=store["uri"])
    (experiment,) = [one for one in client.search_experiments() if one.name.endswith("/classification")]
    (run,) = client.search_runs([experiment.experiment_id])
    note = f"{run.data.tags['mlflow.note.content']}\n\n{without_images(HOSTILE)}"  # as notes of a result are written
    client.set_tag(run.info.run_id, "mlflow.note.content", note)
    assert "<script>" in str(run.data.tags)
    page, asked, dialogs = browser.new_page(viewport={"width": 1400, "height": 1200}), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    one = f"{server}/#/experiments/{experiment.experiment_id}/runs/{run.info.run_id}"
    for address, text in (
        (one, "wae.contributor"),
        (f"{one}/traces", "window.pwned"),
        (f"{one}/artifacts", "report.html"),
        (f"{server}/#/experiments/{experiment.experiment_id}/runs", "mine"),
    ):
        page.goto(address)
        page.get_by_text(text).first.wait_for(timeout=60_000)
        page.wait_for_timeout(500)
        assert all(frame.evaluate("typeof window.pwned") == "undefined" for frame in page.frames)
    page.close()
    assert not dialogs
    assert not [url for url in asked if not url.startswith((server, "data:", "blob:"))]
    record_property("bad inputs", 1)
