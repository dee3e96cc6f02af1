"""The deployment at work: eight members, results kept apart, PostgreSQL started anew, backup and restore.

The tests share one deployment and stand in the order in which an office would live through them; the last one ends it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
SHARED, APART = "shared/classification", "kept-apart/classification"
SECRET_TEXT = "a plough with a secret hinge"
MARKS = ("secret hinge", "kept-apart", "tricky", "MARK")  # stand in what ann's office has, and in no request
DATABASES = ("wae_mlflow", "wae_users", "wae_ledger_first")
MINE = "/api/2.0/mlflow/runs/search"


def asked(office: Any, who: str, method: str, path: str, body: object = None) -> Any:
    status, text = office.ask(who, method, path, body)
    assert status == 200, (path, status, text[:300])
    return json.loads(text)


def runs_of(office: Any, who: str, experiment: str) -> list[dict[str, Any]]:
    body = {"experiment_ids": [office.experiment(experiment)], "max_results": 100}
    return list(asked(office, who, "POST", MINE, body).get("runs", []))


def whole(office: Any, who: str, experiment: str, run: dict[str, Any]) -> dict[str, Any]:
    """What a run has, as far as runs of one benchmark have it alike."""
    run_id, data = run["info"]["run_id"], run["data"]
    body = {"locations": [place(office.experiment(experiment))], "max_results": 100}
    traces = asked(office, who, "POST", "/api/3.0/mlflow/traces/search", body).get("traces", [])
    mine = [
        trace for trace in traces if trace.get("tags", {}).get("wae_run", run_id) == run_id and run_id in str(trace)
    ]
    files = asked(office, who, "GET", f"/api/2.0/mlflow/artifacts/list?run_id={run_id}")["files"]
    return {
        "status": run["info"]["status"],
        "metrics": sorted(metric["key"] for metric in data["metrics"]),
        "params": sorted(param["key"] for param in data["params"]),
        "tags": sorted(tag["key"] for tag in data["tags"]),
        "files": sorted(file["path"] for file in files),
        "traces": len(mine),
    }


def place(experiment: str) -> dict[str, Any]:
    return {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}


def test_eight_members_log_at_once(office: Any) -> None:
    office.members("experiment", SHARED)
    for name in office.names:
        office.allow(name, "EDIT", SHARED)
    done = office.log(*zip(office.names, office.runs, strict=False))
    assert [code for code, _ in done] == [0] * 8, done
    found = {run["info"]["run_id"]: run for run in runs_of(office, "hal", SHARED)}
    told = [re.findall(r"MLflow run (\w+)", said)[0] for _, said in done]
    assert sorted(found) == sorted(told)
    alike = [whole(office, "hal", SHARED, found[run]) for run in told]
    assert alike[0]["status"] == "FINISHED" and alike[0]["traces"] == 2, alike[0]
    assert len(alike[0]["metrics"]) > 10 and "report.html" in alike[0]["files"]
    assert all(one == alike[0] for one in alike)
    for folder, run in zip(office.runs, told, strict=False):
        (entry,) = json.loads((folder / "summary.json").read_text())["results"]
        logged = {metric["key"]: metric["value"] for metric in found[run]["data"]["metrics"]}
        for name, measure in entry["measures"].items():
            if measure["value"] is not None:
                assert logged[name] == pytest.approx(measure["value"]), name


def test_two_members_who_log_a_benchmark_for_the_first_time_at_one_moment(office: Any, tmp_path: Path) -> None:
    """Held up until the other one's row is there: MLflow's server then refuses, and we ask again."""
    import psycopg

    asked(office, "admin", "POST", "/api/2.0/mlflow/experiments/create", {"name": "raced/classification"})
    office.allow("ann", "EDIT", "raced/classification")
    folder = tmp_path / "run"
    shutil.copytree(office.runs[0], folder)
    summary = json.loads((folder / "summary.json").read_text())
    summary["runspec"]["settings"]["tracking"]["experiment"] = "raced"
    (folder / "summary.json").write_text(json.dumps(summary))
    values = [office.experiment("raced/classification"), "classification/tiny"]
    rest = "name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile"
    copied = (
        f"INSERT INTO datasets SELECT 'f' || substr(dataset_uuid, 2), %s, {rest} FROM datasets WHERE name = %s LIMIT 1"
    )
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'wae_mlflow'"
    with psycopg.connect(host=f"{office.root}/run/wild-aieval", user="postgres", dbname="wae_mlflow") as other:
        other.execute(copied, values)
        office.start_logging(("ann", folder))
        until = time.monotonic() + 60
        while office.sql("postgres", waits) == "":
            assert time.monotonic() < until, "nobody waited for the other one"
    ((code, said),) = office.logged()
    assert code == 0, said
    assert "dataset_pk" in (office.root / "var/lib/postgresql/log").read_text(), "the two did not meet"
    assert len(runs_of(office, "ann", "raced/classification")) == 1


@pytest.fixture(scope="module")
def apart(office: Any) -> dict[str, Any]:
    """What ann's office keeps apart: a run with artifacts, traces and a model, a registered model, a data set."""
    summary = json.loads((office.runs[9] / "summary.json").read_text())
    summary["results"][0]["mlflow_run_id"] = "ab" * 16  # it was logged to another server before
    (office.runs[9] / "summary.json").write_text(json.dumps(summary))
    ((code, said),) = office.log(("ann", office.runs[9]))
    assert code == 0, said
    experiment = office.experiment(APART)
    (run,) = runs_of(office, "ann", APART)
    run_id = run["info"]["run_id"]
    model = {"name": "ours", "description": "MARK"}
    asked(office, "ann", "POST", "/api/2.0/mlflow/registered-models/create", model)
    source = f"mlflow-artifacts:/{experiment}/{run_id}/artifacts"
    version = {"name": "ours", "source": source, "run_id": run_id, "description": "MARK"}
    asked(office, "ann", "POST", "/api/2.0/mlflow/model-versions/create", version)
    rows = {"name": "MARK", "experiment_ids": [experiment]}
    dataset = asked(office, "ann", "POST", "/api/3.0/mlflow/datasets/create", rows)["dataset"]["dataset_id"]
    body = {"locations": [place(experiment)], "max_results": 10}
    trace = asked(office, "ann", "POST", "/api/3.0/mlflow/traces/search", body)["traces"][0]["trace_id"]
    body = {"experiment_ids": [experiment]}
    found = asked(office, "ann", "POST", "/api/2.0/mlflow/logged-models/search", body)
    logged = found["models"][0]["info"]["model_id"]
    return {"experiment": experiment, "run": run_id, "dataset": dataset, "trace": trace, "model": logged}


def every_request(office: Any, apart: dict[str, Any]) -> list[tuple[str, str, dict[str, Any] | None]]:
    """All operations of the server, each with everything that names what ann's office keeps."""
    experiment, run, trace = apart["experiment"], apart["run"], apart["trace"]
    order = {
        "experiment_id": [experiment], "run_id": [run], "trace_id": [trace], "request_id": [trace],
        "model_id": [apart["model"]], "dataset_id": [apart["dataset"]], "path": ["report.html"],
        "artifact_path": [f"{experiment}/{run}/artifacts/report.html", f"{experiment}/{run}/artifacts"], "else": ["1"],
    }  # fmt: skip
    out, _ = office.operations.communicate(json.dumps(order) + "\n", timeout=120)
    one = {
        "experiment_id": experiment, "run_id": run, "run_uuid": run, "trace_id": trace, "request_id": trace,
        "model_id": apart["model"], "name": "ours", "model_name": "ours", "version": "1", "username": "ann",
        "dataset_id": apart["dataset"], "path": "report.html", "metric_key": "subclass.first_guess.main",
        "key": "mlflow.note.content", "max_results": 50, "filter": "", "max_timestamp": 9999999999999,
    }  # fmt: skip
    many = {"experiment_ids": [experiment], "run_ids": [run], "trace_ids": [trace], "request_ids": [trace]}
    many |= {"dataset_ids": [apart["dataset"]], "location_ids": [experiment]}
    query = urllib.parse.urlencode(one | many, doseq=True)
    body = one | many | {"locations": [place(experiment)], "trace_location": place(experiment)}
    return [
        (method, f"{path}?{query}" if method in ("GET", "DELETE") else path, None if method == "GET" else body)
        for method, path in json.loads(out)
    ]


def test_a_member_without_rights_sees_nothing_of_another_office(office: Any, apart: Any, record_property: Any) -> None:
    """Every operation that the server has: reading, searching, changing, deleting."""
    before = (
        runs_of(office, "ann", APART),
        office.rows("wae_mlflow", "trace_info"),
        office.rows("wae_mlflow", "datasets"),
    )
    requests = every_request(office, apart)

    def answers(who: str, some: list[Any]) -> list[tuple[int, str]]:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda request: office.ask(who, *request), some))

    shown = [
        request for request in requests if request[0] == "GET" and request[1].startswith(("/api/", "/get-", "/model"))
    ]
    told = [request for request, answer in zip(shown, answers("ann", shown), strict=True) if marked(answer[1])]
    assert len(told) > 15, "what the member with the right gets, or the test shows nothing"
    found = answers("ben", requests)
    assert len(found) > 400
    for request, (status, text) in zip(requests, found, strict=True):
        assert not marked(text), (request, status, text[:300])
    assert Counter(status for status, _ in found)[403] > 200
    after = (
        runs_of(office, "ann", APART),
        office.rows("wae_mlflow", "trace_info"),
        office.rows("wae_mlflow", "datasets"),
    )
    assert after == before, "nothing was changed or deleted"
    graph = "query { mlflowSearchRuns(input: {experimentIds: [%s]}) { runs { info { runName } } } }"
    status, text = office.ask("ben", "POST", "/graphql", {"query": graph % json.dumps(apart["experiment"])})
    assert not marked(text), (status, text)
    record_property("hostile requests", len(requests) + 1)


def marked(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text]


def test_who_may_not_write_is_told_what_to_do_and_loses_nothing(office: Any, apart: Any) -> None:
    before = (office.runs[9] / "journal.jsonl").read_bytes()
    ((code, said),) = office.log(("ben", office.runs[9]))
    assert code == 1
    assert "You have no right to do this there" in said and "Traceback" not in said
    assert (office.runs[9] / "journal.jsonl").read_bytes() == before
    assert "kept-apart" not in said


def test_what_the_group_does_not_use_is_not_there(office: Any) -> None:
    for path in ("gateway/secrets/list", "demo/generate", "assistant/config", "assistant/message"):
        for method in ("GET", "POST"):
            status, text = office.ask("admin", method, f"/ajax-api/3.0/mlflow/{path}", {} if method == "POST" else None)
            assert status == 404 and "nginx" in text, path


def test_passwords_are_in_no_command_line_and_only_nginx_is_reached(office: Any) -> None:
    secrets = [path.read_bytes().strip() for path in (office.root / "etc/wild-aieval/secrets").iterdir()]
    lines = [found for path in Path("/proc").glob("[0-9]*/cmdline") if (found := _read(path))]
    assert any(str(office.root).encode() in line for line in lines)
    assert not [line for line in lines for secret in secrets if secret in line]
    open_to = [row.split()[1] for row in Path("/proc/net/tcp").read_text().splitlines()[1:] if row.split()[3] == "0A"]
    ports = [int(office.site[name]) for name in ("HTTPS_PORT", "MLFLOW_PORT")]
    for port in ports:
        assert [address for address in open_to if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
    for folder in (
        "etc/wild-aieval/secrets",
        "etc/wild-aieval/tls",
        "var/lib/wild-aieval/artifacts",
        "var/lib/wild-aieval/runs",
    ):
        assert (office.root / folder).stat().st_mode & 0o077 == 0, folder


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_postgresql_started_anew_in_the_middle_of_logging(office: Any) -> None:
    """Crashed while a run is half in: the member is told or it goes on; logged again, it is there once and whole."""
    wanted = whole(office, "hal", SHARED, runs_of(office, "hal", SHARED)[0])
    folder, known = office.runs[8], {run["info"]["run_id"] for run in runs_of(office, "hal", SHARED)}
    record = (folder / "journal.jsonl").read_bytes()
    office.start_logging(("ben", folder))
    until = time.monotonic() + 60
    while office.sql("wae_mlflow", "SELECT 1 FROM runs WHERE status = 'RUNNING'") == "":
        assert time.monotonic() < until, "the run was not met half-way"
    office.database("stop", "-m", "immediate")
    ((code, said),) = office.logged()
    assert code == 1 and "could not be written to" in said and "Traceback" not in said, said
    assert (folder / "journal.jsonl").read_bytes() == record
    office.database("start")
    ((code, said),) = office.log(("ben", folder))
    assert code == 0, said
    new = [run for run in runs_of(office, "hal", SHARED) if run["info"]["run_id"] not in known]
    finished = [run for run in new if run["info"]["status"] == "FINISHED"]
    assert [whole(office, "hal", SHARED, run) for run in finished] == [wanted]
    # Who may write may not delete: what broke off stays in sight, and says so.
    assert {run["info"]["status"] for run in new} == {"FINISHED", "FAILED"}


class Reviewer:
    """Somebody at the desk, through nginx, with a token that add-desk.sh made."""

    def __init__(self, office: Any, name: str) -> None:
        self.office, self.headers, self.csrf = office, {}, ""
        self.ask("GET", "/")
        assert self.ask("POST", "/sign-in", token=token(office, name))[0] == 303
        self.ask("GET", "/")

    def ask(self, method: str, path: str, **form: str) -> tuple[int, str]:
        body = urllib.parse.urlencode({"csrf": self.csrf, **form}) if method == "POST" else None
        headers = self.headers | ({"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        status, text, back = self.office.talk("first.localhost", method, path, body, headers)
        if cookie := back.get("set-cookie"):
            self.headers = {"Cookie": cookie.partition(";")[0]}
            assert "Secure" in cookie and cookie.startswith("__Host-")
        if found := re.search(r'name="csrf" value="([^"]+)"', text):
            self.csrf = found[1]
        return status, text


def token(office: Any, name: str) -> str:
    lines = (office.root / "etc/wild-aieval/desks/first.tokens").read_text().splitlines()
    return next(line.split()[2] for line in lines if line.startswith(f"{name} "))


def test_postgresql_started_anew_while_the_desk_takes_an_answer(office: Any) -> None:
    ada = Reviewer(office, "reviewer-1")
    assert ada.ask("GET", "/item/1")[0] == 200
    office.database("stop", "-m", "immediate")
    status, text = ada.ask("POST", "/item/1/first", symbol="G06F")
    assert status == 503 and "wait a minute, go back and send it again" in text.lower(), text[:500]
    office.database("start")
    assert ada.ask("POST", "/item/1/first", symbol="G06F")[0] == 303
    decision = {"symbol": "G06F", "decision": "differs", "rationale": "it is a computer"}
    office.database("restart", "-m", "immediate")  # between two requests: the next one notices nothing
    assert ada.ask("POST", "/item/1/decision", **decision)[0] == 303
    assert ada.ask("POST", "/item/1/decision", **decision)[0] == 303  # sent twice by an impatient hand
    kinds = office.sql(
        "wae_ledger_first", "SELECT kind FROM wild_aieval_ledger WHERE actor = 'reviewer-1' ORDER BY seq"
    )
    assert kinds.split()[:4] == ["review.opened", "review.first_answer", "ai.revealed", "review.decision"]
    assert "review.superseded" not in kinds
    assert verdict(office)["fault"] is None


def verdict(office: Any) -> dict[str, Any]:
    socket = f"{office.root}/run/wild-aieval"
    address = f"postgresql://wae_ledger@/wae_ledger_first?host={socket}"
    command = [sys.executable, "-m", "wild_aieval", "review", "verify", address, "--json"]
    done = subprocess.run(command, text=True, capture_output=True, env=office.environment())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_who_writes_the_ledger_can_change_nothing_in_it(office: Any) -> None:
    for statement in (
        "UPDATE wild_aieval_ledger SET actor = 'x'",
        "DELETE FROM wild_aieval_ledger",
        "CREATE TABLE x ()",
    ):
        command = ["psql", "-Xw", "-h", f"{office.root}/run/wild-aieval", "-U", "wae_ledger", "-d", "wae_ledger_first"]
        done = subprocess.run([*command, "-c", statement], text=True, capture_output=True)
        assert "permission denied" in done.stderr, statement
    for role, database in (("wae_ledger", "wae_users"), ("wae_mlflow", "wae_users"), ("wae_users", "wae_ledger_first")):
        command = ["psql", "-Xw", "-h", f"{office.root}/run/wild-aieval", "-U", role, "-d", database, "-c", "SELECT 1"]
        done = subprocess.run(command, text=True, capture_output=True)
        assert "permission denied for database" in done.stderr, (role, database)


def test_two_members_and_a_reviewer_in_a_browser(office: Any, apart: Any, chromium: Any) -> None:
    first, second = (run["info"]["run_id"] for run in runs_of(office, "hal", SHARED)[:2])
    shared = office.experiment(SHARED)
    ann, ben = (chromium(name) for name in ("ann", "ben"))
    runs, where = json.dumps([first, second]), json.dumps([shared])
    ann.goto(f"{office.url}/#/compare-runs?runs={urllib.parse.quote(runs)}&experiments={urllib.parse.quote(where)}")
    ann.get_by_text("Comparing 2 Runs from 1 Experiment").wait_for(timeout=60_000)
    ann.get_by_text("tricky · classification/tiny").first.wait_for(timeout=30_000)
    for member, others in ((ann, True), (ben, False)):
        member.goto(f"{office.url}/#/experiments")
        member.get_by_text(SHARED).first.wait_for(timeout=60_000)
        assert (member.get_by_text(APART).count() > 0) == others
    for member in (ben, ann):
        member.goto(f"{office.url}/#/experiments/{apart['experiment']}/runs/{apart['run']}")
    ann.get_by_text("tricky · classification/tiny").first.wait_for(timeout=30_000)  # ben's page had as long
    assert not marked(ben.inner_text("body").replace(f"/{apart['run']}", ""))
    office.pictures(ann=ann, ben=ben)

    ada = chromium()
    ada.goto(office.desk)
    ada.fill("#token", token(office, "reviewer-2"))
    ada.keyboard.press("Enter")
    ada.wait_for_selector(".who")
    ada.goto(f"{office.desk}/item/1")
    assert SECRET_TEXT in ada.inner_text("main") and ada.locator("#suggestion").count() == 0
    ada.fill("#symbol-0", "G06F")
    with ada.expect_navigation():
        ada.keyboard.press("Control+Enter")
    ada.wait_for_selector("#suggestion")
    office.pictures(ada=ada)
    counted = "SELECT count(*) FROM wild_aieval_ledger WHERE actor = 'reviewer-2' AND kind = 'review.first_answer'"
    assert office.sql("wae_ledger_first", counted).strip() == "1"


@pytest.fixture
def chromium(office: Any, browser: Any) -> Iterator[Callable[..., Any]]:
    """``chromium("ann")``: a page of somebody's own browser, signed in to MLflow by that name."""
    with contextlib.ExitStack() as opened:

        def page(name: str = "") -> Any:
            signed = {"http_credentials": {"username": name, "password": office.passwords[name]}} if name else {}
            # The certificate is signed by itself; those of other tests are checked.
            context = browser.new_context(ignore_https_errors=True, viewport={"width": 1300, "height": 900}, **signed)
            opened.callback(context.close)
            return context.new_page()

        yield page


def test_a_desk_has_no_name_that_the_backup_needs(office: Any) -> None:
    assert "cannot be called 'site'" in office.script("debian/add-desk.sh", "site", str(office.runs[0]), fails=True)


@pytest.fixture(scope="module")
def backup(office: Any, apart: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backups")
    office.script("backup.sh", str(folder))
    (made,) = folder.iterdir()
    return Path(made)


def ledger_only(backup: Path, place: Path, desk: str) -> Path:
    """Of a backup only the desk, under another name, its run deeper; the sums are not yet right."""
    for part, ending in (("databases", "dump"), ("heads", "json")):
        (place / part).mkdir(parents=True)
        shutil.copy(backup / part / f"wae_ledger_first.{ending}", place / part / f"wae_ledger_{desk}.{ending}")
    (place / "settings").mkdir()
    shutil.copy(backup / "settings/site.conf", place / "settings")
    shutil.copy(backup / "settings/first.people", place / f"settings/{desk}.people")
    conf = (backup / "settings/first.conf").read_text()
    assert "/runs/first\n" in conf
    (place / f"settings/{desk}.conf").write_text(conf.replace("/runs/first\n", "/runs/2026-11-22/10-30-00\n"))
    return place


def summed(backup: Path) -> str:
    files = [path for path in sorted(backup.rglob("*")) if path.is_file()]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(backup)}\n" for path in files]
    (backup / "SHA256SUMS").write_text("".join(lines))
    return str(backup)


def test_a_desk_comes_back_with_a_ledger_that_holds_only(office: Any, backup: Path, tmp_path: Path) -> None:
    """On another machine, as far as settings and folders go; its databases stand beside the office's."""
    root = tmp_path / "other"
    etc = root / "etc/wild-aieval"
    for folder in ("desks", "tls"):
        (etc / folder).mkdir(parents=True)
    site = office.site | {"RUNS": f"{root}/elsewhere", "ARTIFACTS": f"{root}/artifacts"}
    (etc / "site.conf").write_text("".join(f"{name}={value}\n" for name, value in site.items()))
    bad, good = (ledger_only(backup, tmp_path / desk, desk) for desk in ("bad", "good"))
    office.forged(bad / "databases/wae_ledger_bad.dump")
    said = office.script("restore.sh", summed(bad), fails=True, root=root)
    assert "wae_ledger_bad" in said and "does not hold" in said and "no event has the hash" in said, said
    assert "restored" not in said and list((etc / "desks").iterdir()) == []
    said = office.script("restore.sh", summed(good), root=root)
    assert "The anchored head is in it" in said, said
    lines = (etc / "desks/good.conf").read_text().splitlines()
    assert f"RUN_FOLDER={root}/elsewhere/2026-11-22/10-30-00" in lines, lines
    assert f"DESK_TOKENS={etc}/desks/good.tokens" in lines and len(lines) == 4


def test_what_was_kept_comes_back_into_an_empty_place_only(
    office: Any, apart: Any, backup: Path, tmp_path: Path
) -> None:
    before, secret = everything(office), office.passwords["admin"]
    assert secret.encode() not in b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())
    said = office.script("restore.sh", str(backup), fails=True)
    assert "A restore overwrites nothing" in said
    office.lost()
    changed = tmp_path / "changed"
    subprocess.run(["cp", "-R", str(backup), str(changed)], check=True)
    with (changed / "artifacts.tar").open("r+b") as stream:
        stream.seek(700)
        stream.write(b"x")
    said = office.install("--restore", str(backup))
    assert "The anchored head is in it" in said and "its people have new tokens" in said, said
    assert "MLflow's tables are those of the version that is installed" in said
    assert "not what was kept" in office.script("restore.sh", str(changed), fails=True)
    after = everything(office)
    assert {
        name: set(before[name]) ^ set(after.get(name, "")) for name in before if before[name] != after.get(name)
    } == {}
    assert after == before
    office.passwords["admin"] = (office.root / "etc/wild-aieval/secrets/admin-password").read_text().strip()
    assert office.passwords["admin"] != secret
    assert office.experiment(APART) == apart["experiment"]  # asked as the administrator, with this machine's password
    assert len(runs_of(office, "ann", APART)) == 1
    assert office.ask("ben", "GET", f"/api/2.0/mlflow/runs/get?run_id={apart['run']}")[0] == 403
    artifact = f"/get-artifact?path=report.html&run_uuid={apart['run']}"
    assert "secret hinge" in office.ask("ann", "GET", artifact)[1]
    ada = Reviewer(office, "reviewer-1")
    assert "1 of " in ada.ask("GET", "/")[1]


def everything(office: Any) -> dict[str, Any]:
    """Every row and right of the databases, every byte of the files; not the administrator's password, nor logs."""
    found: dict[str, Any] = {database: office.dump(database) for database in DATABASES}
    found["wae_users"] = [row for row in found["wae_users"] if "\tadmin\t" not in row]
    assert all(len(rows) > 50 for rows in found.values())
    state = office.root / "var/lib/wild-aieval"
    for folder in ("artifacts", "runs"):
        for path in sorted((state / folder).rglob("*")):
            if path.is_file() and path.name not in ("desk.log",) and not path.name.endswith(".lock"):
                found[str(path.relative_to(state))] = hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(found) > 30
    return found
