"""Rate limits and tokens of several senders on one store, judged by the sandbox."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from notebook_notify import errors
from notebook_notify.delivery.pacing import Pace
from notebook_notify.delivery.redis_store import RedisStore
from notebook_notify.delivery.shared import VARIABLE
from notebook_notify.delivery.store import MemoryStore
from notebook_notify.ledger_file import path_of
from notebook_notify.messages import Image, Message
from notebook_notify.platforms.wecom_chat import WeComChat
from notebook_notify.sender import send, wechat_group_chat
from notebook_notify.sending.dispatch import Sender

#: The smallest picture there is.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ROBOTS = ["wecom_robot", "dingtalk_robot"]


@pytest.fixture
def kernel():
    """Makes senders that share one store."""
    store, made = MemoryStore(), []

    def kernel(shared=store):
        made.append(Sender(pauses=(0, 0, 0), store=lambda: shared))
        return made[-1]

    yield kernel
    for one in made:
        one.close()


def answers(sandbox):
    """How many calls that send were answered, whatever with."""
    return sandbox.stats["requests"] - sandbox.stats["token_requests"]


#: Another kernel of this user's, which sends so many to one robot and prints their outcomes.
KERNEL = """
import json, sys
import requests  # which the first send else waits for
from notebook_notify.delivery import pacing
from notebook_notify.platforms import channel_of
from notebook_notify.sender import send
from notebook_notify.targets import Target
pacing.LATE_AT_LEAST = 1.0  # a machine that runs tests is busy
kind, fields, count, budget, most, seconds = json.loads(sys.argv[1])
target = Target(kind, fields, name="robot")
type(channel_of(target)).pace = pacing.Pace(most, seconds)
sys.stdin.readline()
for number in range(count):
    text = f"{sys.argv[2]} {number}"
    report = send(text, to=target, timeout=budget)
    print(json.dumps([text, report.outcome, report.results[0].code, report.notes]))
"""


def two_kernels(target, count, budget, most, seconds):
    """What two kernels print that begin at once: text, outcome, code and notes of each message."""
    secrets = {key: target.reveal(key) for key in ("webhook", "secret") if target.get(key)}
    given = json.dumps([target.channel, target.fields | secrets, count, budget, most, seconds])
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL, given, name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in ("first", "second")
    ]  # fmt: skip
    for one in kernels:
        one.stdin.write("\n")
        one.stdin.flush()
    printed = [one.communicate(timeout=60)[0] for one in kernels]
    return [json.loads(line) for line in "".join(printed).splitlines()]


@pytest.mark.parametrize("channel", ROBOTS)
def test_the_robot_is_never_told_that_it_is_too_fast(sandbox, to, channel):
    """Two kernels send 26 to one robot: 20 leave, the rest fail here; what was sent arrived."""
    told = two_kernels(to(sandbox, channel), 13, 3, 20, 60)
    sent = sorted(text for text, outcome, *_ in told if outcome == "sent")
    assert len(told) == 26
    assert len(sent) == 20
    assert {(outcome, code) for _, outcome, code, _ in told} == {
        ("sent", None),
        ("failed", errors.OVER_RATE),
    }
    assert sorted(one["content"] for one in sandbox.inbox) == sent
    assert answers(sandbox) == 20
    assert not any(notes for *_, notes in told)


def test_who_has_time_waits_and_loses_none(sandbox, to):
    """With a shorter window they wait their turn inside the budget: all 26 arrive."""
    sandbox.wecom_robot.rate.most, sandbox.wecom_robot.rate.seconds = 13, 2
    told = two_kernels(to(sandbox, "wecom_robot"), 13, 15, 13, 2)
    assert [outcome for _, outcome, *_ in told] == ["sent"] * 26
    assert sorted(one["content"] for one in sandbox.inbox) == sorted(text for text, *_ in told)
    assert answers(sandbox) == 26


def test_the_result_says_when(sandbox, kernel, to, sent, monkeypatch):
    """It failed at once, nothing left; dict and advice say in how many seconds, in each language."""
    one, target = kernel(), to(sandbox, "wecom_robot")
    assert all(sent(one, target, str(n)).outcome == "sent" for n in range(20))
    for language, again in (("en", "again in {} s"), ("zh", "{} 秒后再发")):
        monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
        began = time.monotonic()
        result = sent(one, target, "one more")
        assert time.monotonic() - began < 1
        assert (result.outcome, result.code) == ("failed", errors.OVER_RATE)
        words = again.format(result.error["retry_after"])
        assert 55 < result.error["retry_after"] <= 64
        assert words in result.error["errmsg"]
        assert words in result.advice.todo
    assert answers(sandbox) == 20


def test_the_seeds_functions_answer_with_the_dict(sandbox, monkeypatch):
    """As for every failure; a number below -1000 is ours."""
    monkeypatch.setattr(WeComChat, "pace", Pace(1, 60))
    app = sandbox.wecom.app
    given = (sandbox.wecom.corp_id, app.corp_secret, app.chat_id, "done")
    assert wechat_group_chat(*given, base_url=sandbox.url) is True
    answer = wechat_group_chat(*given, base_url=sandbox.url)
    assert (answer["errcode"], set(answer)) == (-1006, {"errcode", "errmsg", "retry_after"})
    assert f"again in {answer['retry_after']} s" in answer["errmsg"]


def test_a_long_text_is_not_torn(sandbox, kernel, to, sent):
    """Each part counts: a text of which only some might leave does not begin to."""
    one, target = kernel(), to(sandbox, "wecom_robot")
    for number in range(17):
        sent(one, target, str(number))
    result = sent(one, target, "很长。\n" * 700, timeout=3)
    assert result.parts > 3
    assert (result.code, result.parts_sent) == (errors.OVER_RATE, 0)
    assert answers(sandbox) == 17


def test_pictures_count_and_may_stay_behind(sandbox, kernel, to):
    """A text that fits is sent; a picture that does not is told of."""
    one, target = kernel(), to(sandbox, "wecom_robot")
    two = Message("both", (Image(PNG, "one.png"), Image(PNG, "two.png")))
    for _ in range(6):
        assert one.send([(target, two)])
    (result,) = one.send([(target, two)], timeout=3).results
    assert (result.outcome, result.parts_sent, result.images) == ("partial", 2, 1)
    assert any("two.png did not get through (-1006" in note for note in result.notes)
    assert answers(sandbox) == 20


@pytest.mark.parametrize(
    ("channel", "errcode", "rest"), [("wecom_robot", 45009, 60), ("dingtalk_robot", 130101, 600),
                                     ("wecom_chat", 45009, 60), ("wecom_app", 45009, 60)],
)  # fmt: skip
def test_the_platforms_word_is_heeded_by_all(sandbox, kernel, to, sent, channel, errcode, rest):
    """One kernel was told that it is too fast: for that time no kernel asks the platform again."""
    now = [1000.0]
    store = MemoryStore(lambda: now[0])
    first, second, target = kernel(store), kernel(store), to(sandbox, channel)
    sandbox.fail_next(errcode=errcode, path="send")
    assert sent(first, target).code == errcode
    seen = answers(sandbox)
    for one in (first, second):
        result = sent(one, target)
        assert (result.code, result.error["retry_after"]) == (errors.OVER_RATE, rest)
        assert str(errcode) in result.error["errmsg"]
    assert answers(sandbox) == seen
    now[0] += rest
    assert sent(second, target).outcome == "sent"


def test_a_short_rest_costs_no_message(sandbox, kernel, to, sent):
    """DingTalk's second is waited for, here and by the others."""
    one, target = kernel(), to(sandbox, "dingtalk_chat")
    sandbox.fail_next(errcode=90018, path="send", count=4)
    assert sent(one, target).code == 90018
    began = time.monotonic()
    assert sent(kernel(), target).outcome == "sent"
    assert 0.5 < time.monotonic() - began < 3


def test_people_are_counted_by_themselves(sandbox, kernel, to, sent):
    """What one member gets leaves room for another."""
    one = kernel()
    first, second = (to(sandbox, "wecom_app", users=[name]) for name in ("zhangwei", "lisi"))
    codes = {sent(one, first, str(n), timeout=3).code for n in range(31)}
    assert codes == {None, errors.OVER_RATE}
    assert sent(one, second).outcome == "sent"


def test_two_kernels_need_one_token(sandbox, kernel, to, sent):
    """The second uses the first one's; when it dies, both find the new one."""
    first, second, target = kernel(), kernel(), to(sandbox)
    for one in (first, second):
        assert sent(one, target).outcome == "sent"
    assert sandbox.stats["token_requests"] == 1
    sandbox.expire_tokens()
    threads = [threading.Thread(target=sent, args=(one, target)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sandbox.inbox) == 4
    assert sandbox.stats["token_requests"] == 2


def test_a_damaged_store_is_said_once(sandbox, to):
    """The user's store is a file in the state folder; it failing costs one note, no message."""
    path = path_of().with_name("store.sqlite3")
    path.parent.mkdir()
    path.write_text("no database")
    reports = [send("done", to=to(sandbox)) for _ in range(2)]
    assert all(reports)
    (note,) = reports[0].notes
    assert f"{path} · file is not a database; it is damaged: move it away" in note
    assert reports[1].notes == ()
    assert sandbox.stats["token_requests"] == 1


def test_redis_dies_in_the_middle(sandbox, to, redis_server, monkeypatch):
    """Kernels of two machines share Redis; it is killed: sends go on, in time, with one note."""
    pytest.importorskip("redis")
    monkeypatch.setenv(VARIABLE, "env:OUR_STORE")
    monkeypatch.setenv("OUR_STORE", redis_server.url)
    other = Sender(store=lambda: RedisStore(redis_server.url))
    target = to(sandbox, "wecom_robot")
    (result,) = other.send([(target, Message("from there"))]).results
    assert result.outcome == "sent"
    assert all(send(str(n), to=target).ok for n in range(19))
    assert send("one more", to=target, timeout=3).results[0].code == errors.OVER_RATE
    assert not path_of().with_name("store.sqlite3").exists()
    kept = [one.encode() for one in other._shared._store._client.keys("*")]
    assert kept
    assert not any(target.reveal("webhook").encode() in one for one in kept)
    redis_server.kill()
    began = time.monotonic()
    report = send("done", to=to(sandbox))
    assert time.monotonic() - began < 2
    assert report
    (note,) = report.notes
    assert f"127.0.0.1:{redis_server.port} cannot be used" in note
    assert redis_server.password not in note
    assert all(send("done", to=to(sandbox)).notes == () for _ in range(3))
    other.close()


def test_a_forked_child_counts_as_well(sandbox, to):
    """A worker that is forked shares its parent's limits, by a connection of its own."""
    code = """
        import json, os, sys, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        from notebook_notify.sender import send
        from notebook_notify.targets import Target
        target = Target("wecom_robot", json.loads(sys.argv[1]), name="robot")
        sent = [bool(send(str(n), to=target)) for n in range(12)]
        if not os.fork():
            sent = [bool(send(str(n), to=target, timeout=3)) for n in range(12)]
            os._exit(sum(sent))
        print(sum(sent), os.waitstatus_to_exitcode(os.wait()[1]), end=" ")
        print(send("x", to=target, timeout=3).results[0].code)
    """
    target = to(sandbox, "wecom_robot")
    fields = {**target.fields, "webhook": target.reveal("webhook")}
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), json.dumps(fields)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.stdout == "12 8 -1006\n", run.stderr
    assert len(sandbox.inbox) == 20
