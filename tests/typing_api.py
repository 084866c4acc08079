"""The public API as its users write it, with the type of all that they get.

mypy reads this file with the package (``.ci/check static``). ``test_typing_api.py`` runs it
against the sandbox with an ``assert_type`` that looks at the values: what is said of them is true.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, assert_type

import notebook_notify
from notebook_notify import (
    Advice,
    Chat,
    Department,
    DingTalkApp,
    File,
    Image,
    Markdown,
    Member,
    NotifyError,
    NotifyWarning,
    PlatformError,
    Secret,
    SendError,
    SendReport,
    SendResult,
    Target,
    TargetError,
    Text,
    WeComApp,
    notify,
    send,
)
from notebook_notify.sender import dingtalk_group_chat, wechat_application, wechat_group_chat

if TYPE_CHECKING:
    from notebook_notify import sned  # type: ignore[attr-defined]  # noqa: F401 - a slip is found

Outcome = Literal["sent", "partial", "queued", "unknown", "failed"]


def texts(png: bytes) -> None:
    """What is sent, and where to: each form that ``send`` takes."""
    target = Target("wecom_chat", {"corp_id": "ww1", "corp_secret": "env:S", "chat_id": "c"})
    assert_type(target, Target)
    assert_type(target.name, str | None)
    assert_type(target.label, str)
    assert_type(Secret.of("env:S").reference, str | None)
    assert_type(Secret("hunter22").reveal(), str)
    assert_type(send("loss 0.12", to="ops"), SendReport)
    send("to the default target", timeout=5.0, once="daily-2026-11-24")
    send(Text("to two"), to=["ops", "people"])
    send(["with a picture and a file", Image(png), File(b"a,b\n1,2\n", "table.csv")], to="ops")
    send(Markdown("# Done\n**1.82**", title="Done"), to="robot")


def report() -> None:
    """What is told of it."""
    told = send("training started", to="people")
    assert_type(told.outcome, Outcome)
    assert_type(told.ok, bool)
    assert_type(bool(told), bool)
    assert_type(told.raise_for_status(), SendReport)
    assert_type(told.results, tuple[SendResult, ...])
    assert_type(told.notes, tuple[str, ...])
    for result in told.results:
        assert_type(result.target, str)
        assert_type(result.outcome, Outcome)
        assert_type(result.error, dict[str, Any] | None)
        assert_type(result.code, int | str | None)
        assert_type(result.advice, Advice | None)
        assert_type(result.refused, dict[str, tuple[str, ...]])
        assert_type(result.parts_sent, int)
        assert_type(result.seconds, float)
        assert_type(result.message_ids, tuple[str, ...])
    assert_type(told.recall(timeout=5.0), SendReport)


def refused() -> None:
    """What a refusal tells, and what raises."""
    told = send("to a group that is gone", to="gone")
    advice = told.results[0].advice
    if advice is not None:
        assert_type(advice.what, str)
        assert_type(advice.todo, str)
        assert_type(advice.link, str | None)
    try:
        told.raise_for_status()
    except SendError as error:
        assert_type(error.report, SendReport)
    try:
        send("to nowhere", to="nobody")
    except TargetError as mistake:
        assert_type(mistake, TargetError)
    try:
        send(1)  # type: ignore[arg-type]
    except NotifyError as mistake:
        assert_type(mistake, NotifyError)


def blocks() -> None:
    """``notify`` around a block, and around functions, whose own types stay."""
    with notify("training", to="ops") as told:
        assert_type(told, notify)
        told.summary = 1.82
    assert_type(told.report, SendReport | None)

    @notify("evaluation", to="ops")
    def evaluate(rounds: int, *, name: str = "a") -> dict[str, float]:
        return {name: 0.5 * rounds}

    assert_type(evaluate(2, name="b"), dict[str, float])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotifyWarning)
        with notify("told to nobody", to="gone"):
            pass


def wecom(corp_id: str, corp_secret: str, url: str) -> None:
    """WeCom's groups, set up from Python."""
    app = WeComApp(corp_id, corp_secret, base_url=url)
    chat = app.create_chat("research", "zhangwei", ["zhangwei", "lisi"], chat_id="research1")
    assert_type(chat, Chat)
    assert_type(chat.owner, str)
    assert_type(chat.users, tuple[str, ...])
    assert_type(chat.target, Target)
    assert_type(chat.notes, tuple[str, ...])
    assert_type(chat.save("research", default=True), Path)
    assert_type(app.update_chat("research1", name="finance", add=["wangwu"]), Chat)
    assert_type(app.get_chat("research1").name, str)
    assert_type(WeComApp.of("research", timeout=30.0), WeComApp)
    try:
        app.get_chat("none")
    except PlatformError as error:
        assert_type(error.result, SendResult)


def dingtalk(app_key: str, app_secret: str, url: str) -> None:
    """DingTalk's people and groups."""
    app = DingTalkApp(app_key, Secret(app_secret), base_url=url, timeout=60.0)
    departments = app.departments(deep=True)
    assert_type(departments, list[Department])
    assert_type(departments[0].id, int)
    assert_type(departments[0].parent, int)
    people = app.members(deep=True)
    assert_type(people, list[Member])
    assert_type(people[0].id, str)
    assert_type(people[0].name, str)
    assert_type(app.user_id("13800000001"), str)
    chat = app.create_chat("research", people[0].id, [one.id for one in people])
    assert_type(chat, Chat)
    assert_type(chat.open_conversation_id, str)
    old = app.create_chat("research", people[0].id, [one.id for one in people], legacy=True)
    assert_type(app.convert(old.chat_id), str)
    assert_type(app.get_chat(old.chat_id).name, str)
    assert_type(DingTalkApp.of(chat.target), DingTalkApp)


def ported(corp_id: str, corp_secret: str, chat_id: str, url: str) -> None:
    """The three functions of the DolphinDB module: ``True``, or the platform's own dict."""
    told = wechat_group_chat(corp_id, corp_secret, chat_id, "a", base_url=url)
    assert_type(told, Literal[True] | dict[str, Any])
    told = wechat_application(corp_id, "wrong", 1000002, "b", base_url=url)
    assert_type(told, Literal[True] | dict[str, Any])
    told = dingtalk_group_chat("ding1", "wrong", "chat1", "c", base_url=url)
    assert_type(told, Literal[True] | dict[str, Any])


assert_type(notebook_notify.__version__, str)
