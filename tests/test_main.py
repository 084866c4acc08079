"""``python -m notebook_notify``: send, check, sandbox; what is printed and the exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from notebook_notify import sender
from notebook_notify.__main__ import MISTAKE, NOT_SENT, main


@pytest.fixture
def saved(sandbox):
    """Two of the sandbox's targets stand in the config file, as a user's do."""
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.parent.mkdir(parents=True)
    path.touch(0o600)
    app, ding = sandbox.wecom.app, sandbox.dingtalk
    path.write_text(
        f"""
        [targets.ops]
        channel = "wecom_chat"
        corp_id = "{sandbox.wecom.corp_id}"
        corp_secret = "{app.corp_secret}"
        chat_id = "{app.chat_id}"
        base_url = "{sandbox.url}"
        [targets.ding]
        channel = "dingtalk_chat"
        app_key = "{ding.app_key}"
        app_secret = "{ding.app_secret}"
        chat_id = "{ding.chat_id}"
        base_url = "{sandbox.url}"
        """
    )
    return sandbox


def run(*arguments, stdin=None, **environment):
    """Run the shell's command."""
    return subprocess.run(
        [sys.executable, "-m", "notebook_notify", *arguments],
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
    )


def test_send(saved):
    """A text on the line goes out; the report is on stdout and the exit code 0."""
    done = run("send", "--to", "ops", "夜间回测", "完成")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("✓ sent ops (WeCom group")
    assert [m["content"] for m in saved.inbox] == ["夜间回测 完成"]


def test_send_from_stdin(saved):
    """Without a text, stdin is sent, as a pipe gives it, its last line break left out."""
    done = run("send", "-t", "ops", "-t", "ding", stdin="two\n  lines ✓\n".encode())
    assert done.returncode == 0
    assert [m["content"] for m in saved.inbox] == ["two\n  lines ✓"] * 2


def test_send_survives_foreign_characters(saved):
    """Bytes that are no text, and a terminal without a ✓, end in a sent message, not a crash."""
    done = run("send", "-t", "ops", stdin=b"caf\xe9", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"? sent ops")
    assert len(saved.inbox) == 1


def test_not_sent(saved):
    """What was not sent is on stderr, with the exit code 1."""
    saved.fail_next(errcode=86003, path="send")
    done = run("send", "--to", "ops", "x")
    assert (done.returncode, done.stdout) == (NOT_SENT, b"")
    assert "86003" in done.stderr.decode()


def test_mistakes(saved, capsys):
    """The caller's mistakes are one line on stderr, with the exit code 2."""
    assert main(["send", "--to", "opps", "x"]) == MISTAKE
    said = capsys.readouterr().err
    assert said.startswith("notebook_notify: no target opps; did you mean ops?")
    assert len(said.splitlines()) == 1
    assert run("send", "--to", "ops").returncode == MISTAKE  # nothing on stdin
    assert run("send", "x").returncode == MISTAKE  # several targets, no default
    for arguments in (["fly"], ["send", "--timeout", "soon", "x"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == MISTAKE
    assert saved.inbox == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("commands:", "%notify_setup ops", "%notify_sandbox")), ("zh", ("命令：", "新建目标"))],
)
def test_without_a_command(language, words, capsys, monkeypatch):
    """A newcomer is told what there is and where to begin; to a script it is a mistake."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    assert main([]) == MISTAKE
    out, err = capsys.readouterr()
    assert out == ""
    for word in (*words, "send", "check", "history", "outbox", "sandbox"):
        assert word in err


def test_mistakes_are_told_in_chinese(capsys, monkeypatch):
    """What is wrong with a command, and its help, are in the reader's language."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    for arguments, told in (
        (["fly"], "COMMAND 不能是 fly，可选：send"),
        (["send", "--timeout", "soon", "x"], "--timeout 应是数字，不是 soon"),
        (["outbox", "--id"], "不认识 --id"),
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        said = capsys.readouterr().err
        assert told in said
        assert "usage" not in said
    with pytest.raises(SystemExit):
        main(["send", "--help"])
    assert "选项：\n" in capsys.readouterr().out


def test_history(saved, capsys):
    """What was sent stands under a heading, the newest first; nothing is told as nothing."""
    assert main(["history"]) == 0
    assert capsys.readouterr().out.startswith("nothing was sent yet")
    for text in ("one", "two"):
        assert main(["send", "--to", "ops", text]) == 0
    capsys.readouterr()
    assert main(["history"]) == 0
    heading, newest, oldest = capsys.readouterr().out.splitlines()
    assert heading.split() == ["when", "target", "first", "line", "outcome"]
    assert newest.split()[3:] == ["ops", "two", "sent"]
    assert oldest.split()[3:] == ["ops", "one", "sent"]


def test_closed_stdin(saved, monkeypatch):
    """A process without stdin has nothing to send, and says so."""
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["send", "--to", "ops"]) == MISTAKE


def test_check(saved, capsys):
    """Targets are proved without posting; a bad one gives the exit code 1."""
    assert main(["check", "--to", "ops", "--to", "ding"]) == 0
    out, err = capsys.readouterr()
    assert "✓ proved ops" in out
    assert "◐ proved in part ding" in out
    saved.fail_next(errcode=40001, path="/cgi-bin/gettoken")
    assert main(["check", "-t", "ops"]) == NOT_SENT
    out, err = capsys.readouterr()
    assert out == ""
    assert "not proved ops" in err
    assert saved.inbox == []


def test_check_of_what_only_a_message_proves(saved, capsys):
    """A robot is not called good on its word; `--post` posts the line that proves it."""
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    robot = saved.targets["sandbox-wecom_robot"]
    path.write_text(
        f'[targets.bot]\nchannel = "wecom_robot"\nwebhook = "{robot["webhook"]}"\n'
        f'base_url = "{saved.url}"\n'
    )
    assert main(["check"]) == NOT_SENT
    assert "? not proved bot" in capsys.readouterr().err
    assert saved.inbox == []
    assert main(["check", "--post"]) == 0
    assert "✓ sent bot" in capsys.readouterr().out
    assert "test message" in saved.inbox[0]["content"]


def test_interrupted(saved, capsys, monkeypatch):
    """Ctrl-C ends the command with what is known of the message."""

    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(sender.SENDER, "_settle", interrupted)
    assert main(["send", "--to", "ops", "x"]) == NOT_SENT
    assert "ops" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["send"], ["check"], ["sandbox"]])
def test_help(command, capsys):
    """Each command explains itself."""
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("usage: python -m notebook_notify")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_sandbox():
    """The sandbox prints its address first and then what to do; it ends on SIGTERM."""
    with subprocess.Popen(
        [sys.executable, "-m", "notebook_notify", "sandbox", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        url = next(
            word
            for word in process.stdout.readline().split()
            if word.startswith("http://127.0.0.1:")
        )
        said = "".join(process.stdout.readline() for _ in range(6))
        for word in (f"open {url}", f"%notify_sandbox --url {url}", "%notify_wechat hello"):
            assert word in said
        with urllib.request.urlopen(f"{url}/targets.json", timeout=5) as reply:
            assert b"sandbox-wecom_chat" in reply.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
