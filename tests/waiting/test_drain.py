"""What waits is sent in the background: when, in which order, how often, and what is said of it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from notebook_notify import sender
from notebook_notify.delivery import outbox_sweep as sweeps
from notebook_notify.delivery.outbox import Outbox
from notebook_notify.errors import NOT_CONNECTED, UNKNOWN, OutboxError
from notebook_notify.messages import File, Message
from notebook_notify.platforms import channel_of
from notebook_notify.waiting import drain as module
from notebook_notify.waiting.drain import Drain
from notebook_notify.waiting.queueing import place_of


def find(name):
    """The saved target of that name."""
    return sender.TARGETS.resolve(name)


def send(target, passage, seconds):
    """As the shared sender does."""
    seconds = min(seconds, 10)
    return sender.SENDER.send([(target, passage.message)], timeout=seconds, passage=passage)


@pytest.fixture
def saved(sandbox, monkeypatch):
    """Targets of the sandbox, saved as a user's are; gives what writes them anew."""
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.parent.mkdir(parents=True)
    path.touch(0o600)
    ding, fake = sandbox.dingtalk, sandbox.targets["sandbox-dingtalk_robot"]

    def save(chat=ding.chat_id, url=sandbox.url, secret=ding.app_secret):
        robot = "".join(f'{k} = "{v}"\n' for k, v in fake.items() if k != "base_url")
        path.write_text(
            f'[targets.ops]\nchannel = "dingtalk_chat"\napp_key = "{ding.app_key}"\n'
            f'app_secret = "{secret}"\nchat_id = "{chat}"\nbase_url = "{url}"\n'
            f'[targets.robot]\n{robot}base_url = "{url}"\n'
        )

    save()
    monkeypatch.setattr(sender.SENDER, "_pauses", ())
    sender.SENDER.renew()
    return save


@pytest.fixture
def drain(outbox, saved):
    """A drain as a kernel has one; ``drain.changes`` is what it told."""
    changes = []
    one = Drain(lambda: Outbox(outbox.path), find, send, changes.append)
    one.changes = changes
    yield one
    one.end(10)


def put(outbox, *texts, name="ops", ago=0.0, **options):
    """Queue texts, as so many seconds ago."""
    one = Outbox(outbox.path, lambda: time.time() - ago)
    place = place_of(find(name))
    items = [
        one.put(name, place, text if isinstance(text, Message) else Message(text), **options)
        for text in texts
    ]
    one.close()
    return items


def texts(sandbox):
    """What arrived, oldest first."""
    return [one["content"] for one in sandbox.inbox]


def flush(drain, seconds=10):
    """Have all sent that can be."""
    assert drain.flush(seconds)


def test_what_is_put_goes_out_by_itself(drain, outbox, saved, sandbox):
    """In the order in which it was put; the outbox is empty then, and who watches is told."""
    target, told = find("ops"), threading.Event()

    def job(box):
        return [box.put("ops", place_of(target), Message(str(n))) for n in range(3)]

    items = drain.put(job)
    drain.watch(items[2].id, lambda change: told.set())
    assert told.wait(10) or outbox.items() == []
    flush(drain)
    assert texts(sandbox) == ["0", "1", "2"]
    assert outbox.items() == []
    assert [(c.item.title, c.here, c.result.outcome) for c in drain.changes] == [
        (str(n), False, "sent") for n in range(3)
    ]


def test_who_watches_too_late(drain, outbox, saved):
    """It may go out before its report is shown: who then asks is told all the same."""
    (item,) = drain.put(lambda box: [box.put("ops", place_of(find("ops")), Message("one"))])
    flush(drain)
    watched, told = [], threading.Event()
    drain.watch(item.id, lambda change: (watched.append(change), told.set()))
    assert told.wait(10)
    assert [(one.item.id, one.here) for one in watched] == [(item.id, False)]
    assert len(drain.changes) == 1


def test_a_heading_makes_nothing_too_long(drain, outbox, saved, sandbox):
    """A text of the most parts that comes late has a line more, and comes."""
    channel = channel_of(find("ops"))
    put(outbox, "x" * (channel.text_limit * channel.most_parts - 5), ago=3600)
    for _ in range(5):  # our own limit lets through so many in a second
        flush(drain)
        if not outbox.items():
            break
        time.sleep(1.1)
    assert outbox.items() == []
    assert texts(sandbox)[0].startswith("(1/31)")


def test_the_network_comes_back(drain, outbox, saved, sandbox):
    """While there is none all of it waits; then it comes in order, and says how late it is."""
    saved(url="http://127.0.0.1:9")
    put(outbox, "one", "two", ago=3 * 3600)
    flush(drain)
    first, second = outbox.items()
    assert (first.state, first.error["errcode"], first.attempts) == ("queued", NOT_CONNECTED, 1)
    assert (second.state, second.attempts) == ("queued", 0)
    assert drain.changes == []
    saved()
    for item in (first, second):  # since there, for once, it is the address that has changed
        outbox.resend(item.id, place_of(find("ops")))
    flush(drain)
    late = [one.splitlines() for one in texts(sandbox)]
    assert [lines[1] for lines in late] == ["one", "two"]
    assert all(lines[0].startswith("3 h late · ") for lines in late)


@pytest.mark.parametrize(
    "fault", [{"kind": "errcode", "errcode": 90018}, {"kind": "no_errcode"}, {"kind": "redirect"}]
)
def test_what_a_while_may_mend(drain, outbox, sandbox, saved, fault):
    """Too many calls, or a page in the platform's place: it is tried again, and arrives once."""
    sandbox.fail_next(**fault, path="chat/send")
    put(outbox, "one")
    flush(drain)
    (item,) = outbox.items()
    assert (item.state, item.lost) == ("queued", 0)
    assert item.next_at > time.time()
    time.sleep(1.1)  # our own limit of that code
    flush(drain)
    assert texts(sandbox) == ["one"]


def test_refused_for_good(drain, outbox, sandbox, saved):
    """The platform's own dict is kept, nothing loops, and the next one goes out."""
    sandbox.fail_next(errcode=49010, errmsg="password=hunter2hunter2", path="chat/send")
    put(outbox, "one", "two")
    flush(drain)
    (item,) = outbox.items()
    assert (item.state, item.title, item.error["errcode"]) == ("dead", "one", 49010)
    assert "hunter2" not in str(item.error)
    assert texts(sandbox) == ["two"]
    change = drain.changes[0]
    assert (change.here, change.item, change.result.code) == (True, item, 49010)


def test_what_may_have_arrived(drain, outbox, sandbox, saved, monkeypatch):
    """It is repeated once, a minute later, marked; and then no more."""
    sandbox.fail_next("half", path="chat/send")
    (item,) = put(outbox, "one", ago=61)  # so that its minute is soon over
    flush(drain)
    (unknown,) = outbox.items()
    assert (unknown.state, unknown.error["errcode"]) == ("unknown", UNKNOWN)
    assert drain.changes == []
    assert texts(sandbox) == ["one"]
    drain.outbox._clock = lambda: time.time() + 61
    sandbox.fail_next("half", path="chat/send")
    flush(drain)
    assert texts(sandbox) == ["one", f"possible repeat · {item.id}\none"]
    drain.outbox._clock = lambda: time.time() + 3600
    flush(drain)
    assert len(texts(sandbox)) == 2
    (change,) = drain.changes
    assert (change.item.state, change.item.lost, change.here) == ("unknown", 2, True)


def test_what_must_not_be_doubled(drain, outbox, sandbox, saved):
    """``--once``, or a target that asks: it stays unknown."""
    sandbox.fail_next("half", path="chat/send")
    put(outbox, "one", repeats=False)
    flush(drain)
    drain.outbox._clock = lambda: time.time() + 3600
    flush(drain)
    assert texts(sandbox) == ["one"]
    assert [one.item.state for one in drain.changes] == ["unknown"]


def test_a_long_text_goes_on_where_it_stopped(drain, outbox, sandbox, saved):
    """What the platform has of it is not sent again."""
    long = "\n".join(f"line {n} " + "x" * 90 for n in range(60))
    calls = []

    def one_by_one(target, passage, seconds):
        accepted = passage.land

        def land(part):
            accepted(part)
            if not calls:
                calls.append(part)
                sandbox.fail_next(errcode=90018, path="chat/send")

        passage.land = land
        return send(target, passage, seconds)

    drain._send = one_by_one
    put(outbox, Message(long, (File(b"a,b\n1,2\n", "table.csv"),)))
    flush(drain)
    (item,) = outbox.items()
    assert (item.accepted, item.pieces, item.state) == (1, 4, "queued")
    time.sleep(1.1)
    flush(drain)
    assert outbox.items() == []
    arrived = texts(sandbox)
    assert [one[:5] for one in arrived[:3]] == ["(1/3)", "(2/3)", "(3/3)"]
    assert [m["msgtype"] for m in sandbox.inbox] == ["text"] * 3 + ["file"]
    numbers = [int(line.split()[1]) for line in "\n".join(
        one[6:] for one in arrived[:3]).splitlines() if line.startswith("line")]  # fmt: skip
    assert numbers == list(range(60))


def test_another_target_under_its_name(drain, outbox, sandbox, saved):
    """It is held, and the reason is told; whoever says *resend* sends it to the new one."""
    put(outbox, "one")
    saved(chat="chatanother")
    flush(drain)
    (item,) = outbox.items()
    assert (item.state, item.attempts) == ("queued", 0)
    saved(secret="renewed")
    targets, without = drain.targets()
    assert (list(targets), without) == ([item.place], {})


def test_a_target_that_cannot_be_used_here(drain, outbox, sandbox, saved):
    """What this kernel lacks another one may have: it waits, untried."""
    put(outbox, "one")
    saved(secret="env:NOT_HERE")
    flush(drain)
    assert outbox.items()[0].attempts == 0
    assert "NOT_HERE" in drain.targets()[1]["ops"]


def test_an_outcome_that_cannot_be_written(drain, outbox, sandbox, saved, monkeypatch):
    """It is written before the next message is sent; nothing is sent twice meanwhile."""
    done, failed = Outbox.done, []

    def fails_once(self, lease):
        if not failed:
            failed.append(lease)
            raise OutboxError("the disk is full")
        done(self, lease)

    monkeypatch.setattr(Outbox, "done", fails_once)
    put(outbox, "one", "two")
    flush(drain)
    assert drain.trouble == "the disk is full"
    assert texts(sandbox) == ["one"]
    flush(drain)
    assert drain.trouble == ""
    assert texts(sandbox) == ["one", "two"]
    assert outbox.items() == []


def test_it_does_not_spin(drain, outbox, saved, monkeypatch):
    """With something held, something in its pause and something of another's, it looks seldom."""
    put(outbox, "held")
    outbox.resend(outbox.items()[0].id, "another place")
    put(outbox, "one", rest=600)
    looks = []
    passes = drain._pass
    monkeypatch.setattr(drain, "_pass", lambda: (looks.append(1), passes())[1])
    drain.start()
    time.sleep(1.5)
    assert len(looks) <= 2


def test_an_outbox_that_another_kernel_begins(drain, outbox, saved, sandbox, monkeypatch):
    """Who has found none looks again when it sends something, and then sends what is there."""
    submit, looks = drain._workers.submit, []
    monkeypatch.setattr(drain._workers, "submit", lambda job: looks.append(submit(job)))
    drain.notice()
    looks[0].result(10)
    assert drain._thread is None
    put(outbox, "one")
    drain.notice()  # too soon
    assert len(looks) == 1
    drain._noticed -= module.IDLE
    drain.notice()
    deadline = time.monotonic() + 10
    while outbox.items() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert texts(sandbox) == ["one"]


def test_what_expires_is_told(drain, outbox, saved):
    """The drain that finds it tells; a second one's box shows it, and tells nobody."""
    ledger = []
    other = Drain(lambda: Outbox(outbox.path), find, send, ledger.append)
    box, told = [], threading.Event()
    outbox._lasts = lambda: 1.0
    item = outbox.put("ops", "elsewhere", Message("one"))
    other.watch(item.id, lambda change: (box.append(change), told.set()))
    flush(other)
    time.sleep(1.1)
    drain.flush(10)
    assert told.wait(0) or other.flush(10)
    assert told.wait(10)
    deadline = time.monotonic() + 10
    while not drain.changes and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [(one.item.why, one.outcome) for one in [*drain.changes, *box]] == [
        ("expired", "failed")
    ] * 2
    assert ledger == []
    other.end(10)


def test_two_kernels_send_it_once(drain, outbox, sandbox, saved):
    """However many look at the same time, each message has one sender, and order holds."""
    other = Drain(lambda: Outbox(outbox.path), find, send)
    put(outbox, *map(str, range(8)))
    other.start()
    flush(drain)
    other.flush(10)
    deadline = time.monotonic() + 10
    while outbox.items() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert texts(sandbox) == list(map(str, range(8)))
    other.close()


def test_limits_of_time():
    """A message's time ends before its lease does, so that no other sender takes it meanwhile."""
    assert module.TIMEOUT * 2 < sweeps.LEASE
