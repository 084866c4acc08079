"""No secret and no token stands anywhere but where the user put it."""

from __future__ import annotations

import json
import sqlite3

import nbformat
import pytest

from notebook_notify.sandbox import Sandbox

KEYRING = """
import json, os
import keyring.backend

class Keyring(keyring.backend.KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        with open(os.environ["KEYRING_FILE"]) as file:
            return json.load(file).get(f"{service}/{username}")

    def set_password(self, service, username, password):
        raise NotImplementedError

    def delete_password(self, service, username):
        raise NotImplementedError
"""

# ruff: noqa: ISC004 - cells of several lines
#: What a user may do with targets of every source, well and badly.
CELLS = [
    "import logging, os\nlogging.basicConfig(level=logging.DEBUG, filename=os.environ['LOG'], force=True)\n"
    "logging.getLogger().addHandler(logging.StreamHandler())",
    "%load_ext notebook_notify",
    "%notify_targets",
    "the_secret = os.environ['OPS_SECRET']; wrong = os.environ['WRONG']",
    "%%notify_wechat --to file -o report\nprint('file')",
    "report",
    "print(report, repr(report), report._repr_html_(), report.results, vars(type(report)).keys())",
    "%%notify_wechat --to envd\nprint('env')",
    "%%notify_dingtalk --to keyd\nprint('keyring')",
    "%%notify_wechat --to file --corp-secret {the_secret}\nprint('variable')",
    "%%notify_wechat --to file --corp-secret env:OPS_SECRET\nprint('reference')",
    "%notify_wechat --to file a line",
    # Refused by the platform: the secret was in the URL.
    "%%notify_wechat --to file --corp-secret {wrong} -o refused\nprint('refused')",
    "refused",
    "%%notify_dingtalk --to keyd --app-secret {wrong} --strict\nprint('refused')",
    "%notify_wechat --to file --corp-secret {wrong} --strict a line",
    # The new host, whose token is in a header and whose secret is in a body.
    "%%notify_dingtalk --to robot -o robot\nprint('robot')",
    "robot.results[0].recaller, vars(robot.results[0].recaller), robot.recall()",
    "%%notify_dingtalk --to robot --app-secret {wrong} -o worse\nprint('refused')",
    "refused.raise_for_status()",
    "import notebook_notify as nn\nnn.send('x', to='nobody')",
    "from notebook_notify import sender",
    "target = sender.TARGETS.resolve('file'); target, vars(type(target)).keys(), target.fields",
    "target.fields['corp_secret'], str(target.fields['corp_secret']), f\"{target.fields['corp_secret']}\"",
    "import pickle\n"
    "pickled = []\n"
    "for one in (report, refused, robot, worse, target, *map(sender.TARGETS.resolve, ('envd', 'keyd'))):\n"
    "    try:\n        pickled.append(pickle.dumps(one))\n"
    "    except Exception as error:\n        print(type(error).__name__, error)\n"
    "open(os.environ['PICKLES'], 'wb').write(b''.join(pickled))",
    "pickle.dumps(target)",
    "def chain(error):\n"
    "    while error is not None:\n"
    "        print(type(error), str(error), repr(error), repr(error.args), getattr(error, '__dict__', ''))\n"
    "        error = error.__cause__ or error.__context__\n"
    "for act in (refused.raise_for_status, lambda: nn.send('x', to='nobody'), lambda: pickle.dumps(target)):\n"
    "    try:\n        act()\n    except Exception as error:\n        chain(error)",
]
#: With the sandbox gone: connections are refused, and the URL held the secret or the token.
GONE = [
    "%%notify_wechat --to file --timeout 1s -o gone\nprint('gone')",
    "%%notify_dingtalk --to keyd --timeout 1s --strict\nprint('gone')",
    "%notify_wechat --to file --timeout 1s --strict gone",
    "sender.SENDER.renew()",
    "%%notify_wechat --to file --timeout 1s\nprint('no token either')",
    "gone.raise_for_status()",
    "gone",
]
XMODES = ("Plain", "Context", "Verbose", "Minimal", "Docs")
#: Fails in our frames, under each of these.
RAISING = [
    "%notify_wechat --to file --corp-secret {wrong} --strict a line",
    "nn.send('x', to='nobody')",
    "refused.raise_for_status()",
    "pickle.dumps(target)",
    "nn.sender.find(['file'], magic='dingtalk')",
]


@pytest.fixture(scope="module")
def traces(environment_for, start_kernel, tmp_path_factory):
    """All that a full run leaves behind, by name, and the secrets of that run."""
    folder = tmp_path_factory.mktemp("leaks")
    left = tmp_path_factory.mktemp("left")
    with Sandbox() as box:
        chat, ding, robot = (
            box.targets[f"sandbox-{kind}"]
            for kind in ("wecom_chat", "dingtalk_chat", "dingtalk_app_robot")
        )
        assert robot["app_secret"] == ding["app_secret"]
        wrong = "Wr0ng-" + chat["corp_secret"][::-1]
        (folder / "notebook_notify.toml").write_text(
            "[targets.file]\n"
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in chat.items())
            + "[targets.envd]\n"
            + "".join(
                f"{key} = {json.dumps(value)}\n"
                for key, value in chat.items()
                if key != "corp_secret"
            )
            + 'corp_secret = "env:OPS_SECRET"\n[targets.keyd]\n'
            + "".join(
                f"{key} = {json.dumps(value)}\n"
                for key, value in ding.items()
                if key != "app_secret"
            )
            + 'app_secret = "keyring:dingtalk/ours"\n[targets.robot]\n'
            + "".join(
                f"{key} = {json.dumps(value)}\n"
                for key, value in robot.items()
                if key != "app_secret"
            )
            + 'app_secret = "keyring:dingtalk/ours"\n'
        )
        (folder / "notebook_notify.toml").chmod(0o600)
        (folder / "filekeyring.py").write_text(KEYRING)
        (folder / "keyring.json").write_text(json.dumps({"dingtalk/ours": ding["app_secret"]}))
        environment = environment_for(
            folder,
            IPYTHONDIR=str(left / "ipython"),
            PYTHONPATH=str(folder),
            PYTHON_KEYRING_BACKEND="filekeyring.Keyring",
            KEYRING_FILE=str(folder / "keyring.json"),
            OPS_SECRET=chat["corp_secret"],
            NOTEBOOK_NOTIFY_WECOM_CORP_ID=chat["corp_id"],
            NOTEBOOK_NOTIFY_WECOM_CORP_SECRET=chat["corp_secret"],
            NOTEBOOK_NOTIFY_WECOM_CHAT_ID=chat["chat_id"],
            WRONG=wrong,
            LOG=str(left / "debug.log"),
            PICKLES=str(left / "pickles"),
        )
        with start_kernel(environment, history=str(left / "history.sqlite")) as kernel:
            shown = [kernel.run(cell) for cell in CELLS]
            for xmode in XMODES:
                kernel.run(f"%xmode {xmode}")
                shown += [kernel.run(cell) for cell in RAISING]
            inbox = box.inbox
            box.stop()
            kernel.run("%xmode Verbose")
            shown += [kernel.run(cell) for cell in GONE]
            kernel.run("get_ipython().history_manager.writeout_cache()")
            notebook = nbformat.writes(kernel.notebook)
    secrets = {
        "corp_secret": chat["corp_secret"],
        "app_secret": ding["app_secret"],
        "wrong": wrong,
        **{f"token {n}": token for n, token in enumerate(_tokens(box))},
    }
    files = {
        str(path.relative_to(left)): path.read_bytes() for path in left.rglob("*") if path.is_file()
    }
    return {
        "secrets": secrets,
        "inbox": inbox,
        "shown": shown,
        "notebook.ipynb": notebook.encode(),
        **files,
    }


def _tokens(box):
    """The tokens that the sandbox gave out."""
    platforms = (box.wecom, box._oapi, box._v1)
    return [token for one in platforms for token in one._tokens._tokens]


def test_the_run_did_what_it_should(traces):
    """Messages arrived, refusals and lost connections were told, logs and history were written."""
    told = [shown.box for shown in traces["shown"]]
    assert len(traces["inbox"]) == 7
    assert sum(box.startswith("✓") for box in told) == 7
    assert sum(box.startswith("✗") for box in told) >= 10
    assert len([name for name in traces["secrets"] if name.startswith("token")]) == 3
    assert b"urllib3" in traces["debug.log"]
    assert len(traces["pickles"]) > 100
    errors = [shown.error.ename for shown in traces["shown"] if shown.error]
    assert set(errors) == {"SendError", "TargetError", "SecretError"}


@pytest.mark.parametrize("place", ["notebook.ipynb", "history.sqlite", "debug.log", "pickles"])
def test_no_secret_is_left(traces, place):
    """No secret and no token stands in what a run leaves: notebook, history, log, pickles."""
    written = traces[place]
    for name, secret in traces["secrets"].items():
        at = written.find(secret.encode())
        assert at < 0, (name, written[max(0, at - 300) : at + 50])


def test_no_secret_is_left_elsewhere(traces):
    """Nor in any other file that the run wrote, nor in the messages."""
    rest = {name: data for name, data in traces.items() if isinstance(data, bytes)}
    rest["inbox"] = json.dumps(traces["inbox"]).encode()
    found = [
        (name, secret)
        for name, data in rest.items()
        for secret, value in traces["secrets"].items()
        if value.encode() in data
    ]
    assert found == []


def test_a_literal_on_the_line_stands_in_cell_and_history_only(
    environment_for, start_kernel, tmp_path
):
    """A secret typed on the line is refused; it stands in the cell's source and history alone."""
    secret = "typedS3cretOnTheLine"
    history = tmp_path / "history.sqlite"
    log = tmp_path / "debug.log"
    with start_kernel(environment_for(tmp_path), history=str(history)) as kernel:
        kernel.run(
            f"import logging\nlogging.basicConfig(level=10, filename={str(log)!r}, force=True)"
        )
        kernel.run("%load_ext notebook_notify")
        for xmode in XMODES:
            kernel.run(f"%xmode {xmode}")
            cell = f"%%notify_wechat --corp-id ww1 --chat-id c --corp-secret {secret}\nprint('ran')"
            assert kernel.run(cell).error.ename == "UsageError"
            assert kernel.run(cell[1:].splitlines()[0]).error.ename == "UsageError"
        kernel.run("get_ipython().history_manager.writeout_cache()")
        cells = kernel.notebook.cells
    assert secret not in json.dumps([cell.outputs for cell in cells])
    assert secret not in log.read_text()
    with sqlite3.connect(history) as database:
        rows = database.execute("select source, source_raw from history").fetchall()
        assert sum(secret in raw for _, raw in rows) == 2 * len(XMODES)
        assert all(secret not in source or secret in raw for source, raw in rows)
        dump = "\n".join(line for line in database.iterdump() if '"history"' not in line)
    database.close()
    assert secret not in dump


def test_messages_are_scrubbed(kernel, message):
    """What a cell prints or raises by mistake is masked in the message, not on the page."""
    kernel.run("from notebook_notify import Secret\nkept = Secret('hunter-of-22')")
    shown = kernel.run(
        "%%notify_wechat --title 'pw hunter-of-22' --summary 'hunter-of-22'\n"
        "print('hunter-of-22', 'postgres://me:pa55word@host/db')\nraise ValueError('token=abcdefgh1234')"
    )
    assert "hunter-of-22" in shown.text
    text = message()
    for leaked in ("hunter-of-22", "pa55word", "abcdefgh1234"):
        assert leaked not in text
    assert text.count("••••") >= 4
