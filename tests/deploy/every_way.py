"""Every operation of MLflow's server, as it is installed here: what a client could ask for.

Reads one line: {argument of a path: its values}, "else" for all others. Writes [method, path] of each request.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

SAFE_TO_SKIP = ("/static-files", "/build", "/health", "/version", "/signup", "/")  # pages and their parts


def main() -> None:
    order = json.loads(sys.stdin.readline())
    from mlflow.server import app
    from mlflow.server.fastapi_app import create_fastapi_app

    rules = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    rules |= {(method, path) for method, path in _of(create_fastapi_app().routes)}
    requests = []
    for method, rule in sorted(rules):
        if method in ("OPTIONS", "HEAD") or rule in SAFE_TO_SKIP or rule.startswith(SAFE_TO_SKIP[:2]):
            continue
        names = re.findall(r"[<{](?:\w+:)?(\w+)(?::\w+)?[>}]", rule)
        for chosen in itertools.product(*(order.get(name, order["else"]) for name in names)):
            path, left = rule, list(chosen)
            path = re.sub(r"[<{][^>}]+[>}]", lambda _: left.pop(0), path)  # noqa: B023
            requests.append([method, path])
    print(json.dumps(requests))


def _of(routes: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of the routes of FastAPI, those of its parts included."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _of(inner.routes, prefix + route.include_context.prefix)
        elif getattr(route, "methods", None) and getattr(route, "path", None):
            yield from ((method, prefix + route.path) for method in route.methods)


if __name__ == "__main__":
    main()
