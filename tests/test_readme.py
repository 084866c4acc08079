"""README tells the truth about what exists."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from notebook_notify import sender
from notebook_notify.config import load
from notebook_notify.notebook.magics import FAMILIES, NotifyMagics
from notebook_notify.platforms import SPECS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_two_commands_name_what_exists() -> None:
    """The commands of README install extras that there are, and open a notebook that is there."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    for command in commands:
        assert set(re.findall(r"'\.\[(\w+)\]'", command)) <= set(extras)
        for path in re.findall(r"(?:notebooks|tests|\.ci)/[\w./]+", command):
            assert (ROOT / path).exists(), path
    assert sum(command.endswith(".venv/bin/pytest") for command in commands) == 1
    assert (
        sum(
            command.endswith("jupyter lab --allow-root notebooks/quickstart.ipynb")
            for command in commands
        )
        == 1
    )


def test_every_option_is_in_the_table() -> None:
    """README's table and the magics have the same options."""
    parser = NotifyMagics.notify_wechat.parser
    options = {name for name in parser._option_string_actions if name.startswith("--")}
    table = README.partition("| option | does |")[2].partition("\n\n")[0]
    assert set(re.findall(r"--[a-z][a-z-]*", table)) == options
    assert all(f"`%%{name}`" in README for name in FAMILIES)


def test_the_config_example_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The config file that README shows is accepted as it stands, and serves every channel it names."""
    (example,) = blocks("toml")
    path = tmp_path / "notebook_notify.toml"
    path.write_text(example, encoding="utf-8")
    path.chmod(0o600)
    config = load([path], SPECS)
    assert config.warnings == ()
    assert {target.channel for target in config.targets.values()} == set(SPECS)
    monkeypatch.setenv("NOTEBOOK_NOTIFY_CONFIG", str(path))
    for variable in re.findall(r'"env:(\w+)"', example):
        monkeypatch.setenv(variable, "x" * 43)
    for name in config.targets:
        assert sender.find([name])[0].name == name


def test_the_environment_variables_are_those(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable that a channel reads is named in README."""
    for spec in SPECS.values():
        for field in spec.fields:
            assert field.env is None or f"`{field.env}`" in README


def test_the_python_example_runs(sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example for scripts sends what it says."""
    sender.TARGETS.use_sandbox({"ops": sandbox.targets["sandbox-wecom_chat"]})
    (example,) = [block for block in blocks("python") if "import notify, send" in block]
    exec(example, {"train": lambda: None})
    assert sandbox.inbox[0]["content"] == "training started"
    assert sandbox.inbox[1]["content"].startswith("✅ Done · training · ")


def test_the_example_of_chats_runs(sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example for chats makes two, saves them as targets, and the first gets its message."""
    app, ding = (sandbox.targets[f"sandbox-{one}"] for one in ("wecom_chat", "dingtalk_app_robot"))
    monkeypatch.setenv("WECOM_SECRET", app["corp_secret"])
    monkeypatch.setenv("DING_APP_SECRET", ding["app_secret"])
    (example,) = [block for block in blocks("python") if "create_chat" in block]
    example = example.replace("ww0123456789", app["corp_id"]).replace("dingxxxx", ding["app_key"])
    example = example.replace('SECRET")', f'SECRET", base_url={sandbox.url!r})')
    exec(example, {})
    assert [message["content"] for message in sandbox.inbox] == ["hello"]
    saved = sender.TARGETS.config.targets
    assert [saved[name].channel for name in ("research", "ding-app")] == [
        "wecom_chat",
        "dingtalk_app_robot",
    ]


def test_the_shell_example_runs(sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell lines of README send and check."""
    sender.TARGETS.save(
        "ops",
        sender.Target(
            "wecom_chat",
            {k: v for k, v in sandbox.targets["sandbox-wecom_chat"].items() if k != "channel"},
        ),
    )
    (example,) = [block for block in blocks("sh") if "notebook_notify send" in block]
    for line in example.splitlines():
        command = line.replace("python ", f"{sys.executable} ", 1)
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert [message["content"] for message in sandbox.inbox] == ["disk is 91 % full"]


def test_the_seeds_functions_are_named_rightly() -> None:
    """The table for those who come from DolphinDB names the functions and their parameters."""
    import inspect

    for name in ("wechat_group_chat", "wechat_application", "dingtalk_group_chat"):
        parameters = inspect.signature(getattr(sender, name)).parameters.values()
        given = ", ".join(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
        assert f"`{name}({given})`" in README
