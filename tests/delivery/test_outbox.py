"""What ``outbox.py`` promises of messages that wait."""

from __future__ import annotations

import subprocess
import sys

import pytest

from notebook_notify.delivery import outbox as module
from notebook_notify.delivery.outbox import FIRST_PAUSE, LONGEST_PAUSE, MOST_TRIES, Outbox
from notebook_notify.delivery.outbox_sweep import (
    KEPT,
    KEPT_LONGER,
    LEASE,
    MOST_DEATHS,
    REPEAT_AFTER,
)
from notebook_notify.errors import NOT_CONNECTED, UNKNOWN, OutboxError
from notebook_notify.ledger import LIFE
from notebook_notify.messages import File, Image, Message

ERROR = {"errcode": NOT_CONNECTED, "errmsg": "cannot connect"}
LOST = {"errcode": UNKNOWN, "errmsg": "no answer"}
MOON = "place of the moon"
SUN = "place of the sun"


@pytest.fixture
def outbox(tmp_path, clock):
    """An outbox of the test's own, without jitter; its folder is not there yet."""
    one = Outbox(tmp_path / "state" / "outbox.sqlite3", clock, lambda: 0.5)
    yield one
    one.close()


def put(outbox, text="完成", place=MOON, **options):
    """Queue a text."""
    return outbox.put("ops", place, Message(text), **options)


def only(outbox):
    """The one item that is there."""
    (item,) = outbox.items()
    return item


def die(outbox, *, flying):
    """Another process leases an item, has it fly perhaps, and is gone."""
    code = (
        "import os, sys; from pathlib import Path\n"
        "from notebook_notify.delivery.outbox import Outbox\n"
        "clock = float(sys.argv[3])\n"
        "outbox = Outbox(Path(sys.argv[1]), lambda: clock)\n"
        f"lease = outbox.lease([{MOON!r}])\n"
        "if sys.argv[2] == 'True': outbox.fly(lease)\n"
        "os._exit(0)\n"
    )
    arguments = [str(outbox.path), str(flying), str(outbox._clock())]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, timeout=30)


def test_what_is_put_is_there_for_the_next_process(outbox, clock):
    """A message comes back whole: text, form, people, what goes along and what could not."""
    message = Message(
        "# 夜间回测\n\nSharpe \ud83d 1.8",
        (Image(b"\x89PNG\0", "plot.png"), File(bytes(range(256)), "表.csv")),
        markdown=True,
        mention=("zhangwei",),
        title="回测",
        missing=("gone.csv",),
    )
    item = outbox.put("ops", MOON, message, error=ERROR, key="daily", verdict="done")
    assert (item.target, item.state, item.title) == ("ops", "queued", "# 夜间回测")
    assert (item.key, item.verdict, item.error) == ("daily", "done", ERROR)
    assert (item.created, item.expires) == (clock.now, clock.now + LIFE)
    outbox.close()
    again = Outbox(outbox.path, clock)
    assert again.items() == [item]
    assert again.lease([MOON]).message == message
    again.close()


def test_first_in_first_out(outbox):
    """Of one place in order, one at a time; another place does not wait for it."""
    first, second = put(outbox, "1"), put(outbox, "2")
    other = put(outbox, "3", SUN)
    lease = outbox.lease([MOON])
    assert lease.item.id == first.id
    assert outbox.lease([MOON]) is None
    assert outbox.lease([MOON, SUN]).item.id == other.id
    outbox.fly(lease)
    assert outbox.lease([MOON]) is None
    outbox.done(lease)
    assert outbox.lease([MOON]).item.id == second.id


def test_one_that_cannot_go_keeps_the_later_ones_back(outbox, clock):
    """While the first waits for its next try, the second does not overtake it."""
    first, second = put(outbox, "1"), put(outbox, "2")
    outbox.later(outbox.lease([MOON]), ERROR)
    assert outbox.lease([MOON]) is None
    assert outbox.due_in([MOON]) == FIRST_PAUSE
    clock.now += FIRST_PAUSE
    lease = outbox.lease([MOON])
    assert (lease.item.id, lease.item.attempts) == (first.id, 2)
    outbox.bury(lease, ERROR)
    assert outbox.lease([MOON]).item.id == second.id


def test_only_for_places_that_the_caller_knows(outbox):
    """A target that is another one now, or none, has its messages held."""
    put(outbox)
    assert outbox.lease([SUN]) is None
    assert outbox.due_in([SUN]) is None
    assert outbox.waiting() == {"ops": 1}
    assert outbox.resend(only(outbox).id, SUN).place == SUN
    assert outbox.lease([SUN])


def test_pauses_double_and_are_kept(outbox, clock):
    """The pauses grow to five minutes, and outlive the process; a platform's own is heeded."""
    put(outbox)
    pauses = []
    for _ in range(7):
        outbox.later(outbox.lease([MOON]), ERROR)
        outbox.close()  # as a kernel's end does
        pauses.append(only(outbox).next_at - clock.now)
        clock.now = only(outbox).next_at
    assert pauses == [10, 20, 40, 80, 160, 300, LONGEST_PAUSE]
    outbox.later(outbox.lease([MOON]), ERROR, rest=600)
    assert only(outbox).next_at == clock.now + 600


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 8.0), (1.0, 12.0)])
def test_jitter(tmp_path, clock, chance, pause):
    """Kernels that lost the network together do not come back in the same second."""
    outbox = Outbox(tmp_path / "outbox.sqlite3", clock, lambda: chance)
    put(outbox)
    assert outbox.later(outbox.lease([MOON]), ERROR).next_at == clock.now + pause


def test_expiry(outbox, clock):
    """What did not go out in its time is dead, is shown, and can be sent again."""
    outbox._lasts = lambda: 3600
    put(outbox, error=ERROR)
    clock.now += 3600
    assert outbox.lease([MOON]) is None
    item = only(outbox)
    assert (item.state, item.why, item.error) == ("dead", "expired", ERROR)
    assert outbox.waiting() == {}
    assert outbox.resend(item.id, MOON).expires == clock.now + 3600
    assert outbox.lease([MOON])


def test_tries_are_capped(outbox, clock, monkeypatch):
    """Nothing is tried for ever, even if time does not pass."""
    assert MOST_TRIES * LONGEST_PAUSE > LIFE
    monkeypatch.setattr(module, "MOST_TRIES", 3)
    put(outbox)
    for _ in range(3):
        outbox.later(outbox.lease([MOON]), ERROR)
        outbox.hasten()
    assert outbox.lease([MOON]) is None
    assert (only(outbox).state, only(outbox).why) == ("dead", "tries")


def test_unknown_is_repeated_once(outbox, clock):
    """A minute later, and then no more; meanwhile the next one of its place goes out."""
    put(outbox, "1")
    next_one = put(outbox, "2")
    lease = outbox.lease([MOON])
    outbox.fly(lease)
    assert outbox.lose(lease, LOST).state == "unknown"
    follower = outbox.lease([MOON])
    assert follower.item.id == next_one.id
    outbox.done(follower)
    assert outbox.due_in([MOON]) == REPEAT_AFTER
    clock.now += REPEAT_AFTER
    lease = outbox.lease([MOON])
    assert lease.item.lost == 1
    outbox.later(lease, ERROR)  # not connected: still unknown, and still to be repeated
    assert only(outbox).state == "unknown"
    clock.now += LONGEST_PAUSE
    lease = outbox.lease([MOON])
    outbox.fly(lease)
    outbox.lose(lease, LOST)
    assert outbox.due_in([MOON]) is None
    assert (only(outbox).state, only(outbox).lost) == ("unknown", 2)


def test_unknown_asks_if_it_should(outbox, clock):
    """Where nothing may be doubled, it stays unknown until somebody decides."""
    item = put(outbox, unknown=True, repeats=False)
    clock.now += REPEAT_AFTER
    assert outbox.lease([MOON]) is None
    assert outbox.drop(item.id).state == "unknown"
    assert outbox.items() == []


def test_a_refused_repeat_leaves_it_unknown(outbox, clock):
    """The first one may have arrived all the same."""
    put(outbox, unknown=True)
    clock.now += REPEAT_AFTER
    outbox.bury(outbox.lease([MOON]), ERROR)
    assert (only(outbox).state, only(outbox).next_at) == ("unknown", None)


def test_a_sender_that_died_before_it_left(outbox):
    """The next one has it at once; it is told nothing of."""
    put(outbox)
    die(outbox, flying=False)
    lease = outbox.lease([MOON])
    assert (lease.item.lost, lease.item.attempts) == (0, 2)


def test_a_sender_that_died_while_it_left(outbox, clock):
    """It is unknown, and repeated in a minute."""
    put(outbox)
    die(outbox, flying=True)
    assert outbox.lease([MOON]) is None
    item = only(outbox)
    assert (item.state, item.why, item.error["errcode"]) == ("unknown", "sender", UNKNOWN)
    clock.now += REPEAT_AFTER
    assert outbox.lease([MOON]).item.lost == 1


def test_what_senders_die_of(outbox):
    """A message that ends whoever has it in hand does not end one kernel after the other."""
    put(outbox)
    for _ in range(MOST_DEATHS):
        die(outbox, flying=False)
    assert outbox.lease([MOON]) is None
    assert (only(outbox).state, only(outbox).why) == ("dead", "deaths")


def test_what_is_wholly_out_is_out(outbox):
    """If the platform had the last part, its sender's death changes nothing."""
    put(outbox)
    lease = outbox.lease([MOON])
    outbox.fly(lease)
    outbox.accept(lease, 1, 3)
    outbox._clock.now += LEASE
    assert (only(outbox).state, only(outbox).accepted) == ("unknown", 1)
    outbox._clock.now += REPEAT_AFTER
    lease = outbox.lease([MOON])
    outbox.fly(lease)
    outbox.accept(lease, 3, 3)
    outbox._clock.now += LEASE
    assert outbox.items() == []


def test_who_lost_the_lease_does_not_send(outbox, clock):
    """A process that was stopped for minutes learns so before its request leaves."""
    put(outbox)
    mine = outbox.lease([MOON])
    clock.now += LEASE
    theirs = outbox.lease([MOON])
    with pytest.raises(OutboxError, match=mine.item.id):
        outbox.fly(mine)
    assert outbox.later(mine, ERROR) is None
    outbox.fly(theirs)
    assert only(outbox).state == "flying"


@pytest.mark.parametrize("jump", [-10 * 86_400, -3600, 3600, 20 * 86_400])
def test_the_clock_jumps(outbox, clock, jump):
    """Set forward or back: nothing is lost, nothing hangs, and no lease is had twice."""
    put(outbox, "1")
    put(outbox, "2")
    lease = outbox.lease([MOON])
    outbox.fly(lease)
    outbox.later(lease, ERROR)
    clock.now += jump
    items = outbox.items()
    assert [item.title for item in items] == ["1", "2"]
    if jump > LIFE:
        assert [item.why for item in items] == ["expired"] * 2
        outbox.resend(items[0].id, MOON)
    assert outbox.due_in([MOON]) <= LONGEST_PAUSE
    clock.now += LONGEST_PAUSE
    lease = outbox.lease([MOON])
    assert lease.item.title == "1"
    clock.now += jump
    taken = outbox.lease([MOON])
    if taken is not None:  # another one may have it now: only one of both can send it
        with pytest.raises(OutboxError):
            outbox.fly(lease)


def test_old_notes_are_dropped(outbox, clock):
    """What has ended is kept for a week, and the latest of it longer; what waits is not dropped."""
    for _ in range(KEPT_LONGER + 3):
        item = put(outbox)
        outbox.bury(outbox.lease([MOON]), ERROR)
    outbox._lasts = lambda: KEPT * 2
    waits = put(outbox)
    assert len(outbox.items()) == KEPT_LONGER + 4
    clock.now += KEPT + 1
    left = outbox.items()
    assert len(left) == KEPT_LONGER + 1
    assert {item.id, waits.id} <= {one.id for one in left}


def test_what_is_being_sent_is_left_alone(outbox):
    """It can be neither dropped nor sent again under its sender's hands; hurry changes nothing."""
    item = put(outbox)
    lease = outbox.lease([MOON])
    for change in (lambda: outbox.drop(item.id), lambda: outbox.resend(item.id, MOON)):
        with pytest.raises(OutboxError, match="is being sent"):
            change()
    outbox.later(lease, ERROR)
    outbox.hasten()
    assert outbox.due_in([MOON]) == 0
    with pytest.raises(OutboxError, match="there is no nope"):
        outbox.drop("nope")


def test_ids(outbox, monkeypatch):
    """Four digits, and more only where they are taken."""
    given = iter(["7f3a", "7f3a", "7f3a9c"])
    monkeypatch.setattr("notebook_notify.delivery.outbox_rows.token_hex", lambda _n: next(given))
    assert [put(outbox).id for _ in range(2)] == ["7f3a", "7f3a9c"]
