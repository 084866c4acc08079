"""How items end: by whom, when, and who is told."""

from __future__ import annotations

import pytest

from notebook_notify.delivery.outbox import Outbox
from notebook_notify.delivery.outbox_sweep import LEASE, REPEAT_AFTER
from notebook_notify.errors import OutboxError
from notebook_notify.messages import Message

MOON = "place of the moon"


@pytest.fixture
def outbox(tmp_path, clock):
    """An outbox whose messages last ten minutes; ``outbox.told`` is what its looks have ended."""
    one = Outbox(tmp_path / "outbox.sqlite3", clock, lambda: 0.5, lambda: 600)
    one.told = []
    one.ended = one.told.extend
    yield one
    one.close()


def put(outbox, text="done", place=MOON, **options):
    """Queue a text."""
    return outbox.put("ops", place, Message(text), **options)


def only(outbox):
    """The one item that is there."""
    (item,) = outbox.items()
    return item


def test_how_long_it_lasts(outbox, clock):
    """As long as its user has said; sent again, as long again."""
    item = put(outbox)
    assert item.expires == clock.now + 600
    clock.now += 700
    assert only(outbox).why == "expired"
    assert outbox.resend(item.id, MOON).expires == clock.now + 600


def test_who_looks_is_told_what_that_ended(outbox, clock):
    """Once, of each, and of none that goes on."""
    late, lost = put(outbox, "late"), put(outbox, "lost", unknown=True)
    lease = outbox.lease([MOON])
    outbox.fly(lease)
    clock.now += LEASE
    assert outbox.items()[0].state == "unknown"
    assert outbox.told == []  # it is repeated yet
    clock.now += 600
    outbox.items()
    outbox.items()
    assert [(one.id, one.state, one.why) for one in outbox.told] == [
        (late.id, "unknown", "expired"),
        (lost.id, "unknown", "expired"),
    ]


def test_what_must_not_be_repeated_ends_with_its_sender(outbox, clock):
    """A message with a key whose sender is gone is unknown for good, and told."""
    put(outbox, repeats=False)
    outbox.fly(outbox.lease([MOON]))
    clock.now += LEASE
    outbox.items()
    assert [(one.state, one.why) for one in outbox.told] == [("unknown", "sender")]


def test_what_is_undone_is_not_told(outbox, clock):
    """A call that fails leaves all as it was; the next one tells."""
    put(outbox)
    clock.now += 600
    with pytest.raises(OutboxError, match="there is no nope"):
        outbox.drop("nope")
    assert outbox.told == []
    outbox.items()
    assert len(outbox.told) == 1


def test_done_late_takes_no_other(outbox, monkeypatch):
    """An id is given again: who comes late with an outcome takes out its own item alone."""
    given = iter(["7f3a", "7f3a"])
    monkeypatch.setattr("notebook_notify.delivery.outbox_rows.token_hex", lambda _n: next(given))
    put(outbox, "1")
    mine = outbox.lease([MOON])
    outbox._clock.now += LEASE
    outbox.done(outbox.lease([MOON]))  # another kernel has sent it meanwhile
    other = put(outbox, "2")
    outbox.done(mine)
    assert only(outbox) == other


def test_done_late_calls_off_the_repeat(outbox, clock):
    """It was delivered after all: a repeat that has not left yet does not leave."""
    put(outbox)
    mine = outbox.lease([MOON])
    outbox.fly(mine)
    clock.now += LEASE
    outbox.items()
    clock.now += REPEAT_AFTER
    repeat = outbox.lease([MOON])
    outbox.done(mine)
    with pytest.raises(OutboxError, match="another process has"):
        outbox.fly(repeat)
    assert outbox.items() == []
