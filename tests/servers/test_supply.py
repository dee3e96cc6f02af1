"""What the project is made of: licences and the policy, audits that cannot ask and say so, a bill without tools."""

from __future__ import annotations

import importlib.util
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "supply"


def _script(name: str) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        spec = importlib.util.spec_from_file_location(f"supply_{name}", FOLDER / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules.pop("installed", None)
    return module


def test_what_is_installed_has_licences_that_the_policy_allows(capsys, record_property):
    assert _script("licences").main() == 0, capsys.readouterr().err
    printed = capsys.readouterr().out.splitlines()[-1]
    assert int(printed.split()[0]) > 100
    record_property("licences looked at", int(printed.split()[0]))


@pytest.mark.parametrize(
    ("licence", "faults"),
    [
        ("MIT", 0),
        ("mit license", 0),
        ("GPL-3.0-only OR MIT", 0),
        ("Apache-2.0 AND (MIT OR GPL-2.0-only)", 0),
        ("GPL-3.0-or-later", 1),
        ("MIT AND GPL-3.0-only", 1),
        ("AGPL-3.0-only", 1),
        ("Other/Proprietary License", 1),
        ("", 1),
    ],
)
def test_a_licence_that_nobody_allowed_is_a_fault(licence, faults):
    policy = {"allowed": ["MIT", "Apache-2.0"], "called": {"MIT License": "MIT"}, "exceptions": {}, "optional": []}
    found, _ = _script("licences").held_against(policy, {"some-package": licence})
    assert len(found) == faults
    assert not found or "some-package" in found[0]


def test_an_exception_holds_for_what_was_read_only():
    exception = {"states": "LGPL-3.0-only", "licence": "LGPL-3.0-only", "reason": "read"}
    policy = {"allowed": [], "called": {}, "exceptions": {"one": exception}, "optional": []}
    held = _script("licences").held_against
    assert held(policy, {"one": "LGPL-3.0-only"})[0] == []
    assert "now states 'AGPL-3.0-only'" in held(policy, {"one": "AGPL-3.0-only"})[0][0]
    assert "not needed any more" in held(policy, {})[0][0]


def test_every_exception_has_a_reason_and_none_is_for_what_is_shipped():
    policy = yaml.safe_load((FOLDER / "licences.yaml").read_text(encoding="utf-8"))
    assert all(len(one["reason"]) > 20 for one in policy["exceptions"].values())
    copyleft = {name for name, one in policy["exceptions"].items() if "GPL" in one["licence"]}
    assert copyleft <= set(policy["optional"])
    assert not copyleft & set(_script("installed").closure(extras=()))


SKIPPED = {"name": "a", "skip_reason": "Dependency not found on PyPI and could not be audited: a (1)"}
KNOWN = {"name": "b", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
CLEAN = {"name": "c", "version": "1", "vulns": []}


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ([CLEAN], 0, "1 of 1 packages asked about, 0 known"),
        ([CLEAN, KNOWN, SKIPPED], 1, "b 1: PYSEC-1 (mended in 2)"),
        ([CLEAN, SKIPPED], 2, "could not be asked about 1 of 2 packages"),
        ([SKIPPED], 2, "0 of 1 packages asked about"),
        ([], 2, "0 of 0"),
        (None, 2, "no route to the service"),
    ],
    ids=["clean", "known", "one not asked", "none asked", "nothing", "no answer"],
)
def test_an_audit_that_could_not_ask_is_no_good_news(answer, code, said, tmp_path, capsys):
    program = tmp_path / "pip-audit"
    body = f"print({json.dumps(json.dumps({'dependencies': answer}))})" if answer is not None else ""
    text = f"#!{sys.executable}\nimport sys\n{body}\nprint('no route to the service', file=sys.stderr)\n"
    program.write_text(text, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert _script("audit").main([str(program)]) == code
    assert said in "".join(capsys.readouterr())


def test_the_bill_has_what_runs_and_no_tools():
    bill = {
        "metadata": {"component": {"bom-ref": "root"}},
        "components": [{"name": "Jinja2", "bom-ref": "j"}, {"name": "pytest", "bom-ref": "p"}],
        "dependencies": [{"ref": "root", "dependsOn": ["j", "p"]}, {"ref": "j"}, {"ref": "p", "dependsOn": ["j"]}],
    }
    found = _script("sbom").only(bill, {"jinja2"})
    assert [one["name"] for one in found["components"]] == ["Jinja2"]
    assert found["dependencies"] == [{"ref": "root", "dependsOn": ["j"]}, {"ref": "j"}]
    with pytest.raises(SystemExit, match="lxml"):
        _script("sbom").only(bill, {"jinja2", "lxml"})


def test_what_runs_holds_the_direct_requirements_and_no_tools():
    names = set(_script("installed").closure())
    assert {"mlflow", "jinja2", "torch", "uvicorn", "psycopg", "h11"} <= names
    assert not names & {"pytest", "ruff", "mypy", "hypothesis", "pip-audit", "cyclonedx-bom", "schemathesis"}


def test_every_pin_of_the_tools_is_exact():
    pins = [line for line in (FOLDER / "tools.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert all(line.count("==") == 1 for line in pins)
    assert {"pip_audit", "cyclonedx-bom"} <= {line.partition("==")[0] for line in pins}
