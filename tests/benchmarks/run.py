"""All figures in one table: ``python tests/benchmarks/run.py [--pairs N] [NAME ...]``.

Each benchmark is a module of this folder with ``measure(pairs)``. A ratio is ours over the
baseline, both measured by turns; it is the median of the pairs' ratios, not the ratio of the
medians that stand beside it. Times depend on the machine; only ratios and counts have targets.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time

import table

#: The benchmarks, and how many pairs each takes by itself.
PAIRS = {"warm_send": 1000, "load_ext": 15, "capture_lines": 5, "capture_bytes": 15}


def main() -> int:
    """Measure what is named, or everything; print one table. 1 if a target is missed."""
    parser = argparse.ArgumentParser(description="Measure notebook_notify against its targets.")
    parser.add_argument("--pairs", type=int, help="interleaved pairs of each benchmark")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PAIRS))
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(PAIRS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(PAIRS)}")
    if arguments.pairs is not None and arguments.pairs < 1:
        parser.error("--pairs must be at least 1")
    rows: list[table.Row] = []
    for name in arguments.names or PAIRS:
        began = time.monotonic()
        rows += importlib.import_module(name).measure(arguments.pairs or PAIRS[name])
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table.draw(rows))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"\nPython {platform.python_version()}, {os.cpu_count()} CPUs, load {load:.1f} at the end"
    )
    return int(any(row.met == "NO" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
