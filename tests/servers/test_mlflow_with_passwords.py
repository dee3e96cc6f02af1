"""MLflow as docs/security.md says to run it, with names and passwords: a real server, and our ``log`` against it."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
ADMIN, ANN, BEN = "admin-Pass-0123456789", "ann-Pass-0123456789", "ben-Pass-0123456789"
JSON = "application/json"


class Store:
    """The server, its folder, and requests to it."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes], output: Path) -> None:
        self.folder, self.port, self.process, self.output = folder, port, process, output
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path: str, who: str = "", body: object = None, method: str = "", **headers: str) -> tuple[int, str]:
        """Status and text; ``who``: NAME:PASSWORD."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method or ("POST" if data else "GET"))
        if who:
            request.add_header("Authorization", f"Basic {base64.b64encode(who.encode()).decode()}")
        for name, value in ({"Content-Type": JSON} | headers).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode("utf-8", "replace")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """``deploy/mlflow/serve.sh`` with two members, of whom neither may see what is the other's."""
    pytest.importorskip("flask_wtf", reason="MLflow's extra 'auth' is not installed")
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    output = folder / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [str(ROOT / "deploy/mlflow/serve.sh"), str(folder / "store"), str(port)],
            env=os.environ | own,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    made = Store(folder / "store", port, process, output)
    try:
        _wait(made)
        for who in (f"ann:{ANN}", f"ben:{BEN}"):
            name, _, password = who.partition(":")
            member = {"username": name, "password": password}
            assert made.ask("/api/2.0/mlflow/users/create", f"admin:{ADMIN}", member)[0] == 200
        yield made
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its own group: the server and its worker
        process.wait(timeout=30)


def _wait(store: Store) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until and store.process.poll() is None:
        try:
            if store.ask("/health")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"MLflow did not start: {store.output.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def logged(store: Store, run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run folder that ann has logged, everything talking as much as it can; and what was printed."""
    folder = tmp_path_factory.mktemp("logged") / "run"
    shutil.copytree(run_folder, folder)
    talk = "import http.client, logging, sys; logging.basicConfig(level=logging.DEBUG)\n"
    talk += "from wild_aieval.cli import main; sys.exit(main(sys.argv[1:]))"
    own = {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": ANN, "MLFLOW_LOGGING_LEVEL": "DEBUG"}
    own |= {"MLFLOW_HTTP_REQUEST_TIMEOUT": "90", "WILD_AIEVAL_RUNS": str(folder.parent)}
    command = [sys.executable, "-c", talk, "log", str(folder), "--uri", store.url]
    done = subprocess.run(command, env=os.environ | own, text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, done.stdout + done.stderr


def _experiment(store: Store) -> str:
    answer = store.ask("/api/2.0/mlflow/experiments/search?max_results=10", f"ann:{ANN}")[1]
    return str(json.loads(answer)["experiments"][0]["experiment_id"])


def test_the_password_is_in_no_record_and_in_no_output(store, logged):
    folder, printed = logged
    coded = base64.b64encode(f"ann:{ANN}".encode()).decode()
    assert "connectionpool" in printed or "urllib3" in printed  # it did talk
    files = [path for path in (*folder.rglob("*"), *store.folder.rglob("*")) if path.is_file()]
    texts = [printed.encode(), store.output.read_bytes(), *(path.read_bytes() for path in files)]
    for secret in (ANN, BEN, ADMIN, coded):
        assert not [number for number, text in enumerate(texts) if secret.encode() in text]
    assert len(files) > 10


def test_passwords_are_in_no_command_line_and_the_store_is_its_owners(store):
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _mine(path)]
    assert not [line for line in lines for secret in (ADMIN, ANN, BEN) if secret.encode() in line]
    for path in (store.folder, *store.folder.iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


def _mine(path: Path) -> bool:
    try:
        return os.getpgid(int(path.parent.name)) in (os.getpgid(0),) or b"mlflow" in path.read_bytes()
    except OSError:
        return False


def test_nobody_gets_in_without_a_name_and_its_password(store, logged, record_property):
    experiment = _experiment(store)
    places = [
        "/",
        "/graphql",
        "/signup",
        "/get-artifact?path=report.html&run_uuid=x",
        "/api/2.0/mlflow/users/list",
        "/api/2.0/mlflow/experiments/search?max_results=1",
        "/ajax-api/2.0/mlflow/experiments/search?max_results=1",
        f"/api/2.0/mlflow/experiments/get?experiment_id={experiment}",
        f"/api/2.0/mlflow-artifacts/artifacts?path={experiment}",
        f"/api/3.0/mlflow/traces/search?experiment_ids={experiment}",
    ]
    strangers = ("ann:wrong", f"nobody:{ANN}", "admin:password1234", "admin:", ":")
    for place, who in [*((place, "") for place in places), *((places[5], who) for who in strangers)]:
        status, text = store.ask(place, who)
        assert status in (401, 404, 405), (place, who, status)
        assert "tiny" not in text
    record_property("hostile requests", len(places) + len(strangers))


def test_a_member_sees_nothing_of_another(store, logged, record_property):
    experiment, ben, ann = _experiment(store), f"ben:{BEN}", f"ann:{ANN}"
    runs = json.loads(store.ask("/api/2.0/mlflow/runs/search", ann, {"experiment_ids": [experiment]})[1])["runs"]
    run = runs[0]["info"]["run_id"]
    artifact = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/report.html"
    assert store.ask(artifact, ann)[0] == 200
    asked = [
        (f"/api/2.0/mlflow/experiments/get?experiment_id={experiment}", None),
        (f"/api/2.0/mlflow/runs/get?run_id={run}", None),
        (f"/api/2.0/mlflow/artifacts/list?run_id={run}", None),
        (artifact, None),
        (f"/get-artifact?path=report.html&run_uuid={run}", None),
        (f"/api/2.0/mlflow-artifacts/artifacts?path={experiment}/{run}/artifacts", None),
        ("/api/2.0/mlflow-artifacts/artifacts", None),
        ("/api/2.0/mlflow-artifacts/artifacts?path=..", None),
        (f"/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key=x", None),
        ("/api/2.0/mlflow/runs/set-tag", {"run_id": run, "key": "a", "value": "b"}),
        ("/api/2.0/mlflow/runs/delete", {"run_id": run}),
        ("/api/2.0/mlflow/experiments/delete", {"experiment_id": experiment}),
        ("/api/2.0/mlflow/users/create", {"username": "mallory", "password": ANN}),
        ("/api/2.0/mlflow/users/update-password", {"username": "ann", "password": BEN}),
        ("/api/2.0/mlflow/users/update-admin", {"username": "ben", "is_admin": True}),
    ]
    for path, body in asked:
        status, text = store.ask(path, ben, body)
        assert status in (400, 403, 404), (path, status, text[:200])
    for path, body in (
        ("/api/2.0/mlflow/runs/search", {"experiment_ids": [experiment]}),
        ("/api/2.0/mlflow/experiments/search?max_results=100", None),
        ("/api/3.0/mlflow/traces/search", {"locations": [_place(experiment)], "max_results": 10}),
    ):
        status, text = store.ask(path, ben, body)
        assert status in (200, 400, 403)
        assert run not in text
        assert "classification" not in text
    assert store.ask(f"/api/2.0/mlflow/runs/get?run_id={run}", ann)[0] == 200
    record_property("hostile requests", len(asked) + 3)


def _place(experiment: str) -> dict[str, object]:
    return {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}


def test_other_names_and_other_sites_are_refused(store, record_property):
    admin, search = f"admin:{ADMIN}", "/api/2.0/mlflow/experiments/search?max_results=1"
    for host in ("evil.example", "127.0.0.1.evil.example", "10.0.0.1"):
        assert store.ask(search, admin, Host=host)[0] == 403, host
    for origin in ("http://evil.example", "http://127.0.0.1.evil.example"):
        assert store.ask("/api/2.0/mlflow/experiments/create", admin, {"name": "x"}, Origin=origin)[0] == 403, origin
    assert '"x"' not in store.ask("/api/2.0/mlflow/experiments/search?max_results=100", admin)[1]
    record_property("hostile requests", 5)


def test_only_this_machine_reaches_the_server(store):
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{store.port:04X}")] == [
        f"0100007F:{store.port:04X}"
    ]


def test_a_wrong_password_is_one_paragraph_and_the_run_is_untouched(store, run_folder):
    own = {
        "MLFLOW_TRACKING_USERNAME": "ann",
        "MLFLOW_TRACKING_PASSWORD": "a-Wrong-Password",
        "WILD_AIEVAL_RUNS": "/nowhere",
    }
    before = (run_folder / "summary.json").read_bytes()
    command = [sys.executable, "-m", "wild_aieval", "log", str(run_folder), "--uri", store.url]
    done = subprocess.run(command, env=os.environ | own, text=True, capture_output=True, timeout=300)
    assert done.returncode == 1
    assert re.search(r"401|not authenticated", done.stderr)
    assert "a-Wrong-Password" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert (run_folder / "summary.json").read_bytes() == before


def test_without_a_password_for_the_administrator_it_does_not_start(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_AUTH_ADMIN_PASSWORD"}
    command = [str(ROOT / "deploy/mlflow/serve.sh"), str(tmp_path / "store")]
    done = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=20)
    assert done.returncode == 1
    assert "Set MLFLOW_AUTH_ADMIN_PASSWORD" in done.stderr


def test_no_document_and_no_script_of_ours_switches_protection_off():
    places = [
        *ROOT.glob("deploy/**/*"),
        *ROOT.glob("docs/*.md"),
        ROOT / "Makefile",
        ROOT / "Dockerfile",
        ROOT / "README.md",
    ]
    for path in places:
        if not path.is_file() or path.suffix == ".pyc":
            continue
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines():
            if "--disable-security-middleware" in line or re.search(
                r"--(allowed-hosts|cors-allowed-origins)[ =]'?\*", line
            ):
                assert "never" in line.lower(), f"{path}: {line}"
