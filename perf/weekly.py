"""A weekly file imported as a benchmark: seconds and peak memory of the whole command.

    python perf/weekly.py FILE [GB]

FILE is one publication of an office, such as a US grant; it is written again and again under new numbers until there
are so many GB (2).
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Write the file, import it, print."""
    source, size = Path(sys.argv[1]).read_bytes(), float(sys.argv[2]) if len(sys.argv) > 2 else 2.0
    number = re.search(rb"<doc-number>(\d+)</doc-number>", source)
    assert number is not None, "FILE has no <doc-number>"
    with tempfile.TemporaryDirectory() as place:
        week, written, count = Path(place) / "week.xml", 0, 0
        with week.open("wb") as file:
            while written < size * 1e9:
                count += 1
                written += file.write(source.replace(number[1], b"%08d" % (20_000_000 + count)))
        command = [sys.executable, "-m", "wild_aieval", "benchmark", "import", str(week), "--task", "classification"]
        begun = time.perf_counter()
        subprocess.run([*command, "--name", "week", "--to", place, "--text", "abstract,claims"], check=True)
        seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{written / 1e9:.2f} GB, {count:,} publications: {seconds:.0f} s, peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()
