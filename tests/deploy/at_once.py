"""Several members at once: the command line in a process each, forked after the imports that all of them would make.

Each line that comes in is a list of (arguments, environment), and answered by a list of (exit code, what was said).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable


def main() -> None:
    import mlflow
    import mlflow.tracking._tracking_service.utils

    import wild_aieval.tracking.store
    from wild_aieval.cli import main as door

    assert mlflow and wild_aieval
    for line in sys.stdin:
        print(json.dumps(at_once(json.loads(line), door)), flush=True)


def at_once(orders: list[tuple[list[str], dict[str, str]]], door: Callable[[list[str]], int]) -> list[tuple[int, str]]:
    """All of them, each in a process of its own."""
    children = []
    for arguments, environment in orders:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.environ.clear()
            os.environ.update(environment)
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = door(arguments)
            with os.fdopen(write, "w") as stream:
                json.dump([code, said.getvalue()], stream)
            os._exit(0)
        os.close(write)
        children.append((child, read))
    found = []
    for child, read in children:
        with os.fdopen(read) as stream:
            found.append(json.loads(stream.read() or '[-1, "ended without a word"]'))
        os.waitpid(child, 0)
    return found


if __name__ == "__main__":
    main()
