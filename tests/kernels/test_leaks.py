"""No secret and no token stands anywhere but where the user put it."""

from __future__ import annotations

import json
import sqlite3

import nbformat
import pytest

from notebook_notify.sandbox import Sandbox

KEYRING = '''
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
'''

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
    "refused.raise_for_status()",
    "import notebook_notify as nn\nnn.send('x', to='nobody')",
    "from notebook_notify import sender",
    "target = sender.TARGETS.resolve('file'); target, vars(type(target)).keys(), target.fields",
    "target.fields['corp_secret'], str(target.fields['corp_secret']), f\"{target.fields['corp_secret']}\"",
    "import pickle\n"
    "pickled = []\n"
    "for one in (report, refused, target, *map(sender.TARGETS.resolve, ('envd', 'keyd'))):\n"
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
    "%%notify_wechat --to file --timeout 2s -o gone\nprint('gone')",
    "%%notify_dingtalk --to keyd --timeout 2s --strict\nprint('gone')",
    "%notify_wechat --to file --timeout 2s --strict gone",
    "sender.SENDER.renew()",
    "%%notify_wechat --to file --timeout 2s\nprint('no token either')",
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
        chat, ding = (box.targets[f"sandbox-{kind}"] for kind in ("wecom_chat", "dingtalk_chat"))
        wrong = "Wr0ng-" + chat["corp_secret"][::-1]
        (folder / "notebook_notify.toml").write_text(
            "[targets.file]\n"
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in chat.items())
            + "[targets.envd]\n"
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in chat.items() if key != "corp_secret")
            + 'corp_secret = "env:OPS_SECRET"\n[targets.keyd]\n'
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in ding.items() if key != "app_secret")
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
            tokens = kernel.run(
                "import gc\n"
                "open(os.environ['LOG'] + '.tokens', 'w').write('\\n'.join(\n"
                "    one for one in gc.get_objects() if isinstance(one, str)))"
            )
            del tokens
            inbox = box.inbox
            box.stop()
            for xmode in XMODES[1:3]:
                kernel.run(f"%xmode {xmode}")
                shown += [kernel.run(cell) for cell in GONE]
            kernel.run("get_ipython().history_manager.writeout_cache()")
            notebook = nbformat.writes(kernel.notebook)
        (left / "debug.log.tokens").unlink()
    secrets = {
        "corp_secret": chat["corp_secret"],
        "app_secret": ding["app_secret"],
        "wrong": wrong,
        **{f"token {n}": token for n, token in enumerate(_tokens(box))},
    }
    files = {str(path.relative_to(left)): path.read_bytes() for path in left.rglob("*") if path.is_file()}
    return {"secrets": secrets, "inbox": inbox, "shown": shown, "notebook.ipynb": notebook.encode(), **files}


def _tokens(box):
    """The tokens that the sandbox gave out."""
    return [*box.wecom.tokens._live, *box.dingtalk.tokens._live]
