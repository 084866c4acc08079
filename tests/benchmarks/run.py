"""All figures in one table: ``python tests/benchmarks/run.py [--only NAME] [--pairs N] [--quick]``.

Each benchmark is a module of this folder with ``measure(pairs, scale)``. A ratio is ours over the
baseline, both measured by turns; it is the median of the pairs' ratios, not the ratio of the
medians that stand beside it. Times depend on the machine; only ratios and counts have targets.
Clients of others are measured if they are installed: ``pip install -e .[bench]``.
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
PAIRS = {
    "warm_send": 1000,
    "warm_peers": 60,
    "cold_send": 10,
    "ten_targets": 20,
    "upload": 50,
    "first_byte": 40,
    "outbox": 5,
    "fifty_kernels": 1,
    "load_ext": 15,
    "capture_lines": 5,
    "capture_bytes": 15,
    "capture_plots": 3,
}
#: So much smaller is everything with ``--quick``, whose figures mean nothing.
QUICK = 0.01


def main() -> int:
    """Measure what is named, or everything; print one table. 1 if a target is missed."""
    parser = argparse.ArgumentParser(description="Measure notebook_notify against its targets.")
    parser.add_argument(
        "--only", action="append", choices=PAIRS, metavar="NAME", help=", ".join(PAIRS)
    )
    parser.add_argument("--pairs", type=int, help="interleaved pairs of each benchmark")
    parser.add_argument("--quick", action="store_true", help="tiny, to see that it runs")
    arguments = parser.parse_args()
    if arguments.pairs is not None and arguments.pairs < 1:
        parser.error("--pairs must be at least 1")
    pairs, scale = arguments.pairs, 1.0
    if arguments.quick:
        pairs, scale = pairs or 2, QUICK
    # As of an installed package, whatever a sandboxed shell says.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    rows: list[table.Row] = []
    for name in arguments.only or PAIRS:
        began = time.monotonic()
        rows += importlib.import_module(name).measure(pairs or PAIRS[name], scale)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table.draw(rows))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"\nPython {platform.python_version()}, {os.cpu_count()} CPUs, load {load:.1f} at the end"
    )
    return int(not arguments.quick and any(row.met == "NO" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
