"""Which targets `--check` takes, and what it posts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from notebook_notify import checking, sender
from notebook_notify.errors import ConfigError, TargetError


@pytest.fixture
def saved(sandbox):
    """Write a config file of targets of the sandbox, by name, and of other lines."""

    def write(lines: str = "", **channels: str) -> None:
        path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
        path.parent.mkdir(exist_ok=True)
        path.touch(0o600)
        text = lines
        for name, channel in channels.items():
            fields = sandbox.targets[f"sandbox-{channel}"]
            text += f"\n[targets.{name}]\n"
            text += "".join(f"{key} = {value!r}\n" for key, value in fields.items())
        path.write_text(text)

    return write


def labels(targets):
    """What the targets are called."""
    return [target.label for target in targets]


def test_the_defaults(saved):
    """The default of each magic is taken, said or the only one of its kind, each once."""
    saved("defaults.wechat = 'b'\n", a="wecom_robot", b="wecom_chat", c="wecom_app")
    assert labels(checking.defaults()) == ["b", "c"]


def test_no_default(saved):
    """Where there is none, or several and no word on them, that is told with what to do."""
    with pytest.raises(TargetError, match="no target yet"):
        checking.defaults()
    saved(a="wecom_robot", b="wecom_chat")
    with pytest.raises(TargetError, match="several targets and no default: a, b"):
        checking.defaults()


def test_a_default_that_cannot_work(saved):
    """A default that lacks something, or leads nowhere, is told, not passed over."""
    saved("defaults.wechat = 'a'\n", a="wecom_robot", c="wecom_app")
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.write_text(path.read_text().replace("webhook = '", "webhook = 'env:NOT_SET_' # '"))
    with pytest.raises(TargetError, match="NOT_SET_"):
        checking.defaults()
    saved("defaults.wechat = 'nobody'\n", c="wecom_app")
    with pytest.raises(ConfigError, match="nobody"):
        checking.defaults()


def test_a_named_target_of_everyone_is_posted_to(saved, sandbox):
    """Who names it means it; unless the administrator forbids it, and then nothing is posted."""
    saved(all="wecom_app", ops="wecom_robot")
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.write_text(path.read_text().replace("['zhangwei', 'lisi']", "'@all'"))
    proofs, posts = checking.check(["all"], post=True)
    assert (proofs.outcome, posts.outcome) == ("sent", "sent")
    assert sandbox.inbox[0]["to"] == "@all"


def test_what_the_administrator_forbids_is_not_proved(saved, sandbox, tmp_path, monkeypatch):
    """Under `allow_all = false` a target of everyone is told as refused, and gets no line."""
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "site"))
    site = tmp_path / "site" / "notebook_notify" / "notebook_notify.toml"
    site.parent.mkdir(parents=True)
    site.write_text("allow_all = false\n")
    saved(all="wecom_app", ops="wecom_robot")
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.write_text(path.read_text().replace("['zhangwei', 'lisi']", "'@all'"))
    proofs, posts = checking.check(["ops", "all"], post=True)
    assert [one.outcome for one in proofs.results] == ["sent", "failed"]
    assert "the administrator forbids" in repr(proofs)
    assert [one.target for one in posts.results] == ["ops"]
    assert [one["channel"] for one in sandbox.inbox] == ["wecom_robot"]


def test_the_whole_keeps_the_budget(saved, sandbox):
    """Proofs and lines together take no longer than was said."""
    saved(ops="wecom_robot", research="wecom_chat")
    sandbox.fail_next("hang", path="gettoken", seconds=3)
    proofs, posts = checking.check(["research", "ops"], timeout=0.4, post=True)
    assert [one.outcome for one in proofs.results] == ["failed", "unknown"]
    assert posts.outcome == "failed"
    sender.BOOKKEEPING.flush()
    assert sandbox.inbox == []
