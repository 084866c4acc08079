"""What the workers of a cluster are asked to send: by name, by target, and what is refused."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from notebook_notify import Target
from notebook_notify.sender import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from common import Checks, Place

LITERAL = "a-Literal-0ne-of-nobody"


def work(job: tuple[Any, str]) -> tuple[bool, str, int]:
    """Send one text; all that it needs is imported where it runs."""
    import os

    from notebook_notify import send

    to, text = job
    report = send(text, to=to, timeout=20)
    return report.ok, str(report), os.getpid()


def check_workers(
    check: Checks, here: Place, spread: Callable[..., Iterable[tuple[bool, str, int]]]
) -> None:
    """Check a cluster whose workers run what *spread* is given, as ``map`` does."""
    import os

    target = TARGETS.resolve("ops")
    for how, to in (("name", "ops"), ("target", target)):
        with check(f"workers send by {how}"):
            texts = [f"{how} {n}" for n in range(6)]
            done = list(spread(work, [(to, text) for text in texts]))
            assert all(ok for ok, _, _ in done), done
            assert os.getpid() not in {pid for _, _, pid in done}
            arrived = Counter(str(one["content"]) for one in here.inbox.wait(6))
            assert arrived == Counter(texts)
            here.unseen("".join(said for _, said, _ in done) + " " * 100)
    with check("a literal secret does not travel"):
        fields = {"corp_id": "w", "corp_secret": LITERAL, "chat_id": "c"}
        told = refusal(lambda: list(spread(work, [(Target("wecom_chat", fields), "never")])))
        assert "SecretError" in told
        assert "env:NAME" in told
        assert LITERAL not in told
        assert here.inbox.empty()


def refusal(call: Callable[[], object]) -> str:
    """What is raised, with all that led to it."""
    try:
        call()
    except Exception as error:
        chain: list[str] = []
        one: BaseException | None = error
        while one is not None:
            chain.append(f"{type(one).__name__}: {one}")
            one = one.__cause__ or one.__context__
        return " / ".join(chain)
    raise AssertionError("it was not refused")
