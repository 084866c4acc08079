"""README tells the truth: each of its blocks is run, each table, link and inline command looked at."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from notebook_notify import sender
from notebook_notify.config import load
from notebook_notify.notebook.magics import FAMILIES
from notebook_notify.notebook.manuals import parser_of
from notebook_notify.platforms import SPECS
from notebook_notify.platforms.advice import advise

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE_FROM = README.index("\n## 中文\n")

#: What a block that no test runs contains, and why.
NOT_RUN = {
    "jupyter lab": "stays open in a browser; tests/browser runs the notebook there",
    "&& .venv/bin/pytest": "runs these tests: .ci/run does it, from a fresh clone",
    ".ci/check": "runs these tests: .ci/run does what it does",
    "%notify_setup ops": "asks for a secret; tests/browser/test_lab.py answers on a page",
}
#: What changes from run to run: how long, when, which cell, which machine.
VOLATILE = re.compile(
    r"\d+h \d\dm|[\d.]+ m?s\b|\d+小时\d\d分|[\d.]+ 毫?秒|\d\d-\d\d \d\d:\d\d:\d\d→[\d: -]+|\[\d+\]|@[\w-]+"
)
#: Cells that show what the first column of the two tables on trouble quotes.
SYMPTOMS = {
    "Cell magic `%%notify_wechat` not found": (
        "import notebook_notify; notebook_notify.unload_ipython_extension(get_ipython())",
        "%%notify_wechat\n1",
    ),
    "belongs on the first line of the cell": ("# nightly\n%%notify_wechat\n1",),
    "要写在单元的第一行": ("# 夜间\n%%notify_wechat\n1",),
    "no target ops": ("%notify_wechat --to ops hello",),
    "没有目标 ops": ("%notify_wechat --to ops hello",),
    "no target yet": ("%notify_wechat hello",),
}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and whether it stands in the Chinese part."""

    language: str
    text: str
    chinese: bool

    @property
    def is_cell(self) -> bool:
        """Whether it is for a notebook."""
        return self.language == "python" and re.search(r"^%", self.text, re.MULTILINE) is not None


BLOCKS = [
    Block(found[1], found[2], found.start() > CHINESE_FROM)
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
]
TO_RUN = [one for one in BLOCKS if not any(part in one.text for part in NOT_RUN)]
CELLS = [one for one in TO_RUN if one.is_cell]
EXPECTED = [one for one in TO_RUN if one.language == "text"]
SCRIPTS = [one.text for one in TO_RUN if one.language == "python" and not one.is_cell]
COMMANDS = [one.text for one in TO_RUN if one.language == "sh"]
(EXAMPLE,) = [one.text for one in TO_RUN if one.language == "toml"]
SPANS = re.findall(
    r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```$", "", README, flags=re.DOTALL | re.MULTILINE)
)


@pytest.fixture
def targets(sandbox, monkeypatch: pytest.MonkeyPatch):
    """The config file of README, as it stands but for what only the sandbox can know."""
    known = {target["channel"]: target for target in sandbox.targets.values()}
    robot = sandbox.targets["sandbox-dingtalk_robot"]  # of the two, the one that signs
    monkeypatch.setenv("OPS_WEBHOOK", known["wecom_robot"]["webhook"])
    monkeypatch.setenv("DING_WEBHOOK", robot["webhook"])
    monkeypatch.setenv("DING_SECRET", robot["secret"])
    monkeypatch.setenv("WECOM_SECRET", known["wecom_app"]["corp_secret"])
    monkeypatch.setenv("DING_APP_SECRET", known["dingtalk_app_robot"]["app_secret"])
    text = EXAMPLE
    for written, real in {
        "ww0123456789": known["wecom_app"]["corp_id"],
        "investresearch": known["wecom_chat"]["chat_id"],
        "1000002": known["wecom_app"]["agent_id"],
        "keyring:dingtalk/dingxxxx": "env:DING_APP_SECRET",
        "dingxxxx": known["dingtalk_chat"]["app_key"],
        "cidxxxx==": known["dingtalk_app_robot"]["open_conversation_id"],
        "1234567": known["dingtalk_notice"]["agent_id"],
        "chatxxxx": known["dingtalk_chat"]["chat_id"],
    }.items():
        assert written in text
        text = text.replace(written, str(real))
    text = re.sub(r"^(link|proxy) .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^channel .*\n", rf'\g<0>base_url = "{sandbox.url}"\n', text, flags=re.MULTILINE)
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.parent.mkdir(parents=True)
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")
    return sandbox


def masked(text: str) -> str:
    """A message without what changes from run to run."""
    return VOLATILE.sub("*", text.rstrip("\n"))


def test_each_block_is_run() -> None:
    """A block is run by one of these tests, or the list says why not; the list names no other."""
    kinds = [*CELLS, *EXPECTED, *SCRIPTS, *COMMANDS, EXAMPLE]
    assert len(kinds) == len(TO_RUN)
    for part in NOT_RUN:
        assert len({one.text for one in BLOCKS if part in one.text}) == 1, part


def test_the_commands_name_what_exists() -> None:
    """What is installed are extras that there are, and what is opened or run is there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {*project["optional-dependencies"]}
    named = re.findall(r"'\.\[([\w,]+)\]'", README)
    assert named
    assert {extra for group in named for extra in group.split(",")} <= extras
    for path in re.findall(r"(?:notebooks|tests|\.ci)/[\w./-]*\w", README):
        assert (ROOT / path).exists(), path
    lines = {line for block in BLOCKS for line in block.text.splitlines()}
    assert sum(line.endswith(" && .venv/bin/pytest") for line in lines) == 1
    assert sum("jupyter lab --allow-root notebooks/" in line for line in lines) == 1


def test_the_links_lead_somewhere() -> None:
    """Each link within README meets a heading, each other one a file."""
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target[1:] in anchors if target[0] == "#" else (ROOT / target).exists(), target


def test_every_option_is_in_the_table(shell) -> None:
    """README's table and the magics have the same options."""
    parser = parser_of(shell.magics_manager.magics["cell"]["notify_wechat"])
    options = {name for name in parser._option_string_actions if name.startswith("--")}
    table = README.partition("| option | does |")[2].partition("\n\n")[0]
    assert set(re.findall(r"--[a-z][a-z-]*", table)) == options


def test_the_magics_that_are_named_exist(shell) -> None:
    """Each magic in the text is one, takes the options that stand with it, and all are named."""
    known = shell.magics_manager.magics
    spans = [span for span in SPANS if re.match(r"%%?notify", span)]
    for span in spans:
        kind, name = re.match(r"(%%?)(\w+)", span).groups()
        function = known["cell" if kind == "%%" else "line"][name]
        for option in re.findall(r"(?<!\S)--[a-z-]+", span):
            assert option in parser_of(function)._option_string_actions, span
    named = {re.match(r"%+(\w+)", span)[1] for span in spans}
    assert {name for kind in known.values() for name in kind if name.startswith("notify")} <= named
    assert {f"%%{name}" for name in FAMILIES} <= {span.split()[0] for span in spans}


def test_the_config_example_is_accepted(tmp_path: Path) -> None:
    """The config file that README shows is accepted as it stands, and has every channel."""
    path = tmp_path / "notebook_notify.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    path.chmod(0o600)
    config = load([path], SPECS)
    assert config.warnings == ()
    assert {target.channel for target in config.targets.values()} == set(SPECS)


def test_the_config_example_delivers(targets) -> None:
    """Each target of the example gets its message."""
    names = list(tomllib.loads(EXAMPLE)["targets"])
    for name in names:
        assert sender.send(f"to {name}", to=name), name
    arrived = {message["channel"]: message["content"] for message in targets.inbox}
    assert set(arrived) == set(SPECS)
    assert all(any(f"to {name}" in text for text in arrived.values()) for name in names)


def test_the_environment_variables_are_those() -> None:
    """Every variable that a channel reads is named in README."""
    for spec in SPECS.values():
        for field in spec.fields:
            assert field.env is None or field.env in SPANS


def test_the_cells_run(targets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cell runs in a kernel, its message is sent, and is the one that README shows."""
    monkeypatch.setenv("JUPYTERHUB_USER", "zhangwei")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/zhangwei/backtest.ipynb")
    notebook = nbformat.v4.new_notebook()
    for block in CELLS:
        language = "zh" if block.chinese else "en"
        head = f"import os; os.environ['NOTEBOOK_NOTIFY_LANGUAGE'] = {language!r}"
        notebook.cells += map(nbformat.v4.new_code_cell, (head, block.text))
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
    told = [
        output.data["text/plain"]
        for cell in notebook.cells
        for output in cell.outputs
        if output.output_type == "display_data"
    ]
    assert len(told) == len(CELLS) - 1, told  # all but %load_ext send
    assert all(re.match("✓ (sent|已发送) ", one) for one in told), told
    arrived = [masked(message["content"]) for message in targets.inbox]
    assert len(EXPECTED) == 2
    for block in EXPECTED:
        before = BLOCKS[BLOCKS.index(block) - 1]
        assert before.is_cell
        assert masked(block.text) in arrived


def test_the_scripts_run(targets, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples in Python run, and what they send arrives."""
    app = targets.targets["sandbox-wecom_chat"]
    ding = targets.targets["sandbox-dingtalk_app_robot"]
    for script in SCRIPTS:
        code = script.replace("ww0123456789", app["corp_id"]).replace("dingxxxx", ding["app_key"])
        code = code.replace('SECRET")', f'SECRET", base_url={targets.url!r})')
        exec(code, {"train": lambda: None})
    contents = [message["content"] for message in targets.inbox]
    assert contents[0] == "training started"
    assert contents[1].startswith("✅ Done · training · ")
    assert contents[2:] == ["hello"]
    saved = sender.TARGETS.config.targets
    assert [saved[name].channel for name in ("research", "ding-app")] == [
        "wecom_chat",
        "dingtalk_app_robot",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(targets, command: str) -> None:
    """The lines for a shell do what they say, with the environment that they name."""
    for line in command.splitlines():
        run = line.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
        run = re.sub(r"^python ", f"{sys.executable} ", run)
        done = subprocess.run(
            run, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        if "nbconvert" in line:
            assert "✅ Done · " in done.stdout
            assert "60020" in done.stdout
    if "notebook_notify send" in command:
        texts = [message["content"] for message in targets.inbox]
        assert texts[0] == "disk is 91 % full"
        assert texts[1].startswith("notebook_notify test message")
        assert len(texts) == 2


def _trouble(heading: str) -> list[str]:
    """What is seen, row by row, in the table under this heading."""
    table = README.partition(f"\n### {heading}\n\n")[2].partition("\n\n")[0]
    return [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()[2:]]


def test_each_code_of_the_troubles_is_explained() -> None:
    """Each error code in the tables on trouble is one whose box explains it; both have the same."""
    codes = [
        {int(code) for row in _trouble(heading) for code in re.findall(r"-?\b\d{4,6}\b", row)}
        for heading in ("Troubleshooting", "遇到问题")
    ]
    assert codes[0] == codes[1]
    for code in codes[0]:
        general = {advise(platform, {"errcode": 1}, "en") for platform in ("wecom", "dingtalk")}
        told = {advise(one, {"errcode": code, "errmsg": ""}, "en") for one in ("wecom", "dingtalk")}
        assert any(one.what not in {other.what for other in general} for one in told), code


@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_the_troubles_look_as_they_are_quoted(shell, capsys, monkeypatch, symptom: str) -> None:
    """What the tables quote is what a person sees."""
    chinese = not symptom.isascii()
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh" if chinese else "en")
    rows = _trouble("遇到问题" if chinese else "Troubleshooting")
    assert any(symptom in row for row in rows)
    for cell in SYMPTOMS[symptom]:
        shell.run_cell(cell)
    assert symptom in "".join(capsys.readouterr())


def test_the_seeds_functions_are_named_rightly() -> None:
    """The table for those who come from DolphinDB names the functions and their parameters."""
    import inspect

    for name in ("wechat_group_chat", "wechat_application", "dingtalk_group_chat"):
        parameters = inspect.signature(getattr(sender, name)).parameters.values()
        given = ", ".join(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
        assert f"`{name}({given})`" in README
