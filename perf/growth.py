"""How CPU and memory of a run grow with its items: a candidate that answers at once, every figure checked.

python perf/growth.py [--largest 1000000]
"""

from __future__ import annotations

import itertools
import math
import tempfile
from pathlib import Path

from measuring import Sheet, arguments
from million import run

LARGEST = 100_000


def main() -> None:
    """Sizes from 1,000 by tens."""
    chosen = arguments((__doc__ or "").splitlines()[0], largest=LARGEST)
    largest = 2_000 if chosen.smoke else chosen.largest
    sizes = [1_000 * 10**step for step in range(7) if 1_000 * 10**step <= largest]
    sheet = Sheet("growth", "Runs over invented texts; a plug-in candidate answers at once. tracking=none.")
    for task in ("classification",) if chosen.smoke else ("classification", "search"):
        found = {}
        for items in sizes:
            with tempfile.TemporaryDirectory(prefix="growth-") as root:
                found[items] = run(Path(root), task, items, ["tracking=none"])
        cpu = {items: figures["CPU, µs an item"] * items / 1e6 for items, figures in found.items()}
        memory = {items: figures["peak memory, MB"] for items, figures in found.items()}
        for items in sizes:
            sheet.add(f"{task}, {items:,} items", cpu[items], "s CPU")
            sheet.add(f"{task}, {items:,} items", memory[items], "MB peak")
        for small, large in itertools.pairwise(sizes[1:]):
            # What the smallest run took is taken for the fixed cost: with it in, every exponent would look small.
            grown = (cpu[large] - cpu[sizes[0]]) / (cpu[small] - cpu[sizes[0]])
            wanted = (large - sizes[0]) / (small - sizes[0])
            exponent = math.log(grown) / math.log(wanted)
            sheet.add(f"{task}, from {small:,} to {large:,} items", exponent, "exponent of CPU", at_most=1.05)
    sheet.remark(
        "memory is constant besides what stays of each item: its key, numbers and flags (about 1 kB), not its texts."
    )
    sheet.write(chosen)


if __name__ == "__main__":
    main()
