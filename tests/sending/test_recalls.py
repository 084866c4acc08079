"""A report takes its messages back, and says what could not be."""

from __future__ import annotations

import copy
import pickle
import time

import pytest

from notebook_notify import send
from notebook_notify.platforms import CHANNELS
from notebook_notify.targets import Target


@pytest.fixture
def to(sandbox):
    """Gives the sandbox's target of a channel, of other fields if any are given."""

    def target(channel, **changed):
        fields = {**sandbox.targets[f"sandbox-{channel}"], **changed}
        del fields["channel"]
        return Target(channel, fields, name=channel, source="sandbox")

    return target


def recalled(sandbox):
    """Which of the messages that arrived were taken back."""
    return [message["recalled"] for message in sandbox.inbox]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "✓ taken back wecom_app (WeCom app) · 1 of 1 · "),
        ("zh", "✓ 已撤回 wecom_app（企业微信应用）· 1 条中的 1 条 · "),
    ],
)
def test_an_apps_message(sandbox, to, monkeypatch, language, told):
    """An application's message is gone from the sandbox's phone, and the report says so."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    report = send("oops", to("wecom_app"))
    assert recalled(sandbox) == [False]
    back = report.recall()
    assert recalled(sandbox) == [True]
    assert back
    assert repr(back).startswith(told)


def test_every_part(sandbox, to):
    """All parts of a long text are taken back."""
    back = send("长" * 1500, to("wecom_app")).recall()
    assert recalled(sandbox) == [True, True, True]
    assert (back.results[0].parts, back.results[0].parts_sent) == (3, 3)


def test_what_the_platform_refuses(sandbox, to):
    """The platform's refusal is the outcome, with its dict."""
    sandbox.fail_next(errcode=40058, path="recall")
    back = send("oops", to("wecom_app")).recall()
    assert back.outcome == "failed"
    assert back.results[0].code == 40058
    assert "✗ not taken back wecom_app (WeCom app) · 40058: " in repr(back)
    assert recalled(sandbox) == [False]


def test_a_lost_answer(sandbox, to):
    """If the answer is lost, nobody knows: not a word of what is to arrive."""
    report = send("oops", to("wecom_app"))
    sandbox.fail_next("hang", path="recall")
    started = time.monotonic()
    back = report.recall(timeout=0.5)
    assert time.monotonic() - started < 2
    assert back.outcome == "unknown"
    assert "send again" not in repr(back)


def test_a_gateways_page(sandbox, to):
    """A gateway that had trouble may have passed the call on: nobody knows."""
    report = send("oops", to("wecom_app"))
    sandbox.fail_next(status=502, path="recall")
    back = report.recall()
    assert (back.outcome, back.results[0].code) == ("unknown", -1003)
    assert "send again" not in repr(back)


def test_the_time_is_up_in_the_middle(sandbox, to):
    """What was taken back by then is told."""
    report = send("长" * 1500, to("wecom_app"))
    calls = []
    channel = CHANNELS["wecom_app"]

    def slow(*args):
        calls.append(args)
        if len(calls) > 1:
            time.sleep(1)
        return type(channel).recall_request(channel, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channel, "recall_request", slow)
        back = report.recall(timeout=0.5)
    assert back.outcome == "partial"
    assert "1 of 3" in repr(back)
    assert "time was up before all was taken back" in repr(back)


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "this channel cannot take messages back"), ("zh", "这个通道不能撤回消息")],
)
def test_a_channel_that_cannot(sandbox, to, monkeypatch, language, told):
    """Where the platform has no such call, that is said; others of the report are taken back."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    back = send("oops", [to("wecom_chat"), to("wecom_app"), to("dingtalk_chat")]).recall()
    assert [one.outcome for one in back.results] == ["failed", "sent", "failed"]
    assert back.results[0].error["errmsg"].startswith(told)
    assert repr(back).count(told) == 2
    assert recalled(sandbox).count(True) == 1


def test_what_was_not_sent_is_left_out(to):
    """There is nothing to take back of what the platform refused."""
    report = send("oops", to("wecom_app", corp_secret="wr0ng-s3cr3t"))
    assert report.outcome == "failed"
    back = report.recall()
    assert back.results == ()
    assert repr(back) == "· nothing was sent that could be taken back"


def test_an_earlier_message(sandbox, to):
    """What an earlier run had sent cannot be taken back: its id was not kept."""
    for _ in range(2):
        report = send("oops", to("wecom_app"), once="k")
    back = report.recall()
    assert back.outcome == "failed"
    assert "its id was not kept" in repr(back)
    assert recalled(sandbox) == [False]


@pytest.mark.parametrize("again", [lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy])
def test_a_pickle_holds_no_secret(sandbox, to, again):
    """A report can be pickled; what comes out knows no target, and says where to take it back."""
    target = to("wecom_app")
    report = send("oops", target)
    assert target.reveal("corp_secret").encode() not in pickle.dumps(report)
    other = again(again(report))
    assert other == report
    assert "take it back where it was sent" in repr(other.recall())
    assert recalled(sandbox) == [False]


def test_nothing_of_it_is_shown(to):
    """What a result holds to be taken back is no part of its repr."""
    target = to("wecom_app")
    report = send("oops", target)
    shown = repr(report.results[0]) + repr(report)
    assert "recaller" not in shown
    assert target.reveal("corp_secret") not in shown


def test_side_by_side(sandbox, to):
    """One target that does not answer does not keep another's message."""
    report = send("oops", [to("wecom_app"), to("wecom_app")])
    sandbox.fail_next("hang", path="recall")
    outcomes = [one.outcome for one in report.recall(timeout=1.5).results]
    assert sorted(outcomes) == ["sent", "unknown"]
