"""``python -m wild_aieval.testing endpoint`` and ``python -m wild_aieval.testing tool``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from wild_aieval.testing.endpoint import MockEndpoint
from wild_aieval.testing.faults import KINDS, MIXED, Faults
from wild_aieval.testing.tool import FAULTS, Tool


def main(argv: Sequence[str] | None = None) -> int:
    """Serve, or speak on standard input and output, until the end or Ctrl-C."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.what == "tool":
            Tool(dict(pair.split("=", 1) for pair in arguments.fault)).run(sys.stdin, sys.stdout)
        else:
            _serve(arguments)
    except KeyboardInterrupt:
        return 130
    return 0


def _serve(arguments: argparse.Namespace) -> None:
    kinds = {"none": (), "mixed": MIXED}.get(arguments.faults) or tuple(filter(None, arguments.faults.split(",")))
    share = 0.0 if arguments.faults == "none" else arguments.share
    faults = Faults(share, kinds if share else MIXED, arguments.seed)
    made = MockEndpoint(faults, port=arguments.port, latency=arguments.latency, key=arguments.key, remember=False)
    with made as endpoint:
        print(f"mock endpoint at {endpoint.url}, faults: {arguments.faults}", flush=True)
        endpoint.wait()


def _fault(text: str) -> str:
    if text.partition("=")[2] not in FAULTS:
        raise argparse.ArgumentTypeError(f"expected TEXT=FAULT with a fault of {', '.join(FAULTS)}, found '{text}'")
    return text


def _faults(text: str) -> str:
    unknown = [name for name in text.split(",") if name not in (*KINDS, "none", "mixed")]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no fault '{unknown[0]}'; there are none, mixed, {', '.join(KINDS)}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wild_aieval.testing", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    endpoint = what.add_parser("endpoint", help="an HTTP endpoint on 127.0.0.1")
    endpoint.add_argument("--port", type=int, default=8000, help="0 takes a free one, which is printed")
    endpoint.add_argument("--faults", type=_faults, default="none", help="none, mixed, or names joined by commas")
    endpoint.add_argument("--share", type=float, default=0.3, help="share of the requests that meet a fault")
    endpoint.add_argument("--seed", type=int, default=0)
    endpoint.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    endpoint.add_argument("--key", default="", help="requests need 'Authorization: Bearer KEY'")
    tool = what.add_parser("tool", help="a program that reads and writes JSON Lines")
    tool.add_argument("--fault", type=_fault, action="append", default=[], help="TEXT=FAULT: for items that hold TEXT")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
