"""As many samples as the argument says through Inspect, with its mock model and a scorer of exact matches.

Its estimate of tokens wants a file from the internet; here every four characters are one token.
"""

import sys
import tempfile

import tiktoken


class Encoding:
    """A token of four characters."""

    def encode(self, text, **_):
        return list(range(len(text) // 4 + 1))


tiktoken.get_encoding = tiktoken.encoding_for_model = lambda *_, **__: Encoding()

from inspect_ai import Task, eval  # noqa: E402
from inspect_ai.dataset import MemoryDataset, Sample  # noqa: E402
from inspect_ai.scorer import exact  # noqa: E402
from inspect_ai.solver import generate  # noqa: E402

COUNT = int(sys.argv[1])
samples = [Sample(input=f"document {n} says A01B pump valve lens shaft", target="A01B") for n in range(COUNT)]
with tempfile.TemporaryDirectory() as logs:
    (log,) = eval(
        Task(dataset=MemoryDataset(samples), solver=generate(), scorer=exact()),
        model="mockllm/model",
        log_dir=logs,
        display="none",
    )
assert log.status == "success" and log.results.completed_samples == COUNT, log.error
