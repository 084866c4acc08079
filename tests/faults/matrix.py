"""Every channel by every fault: ``python tests/faults/matrix.py``.

Each cell says what the report claims, how many messages the sandbox has, and how many requests
that send it has seen: ``unknown 1/1``. Messages go as a cell's do, so that a platform that drops
doubles is asked again after a lost answer.
"""

from __future__ import annotations

import contextlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

from wire import Wire, refused_port, untrusted

from notebook_notify.messages import Message
from notebook_notify.sandbox import Sandbox
from notebook_notify.sending.dispatch import Sender
from notebook_notify.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: The channels, and what stands in the path of a call that sends.
PATHS = {
    "wecom_robot": "/webhook/send",
    "wecom_chat": "/appchat/send",
    "wecom_app": "/message/send",
    "dingtalk_robot": "/robot/send",
    "dingtalk_app_robot": "/groupMessages/send",
    "dingtalk_notice": "/asyncsend_v2",
    "dingtalk_chat": "/chat/send",
}
#: Those whose platform drops doubles; those without a token.
KEYED = ("wecom_app", "dingtalk_robot")
ROBOTS = ("wecom_robot", "dingtalk_robot")
TOKENS = ("gettoken", "oauth2/accessToken")
#: The budget where something hangs, and where nothing does, in seconds.
SHORT, LONG = 4.0, 20.0
#: What a busy machine may add to a budget, in seconds.
GRACE = 1.0


def _codes(wecom: int, robot: int, legacy: int, new: str) -> dict[str, dict[str, Any]]:
    """A refusal in each channel's own words."""
    return {
        "wecom_robot": {"errcode": wecom},
        "wecom_chat": {"errcode": wecom},
        "wecom_app": {"errcode": wecom},
        "dingtalk_robot": {"errcode": robot},
        "dingtalk_app_robot": {"code": new},
        "dingtalk_notice": {"sub_code": legacy} if legacy > 0 else {"errcode": legacy},
        "dingtalk_chat": {"sub_code": legacy} if legacy > 0 else {"errcode": legacy},
    }


BUSY = _codes(-1, -1, -1, "system.busy")
TOO_FAST = _codes(45009, 130101, 90006, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi")
ADDRESS = _codes(60020, 310000, 60020, "Forbidden.AccessDenied.IpNotInWhiteList")


@dataclass(frozen=True)
class Row:
    """A fault, and what must come of it.

    Attributes:
        fault: its name.
        expected: for each channel, as ``expect`` writes it.
        send: what ``fail_next`` is given for the calls that send, for all or by channel; what is
            by channel beside what is for all stands under ``each``.
        token: the same for the calls that fetch a token.
        wire: what a :class:`Wire` does to the calls that send.
        where: instead of a sandbox: ``nowhere``, ``refused``, ``tls``; ``gone`` with the token.
        seconds: the budget.
        apart: one channel after the other, since applications share a token.
    """

    fault: str
    expected: Mapping[str, str]
    send: Mapping[str, Any] = field(default_factory=dict)
    token: Mapping[str, Any] = field(default_factory=dict)
    wire: str | None = None
    where: str = ""
    seconds: float = LONG
    apart: bool = False


def expect(rest: str, **others: str) -> dict[str, str]:
    """What is expected of all channels; ``keyed``, ``robots`` or a channel's name may differ."""
    expected = dict.fromkeys(PATHS, rest)
    for name, channels in (("robots", ROBOTS), ("keyed", KEYED)):
        if told := others.pop(name, ""):
            expected |= dict.fromkeys(channels, told)
    return expected | others


NOT_OUT = expect("failed 0/0")
REFUSED = expect("failed 0/1")
#: The platform has it, or not, and the answer is lost.
LOST_THERE = expect("unknown 1/1", keyed="sent 1/2")
LOST = expect("unknown 0/1", keyed="sent 1/2")
NO_TOKEN = expect("failed 0/0", robots="sent 1/1")

ROWS = (
    Row("none", expect("sent 1/1")),
    Row("DNS failure", NOT_OUT, where="nowhere"),
    Row("refused", NOT_OUT, where="refused"),
    Row("refused, token known", NOT_OUT, where="gone"),
    Row("TLS untrusted", NOT_OUT, where="tls"),
    Row("reset before it was read", LOST, send={"kind": "reset_before"}),
    Row("reset while it was read", LOST, wire="reset during"),
    Row("reset after it was read", LOST, send={"kind": "reset"}),
    Row("reset after it was done", LOST_THERE, wire="reset after"),
    Row("hang", LOST, send={"kind": "hang", "seconds": 9}, seconds=SHORT),
    Row("hang, but done", LOST_THERE, send={"kind": "deliver_hang", "seconds": 9}, seconds=SHORT),
    Row("drip", LOST_THERE, send={"kind": "drip", "seconds": 0.3}, seconds=SHORT),
    Row("truncated", LOST_THERE, send={"kind": "half"}),
    Row("502", LOST, send={"status": 502}),
    Row("504", LOST, send={"status": 504}),
    Row("429", expect("sent 1/2"), wire="429"),
    Row("429 with Retry-After", REFUSED, wire="429 Retry-After"),
    Row("HTML with 200", REFUSED, send={"kind": "html"}),
    Row("empty 404", REFUSED, send={"kind": "empty_404"}),
    Row("redirect", REFUSED, send={"kind": "redirect"}),
    Row("array", REFUSED, send={"kind": "array"}),
    Row("no errcode", REFUSED, send={"kind": "no_errcode"}),
    Row("oversize", LOST, send={"kind": "huge"}),
    Row("cut short, length right", LOST, send={"body": '{"errcode":0,"errm'}),
    Row("gzip bomb", REFUSED, wire="gzip bomb"),
    Row("endless chunks", REFUSED, wire="endless"),
    Row("hostile 403", REFUSED, wire="hostile"),
    Row("bad charset", expect("sent 1/1"), wire="charset"),
    Row("errcode as text", expect("sent 1/1"), send={"kind": "errcode_string"}),
    Row("busy once", expect("sent 1/2"), send=BUSY),
    Row("busy for ever", expect("failed 0/4"), send={"count": 9, "each": BUSY}),
    Row("rate limited", REFUSED, send=TOO_FAST),
    Row("IP refused", REFUSED, send=ADDRESS),
    Row(
        "token expired in flight",
        expect("sent 1/2", robots="failed 0/1"),
        send={"kind": "expired"},
        apart=True,
    ),
    Row(
        "token invalid for ever",
        expect("failed 0/2", robots="failed 0/1"),
        send={"kind": "expired", "count": 9},
        apart=True,
    ),
    Row("partial", expect("partial 1/1", dingtalk_app_robot="sent 1/1"), send={"kind": "partial"}),
    Row("token: hang", NO_TOKEN, token={"kind": "hang", "seconds": 9}, seconds=SHORT),
    Row("token: drip", NO_TOKEN, token={"kind": "drip", "seconds": 0.3}, seconds=SHORT),
    Row("token: reset", NO_TOKEN, token={"kind": "reset"}),
    Row("token: 502", NO_TOKEN, token={"status": 502}),
    Row("token: HTML with 200", NO_TOKEN, token={"kind": "html"}),
    Row("token: oversize", NO_TOKEN, token={"kind": "huge"}),
    Row("token: refused", NO_TOKEN, token={"errcode": 40001}),
)


@dataclass(frozen=True)
class Cell:
    """What became of one message: by the report, by the sandbox."""

    outcome: str
    arrived: int
    tries: int
    seconds: float
    error: Mapping[str, Any] | None

    def __str__(self) -> str:
        return f"{self.outcome} {self.arrived}/{self.tries}"


def run(row: Row) -> dict[str, Cell]:
    """One message of each channel through the fault."""
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        seen = _watched(sandbox)
        url = sandbox.url
        if row.wire is not None:
            waiting = dict.fromkeys(PATHS.values(), row.wire)

            def act(target: str) -> str | None:
                return next((waiting.pop(one) for one in [*waiting] if one in target), None)

            wire = stack.enter_context(Wire(url, act))
            url = wire.url
        elif row.where == "tls":
            url = stack.enter_context(untrusted())
        elif row.where in ("nowhere", "refused"):
            name = "https://platform.invalid" if row.where == "nowhere" else ""
            url = name or f"http://127.0.0.1:{refused_port()}"
        targets = [_target(sandbox, channel, url) for channel in PATHS]
        sender = Sender(pauses=(0, 0, 0))
        stack.callback(sender.close)
        if row.where == "gone":
            sender.send([(target, Message("before")) for target in targets], timeout=LONG)
            sandbox.clear()
            seen.clear()
            sandbox.stop()
        _arm(sandbox, row)
        batches = [[one] for one in targets] if row.apart else [targets]
        results = [
            result
            for batch in batches
            for result in sender.send(
                [(target, Message(f"to {target.channel}")) for target in batch],
                timeout=row.seconds,
                once=True,
            ).results
        ]
        if row.wire is not None:
            seen += wire.met if row.wire not in ("reset after", "charset") else []
        arrived = [one["channel"] for one in sandbox.inbox]
    return {
        channel: Cell(
            result.outcome,
            arrived.count(channel),
            sum(path in one for one in seen),
            result.seconds,
            result.error,
        )
        for (channel, path), result in zip(PATHS.items(), results, strict=True)
    }


def _target(sandbox: Sandbox, channel: str, url: str) -> Target:
    fields = {**sandbox.targets[f"sandbox-{channel}"], "base_url": url}
    del fields["channel"]
    return Target(channel, fields, name=channel)


def _watched(sandbox: Sandbox) -> list[str]:
    """The path of each request that the platforms see from now on."""
    seen: list[str] = []
    real: Callable[[str], Any] = sandbox.platform

    def platform(path: str) -> Any:
        seen.append(path)
        return real(path)

    sandbox.platform = platform  # type: ignore[method-assign]
    return seen


def _arm(sandbox: Sandbox, row: Row) -> None:
    for channel, path in PATHS.items():
        fault = {**row.send}
        fault |= fault.pop("each", {}).get(channel, {})
        if channel in fault:
            fault = fault[channel]
        if fault:
            sandbox.fail_next(**fault, path=path)
    if row.token:
        for path in TOKENS:
            sandbox.fail_next(**row.token, path=path, count=99)


def wrongs(row: Row, channel: str, cell: Cell) -> list[str]:
    """What is wrong with a cell, whatever is expected of it: the promises themselves."""
    found = []
    if cell.outcome in ("sent", "partial") and cell.arrived != 1:
        found.append(f"called {cell.outcome}, and {cell.arrived} arrived")
    if cell.outcome == "failed" and cell.arrived:
        found.append("called failed, and it arrived")
    if cell.arrived > 1:
        found.append(f"{cell.arrived} arrived")
    if cell.arrived and cell.tries > 1 and channel not in KEYED and _may_have_arrived(row):
        found.append("repeated after a lost answer")
    if cell.seconds > row.seconds + GRACE:
        found.append(f"took {cell.seconds:.1f} s of {row.seconds:.0f}")
    return found


def _may_have_arrived(row: Row) -> bool:
    return row.expected["wecom_chat"].startswith("unknown")


def everything() -> dict[str, dict[str, Cell]]:
    """All rows, several side by side."""
    import socket

    real = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **kwargs)

    with mock.patch.object(socket, "getaddrinfo", lookup), ThreadPoolExecutor(4) as pool:
        return dict(zip((row.fault for row in ROWS), pool.map(run, ROWS), strict=True))


def drawn(cells: Mapping[str, Mapping[str, Cell]]) -> str:
    """The table; what is not as expected is marked."""
    lines = [["fault", *PATHS]]
    for row in ROWS:
        line = [row.fault]
        for channel in PATHS:
            cell = cells[row.fault][channel]
            bad = str(cell) != row.expected[channel] or wrongs(row, channel, cell)
            line.append(f"{cell}{' !' if bad else ''}")
        lines.append(line)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main() -> int:
    """Print the table; 1 if a cell of it is not as it must be."""
    began = time.monotonic()
    table = drawn(everything())
    print(table)
    print("\noutcome arrived/requests; ! is not as it must be", f"{time.monotonic() - began:.0f} s")
    return int(" !" in table)


if __name__ == "__main__":
    sys.exit(main())
