"""That a target works is proved step by step, as far as can be without posting.

First its credential, by a new token; then what its channel can ask. Where a step fails, the proof
ends; what only a message would prove is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal

from notebook_notify import errors
from notebook_notify.platforms.base import Verdict
from notebook_notify.platforms.replies import code_of
from notebook_notify.reports import MARKS, Advice, SendResult, one_line
from notebook_notify.secret import Secret
from notebook_notify.sending.outcomes import Delivery, RefusedError, troubled
from notebook_notify.texts import duration, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_notify.delivery.transport import Transport
    from notebook_notify.platforms.base import Call, Found, Probe
    from notebook_notify.targets import Target

_MARK = {"proved": MARKS["sent"], "failed": MARKS["failed"], "open": MARKS["unknown"]}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a proof.

    Attributes:
        kind: ``proved``, ``failed``, or ``open``: only a message proves it.
        told: what it is about, and what was found, in one line.
    """

    kind: Literal["proved", "failed", "open"]
    told: str


@dataclass(frozen=True, slots=True)
class Proof(SendResult):
    """What is proved of a target.

    Its ``outcome`` is ``sent`` if all of it was proved, ``partial`` if the rest only a message
    proves, ``unknown`` if that is all of it, and ``failed``.

    Attributes:
        steps: one by one, the failed one last.
        name: the group's or the application's name, where the platform told it: one line.
        members: how many people are in the group, where the platform told it.
        posted: whether a message was then posted, and so proved the rest.
    """

    steps: tuple[Step, ...] = ()
    name: str | None = None
    members: int | None = None
    posted: bool = False

    def after(self, message: SendResult) -> Proof:
        """The proof once *message* was posted: if it was accepted, that proves the rest."""
        if message.outcome not in ("sent", "partial"):
            return self
        told = say("已由一条消息验证", "a message proved it")
        steps = tuple(
            Step("proved", step.told.removesuffix(_only_a_message()) + told)
            if step.kind == "open"
            else step
            for step in self.steps
        )
        return replace(self, outcome="sent", steps=steps, posted=True)

    def forbidden(self, why: str) -> Proof:
        """The proof of a target that *why* forbids to send to."""
        return replace(self, outcome="failed", error={"errmsg": why}, code=None, advice=None)

    def lines(self) -> list[tuple[str, str]]:
        """What a reader is told: the outcome, the steps, and what to do if one failed."""
        head, *rest = SendResult.lines(self)
        steps = [(_MARK[step.kind], one_line(step.told)) for step in self.steps]
        return [head, *steps, *rest]

    def _words(self) -> str:
        return {
            "sent": say("已验证", "proved"),
            "partial": say("部分验证", "proved in part"),
            "unknown": say("未能验证", "not proved"),
            "failed": say("未通过", "not proved"),
        }[self.outcome]

    def _details(self) -> Iterator[str]:
        if self.outcome == "failed":
            yield from SendResult._details(self)  # noqa: SLF001 - zero-argument super() fails here
            return
        if not self.posted:
            yield say("没有发出消息", "nothing was posted")
        yield duration(self.seconds)


@dataclass(slots=True)
class Proving(Delivery):
    """A target whose proof is under way.

    Attributes:
        step: what is being proved, in Chinese and in English.
        steps: what came of those before.
        found: what the platform told of the target.
    """

    step: tuple[str, str] = ("凭证", "credential")
    steps: list[Step] = field(default_factory=list)
    found: Found | None = None

    def note(self, kind: Literal["proved", "failed", "open"], told: str) -> None:
        """Note what came of the step."""
        self.steps.append(Step(kind, f"{say(*self.step)}{say('：', ': ')}{told}"))

    def proof(self, result: SendResult) -> Proof:
        """*result*, with the steps that led to it."""
        if result.outcome == "failed":
            code = "" if result.code is None else say(f"（{result.code}）", f" ({result.code})")
            self.note("failed", say("没有通过", "failed") + code)
        values = {one.name: getattr(result, one.name) for one in fields(SendResult)}
        if result.code == errors.OVER_BUDGET:  # our words are on messages
            values["error"] = {"errcode": errors.OVER_BUDGET, "errmsg": "no answer in time"}
            values["advice"] = Advice(
                say("时限内没有回应", "no answer in time"),
                say(
                    "没有发出消息；网络慢时用更长的时限再试。",
                    "Nothing was posted; if the network is slow, try with a longer timeout.",
                ),
            )
        found = self.found
        return Proof(
            **values,
            steps=tuple(self.steps),
            name=found.name if found else None,
            members=found.members if found else None,
        )


class Proofs:
    """Proves one target each, on sending threads. Thread-safe.

    Args:
        transport: what carries the calls.
        fetch: gets a new token and its life in seconds; an empty one if the channel has none.
    """

    def __init__(
        self, transport: Transport, fetch: Callable[[Delivery], tuple[str, float]]
    ) -> None:
        self._transport = transport
        self._fetch = fetch

    def __call__(self, proving: Proving) -> SendResult:
        """Go through the steps; what came of them is in *proving*."""
        try:
            self._prove(proving)
        except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
            return troubled(proving, error)
        kinds = {step.kind for step in proving.steps}
        if "proved" not in kinds:
            return proving.result("unknown")
        return proving.result("partial" if "open" in kinds else "sent")

    def _prove(self, proving: Proving) -> None:
        target, channel = proving.target, proving.channel
        _reveal(target)
        # Where there is no token, the form of the credential at least.
        channel.token_key(target)
        token, _ = self._fetch(proving)
        if token:
            proving.note("proved", say("平台发放了令牌", "the platform gave a token"))
        else:
            proving.note("open", _only_a_message())
        for probe in channel.probes(target):
            proving.step = probe.what
            self._take(proving, probe, token)

    def _take(self, proving: Proving, probe: Probe, token: str) -> None:
        if probe.call is None or probe.find is None:
            proving.note("open", _only_a_message())
            return
        verdict = self._ask(proving, probe.call, token)
        if verdict.kind != "ok":
            if code_of(verdict.payload) not in probe.unasked:
                raise RefusedError(verdict)
            why = say(
                "应用无权查询（发消息不需要）；", "no permission to ask; none is needed to send; "
            )
            proving.note("open", why + _only_a_message())
            return
        try:
            found = probe.find(verdict.payload)
        except (KeyError, TypeError, AttributeError):
            payload = {
                "errcode": errors.UNREADABLE,
                "errmsg": "the answer does not hold what was asked for",
            }
            raise RefusedError(Verdict("failed", payload)) from None
        proving.note("proved", found.told)
        if found.name is not None:
            proving.found = found

    def _ask(self, proving: Proving, call: Call, token: str) -> Verdict:
        reply = self._transport.perform(
            call.request(proving.target, token), deadline=proving.deadline, sends=False
        )
        verdict = call.read(reply)
        if verdict.payload.get("errcode") != errors.UNKNOWN:
            return verdict
        # A gateway's page: of a question nothing "may have arrived".
        return Verdict("failed", {**verdict.payload, "errcode": errors.UNREADABLE})


def _only_a_message() -> str:
    return say("只有发一条消息才能验证", "only a message proves it")


def _reveal(target: Target) -> None:
    """Read all secrets of *target*; raises ``SecretError`` if a reference leads to nothing."""
    for name in target:
        if isinstance(target.get(name), Secret):
            target.reveal(name)
