"""Dask: worker processes of a cluster on this machine that send."""

from __future__ import annotations

from typing import Any

from common import place
from distributed import Client, LocalCluster
from workers import check_workers


def main() -> None:
    """Check two workers, each a process of its own."""
    with place() as (check, here):
        options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 2, "processes": True}
        with (
            LocalCluster(**options, dashboard_address=None, host="127.0.0.1") as cluster,
            Client(cluster) as client,
        ):
            check_workers(check, here, lambda work, jobs: client.gather(client.map(work, jobs)))


if __name__ == "__main__":
    main()
