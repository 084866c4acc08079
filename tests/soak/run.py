"""The soak: ``python tests/soak/run.py [--kernels 4] [--messages 10000] [--faults 0.3]``.

Kernels share one outbox and post numbered messages to a target of every channel, while of all
requests a share meets a fault, the network is cut half of the time, and kernels are SIGKILLed.
Then the network is mended and what waits is sent. The sandbox's inbox is the judge: nothing that
was accepted is lost, nothing comes twice without the mark of a possible repeat, what is told as
unknown has a cause, and the kernel that lives on is no larger at the end.

Real kernels start too slowly to be killed by the hundred: plain processes that load the package
are their stand-ins. The one that lives on is a real one; with ``--no-real`` it is none either.
The limits of how often may be sent are raised at both ends: a day's messages go in minutes.

Prints a table; the exit code is 1 if any of this is not so.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from soak_judge import Verdict, drained, read_log
from soak_kernels import Kernel, offspring, size_of
from soak_net import Chance, Network
from soak_sender import unpaced

from notebook_notify.sandbox import Sandbox, dingtalk_notices

#: The network is up, and down, for so many seconds each; and so often a kernel is killed.
PHASE, KILL = (0.5, 3.0), (1.5, 4.0)
#: The one that lives on is looked at so often, in seconds, once it has sent so many.
LOOK, WARM = 0.5, 10
#: How much more it may have at the end: memory in MB, and how many of the others.
SLACK = {"memory": 16.0, "descriptors": 4.0, "threads": 2.0, "processes": 1.0}
#: A kernel that sends nothing for so many seconds hangs.
HANGS = 120.0
#: For so many seconds what waits is sent.
DRAIN = 1800.0


class Soak:
    """One folder, one platform, and the kernels that share both."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        self.folder, self.given = folder, given
        self.sandbox = Sandbox()
        self.chance = self.sandbox.faults = Chance(given.faults)
        self.sandbox._v1.rate.most = 10**6
        for platform in (self.sandbox.wecom_robot, self.sandbox.dingtalk_robot):
            platform.rate.most = 10**6
        # What is over this the platform takes with errcode 0, and drops.
        dingtalk_notices.PER_DAY = 10**9
        self.sandbox.start()
        self.network = Network(int(self.sandbox.url.rpartition(":")[2]))
        self._write_config()
        each = -(-given.messages // given.kernels)
        self.kernels = [
            Kernel(number, each, folder, real=given.real and number == 1)
            for number in range(1, given.kernels + 1)
        ]
        self.kills, self.down, self.seconds = 0, 0.0, 0.0
        self.looks: list[tuple[float, dict[str, float]]] = []

    def _write_config(self) -> None:
        lines = []
        for name, fields in self.sandbox.targets.items():
            lines.append(f"[targets.{name.removeprefix('sandbox-')}]")
            url = f"http://127.0.0.1:{self.network.port}"
            lines += [
                f"{key} = {json.dumps(one)}" for key, one in (fields | {"base_url": url}).items()
            ]
        config = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
        config.touch(0o600)
        config.write_text("\n".join(lines), encoding="utf-8")

    def send(self) -> None:
        """Have the messages sent, through all that can go wrong."""
        started = began = now = heard = time.monotonic()
        turn = kill = look = now
        size, warm = 0, False
        while not all(kernel.done for kernel in self.kernels) and now < began + self.given.seconds:
            time.sleep(0.05)
            before, now = now, time.monotonic()
            self.down += 0.0 if self.network.up else now - before
            logs = [one.log.stat().st_size if one.log.exists() else 0 for one in self.kernels]
            heard, size = (now if sum(logs) != size else heard), sum(logs)
            if now > heard + HANGS:
                raise SystemExit("all kernels hang")
            if not all(kernel.alive for kernel in self.kernels):
                raise SystemExit("a kernel has ended by itself")
            if now >= turn:
                (self.network.cut if self.network.up else self.network.mend)()
                turn = now + random.uniform(*PHASE)
            if not warm:
                warm = len(read_log(self.kernels[0].log)) > WARM and all(logs)
                began = now
                continue
            if now >= kill:
                self._kill()
                kill = now + random.uniform(*KILL)
            if now >= look and not self.kernels[0].done:
                self.looks.append((now, size_of(self.kernels[0].pid) | {"processes": offspring()}))
                look = now + LOOK
        self.seconds = now - started
        (self.folder / "stop").touch()
        if not self.network.up:
            self.network.mend()
        self.chance.share = 0.0
        for kernel in self.kernels:
            kernel.end(60)

    def _kill(self) -> None:
        victims = [kernel for kernel in self.kernels[1:] if not kernel.done]
        if victims:
            victim = random.choice(victims)
            victim.kill()
            self.kills += 1
            victim.start()

    def level(self) -> dict[str, tuple[float, float]]:
        """What the one that lives on had in its first minute, or third, and in its last."""
        start, end = self.looks[0][0], self.looks[-1][0]
        part = min(60.0, (end - start) / 3)
        first = [one for at, one in self.looks if at <= start + part]
        last = [one for at, one in self.looks if at >= end - part]
        return {
            key: (statistics.median(x[key] for x in first), statistics.median(x[key] for x in last))
            for key in SLACK
        }

    def judge(self) -> int:
        """Send what waits, and print what became of all; gives the exit code."""
        began = time.monotonic()
        items = drained(self.folder / "state" / "outbox.sqlite3", DRAIN)
        told: dict[int, str] = {}
        codes: Counter[str] = Counter()
        for kernel in self.kernels:
            told |= read_log(kernel.log, codes)
        verdict = Verdict(told, self.sandbox.inbox, items)
        chance, network = self.chance, self.network
        met = sum(chance.met.values())
        causes = self.kills + chance.unanswered + network.cut_off + network.given_up
        bad = {
            "lost": len(verdict.lost),
            "doubled without the mark": len(verdict.doubled),
            "told as failed, and delivered": len(verdict.false),
            "told as sent, and in the outbox": len(verdict.stray),
            "still waiting": verdict.waiting,
            "unknown without a cause": max(0, len(verdict.unknown) - causes),
        }
        rows = {
            "begun": f"{len(told)} in {self.seconds:.0f} s, {_counts(verdict.told)}",
            "failed for": _counts(codes) or "nothing",
            "network down": f"{self.down / self.seconds:.0%} of the time",
            "faults": f"{met} of {self.sandbox.stats['requests']} requests, {_counts(chance.met)}",
            "killed": f"{self.kills}",
            "drained in": f"{time.monotonic() - began:.0f} s",
            "accepted": f"{len(verdict.accepted)}",
            "delivered": f"{len(verdict.delivered)}, repeats with the mark {verdict.marked}",
            "in the outbox": _counts(verdict.kept) or "nothing",
            "unknown": f"{len(verdict.unknown)} of at most {causes}: kills {self.kills}, faults "
            f"without an answer {chance.unanswered}, cut off {network.cut_off}, "
            f"hung up on {network.given_up}",
        }
        for key, (first, last) in self.level().items():
            rows[key] = f"{first:.1f} at first, {last:.1f} at last"
            bad[f"more {key}"] = int(last > first + SLACK[key])
        for name, value in (rows | bad).items():
            print(f"{name:32} {value}")
        for name, numbers in (
            ("lost", verdict.lost), ("doubled", verdict.doubled), ("false", verdict.false)
        ):  # fmt: skip
            if numbers:
                print(f"{name}: {sorted(numbers)[:20]}")
        return int(any(bad.values()))

    def close(self) -> None:
        """End what still runs."""
        (self.folder / "stop").touch()
        for kernel in self.kernels:
            kernel.close()
        self.network.close()
        self.sandbox.stop()


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))


def main(words: list[str] | None = None) -> int:
    """Run it; gives the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kernels", type=int, default=4, help="how many; the first is not killed")
    parser.add_argument("--messages", type=int, default=10_000, help="of all kernels together")
    parser.add_argument("--faults", type=float, default=0.3, help="the share of requests")
    parser.add_argument(
        "--seconds", type=float, default=7200.0, help="begin none after so long, once all send"
    )
    parser.add_argument("--real", action=argparse.BooleanOptionalAction, default=True)
    given = parser.parse_args(words)
    if given.messages < 2 * WARM * given.kernels:
        parser.error(f"--messages: {2 * WARM} for each kernel at least")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key in list(os.environ):
            if key.startswith("NOTEBOOK_NOTIFY_") or key.lower().endswith("_proxy"):
                del os.environ[key]
        os.environ |= {
            "NOTEBOOK_NOTIFY_STATE": str(folder / "state"),
            "NOTEBOOK_NOTIFY_CONFIG": str(folder / "notebook_notify.toml"),
            "NOTEBOOK_NOTIFY_LANGUAGE": "en",
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        }
        unpaced()
        soak = Soak(folder, given)
        try:
            soak.send()
            return soak.judge()
        finally:
            soak.close()


if __name__ == "__main__":
    sys.exit(main())
