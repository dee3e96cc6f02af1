"""The bill of materials of what runs: ``sbom.py CYCLONEDX_PY OUTPUT``, CycloneDX 1.6, without the tools of development.

CYCLONEDX_PY reads the environment of this interpreter; what is not in the closure of the project's requirements is left
out; the result is checked against the schema of CycloneDX before it is written.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from installed import PROJECT, PYPROJECT, closure
from packaging.utils import canonicalize_name

_CHECK = (
    "import sys; from cyclonedx.schema import SchemaVersion; from cyclonedx.validation.json import JsonStrictValidator;"
    "fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read());"
    "sys.exit(str(fault) if fault else 0)"
)


def main(arguments: list[str]) -> int:
    """Write the bill; says how many components it has."""
    if len(arguments) != 2:
        print("sbom: name the program cyclonedx-py and the file to write; make sbom does.", file=sys.stderr)
        return 1
    program, output = Path(arguments[0]), Path(arguments[1])
    command = [str(program), "environment", "--pyproject", str(PYPROJECT), "--spec-version", "1.6"]
    command += ["--output-reproducible", "--output-format", "JSON", "--mc-type", "application", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"sbom: {done.stderr.strip()[-600:]}", file=sys.stderr)
        return 1
    text = json.dumps(only(json.loads(done.stdout), set(closure())), indent=1, ensure_ascii=False) + "\n"
    checker = program.with_name("python")
    checked = subprocess.run([str(checker), "-c", _CHECK], input=text, capture_output=True, text=True, check=False)
    if checked.returncode:
        print(f"sbom: not a bill as CycloneDX wants it: {checked.stderr.strip()[-600:]}", file=sys.stderr)
        return 1
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    print(f"{output}: {len(json.loads(text)['components'])} components, checked against CycloneDX 1.6.")
    return 0


def only(bill: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """The bill without the components that are not among ``names``, and without what hangs on them."""
    kept = [one for one in bill["components"] if canonicalize_name(one["name"]) in names]
    refs = {one["bom-ref"] for one in kept} | {bill["metadata"]["component"]["bom-ref"]}
    edges = [
        {**edge, "dependsOn": [ref for ref in edge["dependsOn"] if ref in refs]} if "dependsOn" in edge else edge
        for edge in bill["dependencies"]
        if edge["ref"] in refs
    ]
    missing = names - {canonicalize_name(one["name"]) for one in kept} - {PROJECT}
    if missing:
        raise SystemExit(f"sbom: installed, but not in the bill: {', '.join(sorted(missing))}")
    return {**bill, "components": kept, "dependencies": edges}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
