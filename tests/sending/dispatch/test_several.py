"""Several targets go side by side, several parts one after the other."""

from __future__ import annotations

import time

from notebook_notify.messages import Message

CHAT, APP, DING = "wecom_chat", "wecom_app", "dingtalk_chat"


def test_ten_targets_side_by_side(quick, sandbox, to, sent):
    """Ten slow targets take as long as one, and each has its result, in order."""
    targets = [
        to(sandbox, channel)
        for channel in (CHAT, APP, DING, CHAT, APP, DING, CHAT, APP, DING, CHAT)
    ]
    for target in targets[:3]:
        sent(quick, target)
    sandbox.clear()
    sandbox.fail_next("drip", path="send", count=10, seconds=0.01)
    started = time.monotonic()
    report = quick.send([(target, Message(f"to {n}")) for n, target in enumerate(targets)])
    assert report.ok
    assert 0.25 < time.monotonic() - started < 2
    assert [result.target for result in report.results] == [target.name for target in targets]
    assert {m["content"] for m in sandbox.inbox} == {f"to {n}" for n in range(10)}


def test_each_target_has_its_own_outcome(quick, sandbox, to):
    """One target's trouble is its own; the report is as good as the worst."""
    sandbox.fail_next(errcode=86003, path="appchat")
    report = quick.send([(to(sandbox, channel), Message("x")) for channel in (CHAT, APP, DING)])
    assert [result.outcome for result in report.results] == ["failed", "sent", "sent"]
    assert (report.outcome, bool(report)) == ("failed", False)


LONG = "\n".join(f"{n:04} 行" + "字" * 30 for n in range(60))


def test_long_texts_are_numbered_parts(quick, sandbox, to, sent):
    """A text over the limit arrives in order, numbered, whole, each part within the limit."""
    result = sent(quick, to(sandbox), LONG)
    parts = [message["content"] for message in sandbox.inbox]
    assert (result.parts, result.parts_sent) == (len(parts), len(parts))
    assert len(parts) > 1
    assert all(part.startswith(f"({k}/{len(parts)}) ") for k, part in enumerate(parts, 1))
    assert "\n".join(part.partition(" ")[2] for part in parts) == LONG
    assert all(len(part.encode()) <= 2048 for part in parts)


def test_failure_of_a_later_part(quick, sandbox, to, sent):
    """If part 2 of 3 is refused, the rest stays back and the report says how many went out."""
    sandbox.fail_next("errcode_string", path="send")  # the first part passes
    sandbox.fail_next(errcode=86003, path="send")
    result = sent(quick, to(sandbox), LONG)
    assert (result.outcome, result.parts, result.parts_sent) == ("failed", 3, 1)
    assert "1 of 3 parts were sent" in result.lines()[0][1]
    assert (result.seed_answer()["errcode"], result.seed_answer()["parts_sent"]) == (86003, 1)
    assert len(sandbox.inbox) == 1


def test_hang_in_a_later_part(quick, sandbox, to, in_time):
    """If part 2 has no answer in time, it is unknown, and part 3 does not leave afterwards."""
    target = to(sandbox)
    sandbox.fail_next("errcode_string", path="send")
    sandbox.fail_next("deliver_hang", path="send", seconds=0.6)
    result = in_time(quick, target, text=LONG)
    assert (result.outcome, result.parts_sent) == ("unknown", 1)
    time.sleep(0.7)
    assert len(sandbox.inbox) == 2
