"""Who is told of what becomes of an item: the ledger once, and every box that shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_notify.delivery.outbox import Outbox
from notebook_notify.messages import Message
from notebook_notify.reports import SendResult
from notebook_notify.waiting import changes as module
from notebook_notify.waiting.changes import Change, Changes, swept

MOON = "place of the moon"


@pytest.fixture
def item(outbox):
    """One that waits."""
    return outbox.put("ops", MOON, Message("done"))


class Told:
    """What the ledger, and a box, were told; *entry*: what another process has told."""

    def __init__(self, entry=None):
        self.ledger, self.box, self.entry = [], [], entry
        self.changes = Changes(self.ledger.append, lambda _item: self.entry)

    def look(self, outbox):
        """As the drain's thread does."""
        self.changes.look({one.id: one for one in outbox.items()})


def test_sent_by_another_kernel(outbox, item):
    """The box says so as soon as the other one has told the ledger, which is told nothing."""
    told = Told()
    told.changes.watch(item.id, told.box.append)
    told.look(outbox)
    outbox.done(outbox.lease([MOON]))
    told.look(outbox)
    assert told.box == []  # it is not known yet
    told.entry = "sent"
    told.look(outbox)
    told.look(outbox)
    (change,) = told.box
    assert (change.outcome, change.ended, change.item) == ("sent", True, item)
    assert told.ledger == []


def test_a_look_while_this_kernel_tells(outbox, item):
    """What this kernel has sent is never shown as another one's, whenever it is looked."""
    told = Told()

    def ledger(change):
        told.entry = "sent"
        told.look(outbox)

    told.changes = Changes(ledger, lambda _item: told.entry)
    told.changes.watch(item.id, told.box.append)
    told.look(outbox)
    outbox.done(outbox.lease([MOON]))
    told.look(outbox)
    mine = Change(item, SendResult("ops", "", "sent"), here=False)
    told.changes.tell(mine)
    told.look(outbox)
    assert told.box == [mine]


def test_gone_without_a_word(outbox, item, monkeypatch):
    """What nobody tells of is told as not known, a while after it is gone."""
    told = Told()
    told.changes.watch(item.id, told.box.append)
    told.look(outbox)
    outbox.drop(item.id)
    told.look(outbox)
    assert told.box == []
    monkeypatch.setattr(module, "UNTOLD", 0.0)
    told.look(outbox)
    assert [one.outcome for one in told.box] == ["unknown"]


def test_ended_by_another_kernel(outbox, item):
    """What another one gave up is shown here; it has told the ledger itself."""
    told = Told()
    told.changes.watch(item.id, told.box.append)
    outbox.bury(outbox.lease([MOON]), {"errcode": 1})
    told.look(outbox)
    assert [(one.outcome, one.here) for one in told.box] == [("failed", True)]
    assert told.ledger == []


def test_what_a_look_ends(tmp_path):
    """Who sweeps tells the ledger and the box; what had gone out whole was sent."""
    now = [1_764_000_000.0]
    outbox = Outbox(tmp_path / "outbox.sqlite3", lambda: now[0], lasts=lambda: 600)
    ended = []
    outbox.ended = ended.extend
    late = outbox.put("ops", MOON, Message("late"))
    whole = outbox.put("ops", "elsewhere", Message("whole"))
    lease = outbox.lease(["elsewhere"])
    outbox.fly(lease)
    outbox.accept(lease, 3, 3)
    now[0] += 600
    outbox.items()
    outbox.items()
    told = Told()
    for one in ended:
        told.changes.watch(one.id, told.box.append)
        told.changes.tell(swept(one))
    assert {one.item.id: (one.outcome, one.here) for one in told.ledger} == {
        late.id: ("failed", True),
        whole.id: ("sent", False),
    }
    assert told.box == told.ledger
    outbox.close()


def test_dropped_here(item):
    """What its reader has deleted did not go out."""
    assert Change(item, None, here=False).outcome == "failed"


def test_an_id_that_is_used_again(outbox, item):
    """A box of a new item is not told what became of an older one that had its id."""
    told = Told()
    told.changes.tell(
        Change(item, SendResult("ops", "WeCom", "sent"), here=False)
    )  # nobody watched
    new = replace(item, created=item.created + 5)
    told.changes.begun(new)
    told.changes.watch(new.id, told.box.append)
    told.changes.look({new.id: new})
    assert told.box == []
    told.changes.begun(new)
    told.changes.tell(Change(new, SendResult("ops", "WeCom", "failed"), here=False))
    assert [one.result.outcome for one in told.box] == ["failed"]
