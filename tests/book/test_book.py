"""What ``book.py`` promises of targets that are named, given, known and saved."""

import subprocess
import sys
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from notebook_notify import secret, texts
from notebook_notify.errors import ConfigError
from notebook_notify.secret import Secret, scrub
from notebook_notify.targets import Known, Target

# ── by name ──────────────────────────────────────────────────────────────────────────────────


def test_a_saved_target_by_name(book, saved, path):
    """--to NAME is the target of that name, whichever magic asks for its kind."""
    targets = book(saved("ops", "team", "ding"))
    ops = Target("wecom_robot", {"webhook": Secret.of("env:OPS_HOOK")}, "ops", str(path))
    assert targets.resolve("ops") == targets.resolve("ops", magic="wechat") == ops


def test_an_unknown_name(book, refused, saved, path):
    """An unknown name is told with the near match, the names there are, and the path."""
    message = refused(book(saved("ops", "team")).resolve, "opps", magic="wechat")
    assert message == f"no target opps; did you mean ops? (known: ops, team; looked in {path})"
    nothing = refused(book("").resolve, "x")
    assert nothing.startswith("no target x; make it with %notify_setup x, see what there is with ")
    assert "(known: none; looked in" in nothing


@pytest.mark.parametrize("names", ["ops,team", "ops，team", "ops、team"])
def test_names_that_were_written_as_a_list(book, refused, saved, names):
    """--to takes one name: who writes several at once is shown how."""
    message = refused(book(saved("ops", "team")).resolve, names)
    assert message.startswith(f"no target {names}; --to takes one name: --to ops --to team (known")


def test_the_wrong_magic(book, refused, saved):
    """A target of another magic is refused with the right one."""
    message = refused(book(saved("app")).resolve, "app", magic="wechat")
    assert message == "app is a WeCom app; use %%notify_wechat_app or %%notify"
    message = refused(book(saved("ops")).resolve, "ops", magic="dingtalk")
    assert message == "ops is a WeCom robot; use %%notify_wechat or %%notify"


def test_explicit_fields_over_a_saved_target(book, refused, saved, path):
    """Explicit fields replace single ones of a named target, which keeps its name."""
    target = book(saved("team")).resolve(
        "team", magic="wechat", explicit={"chat_id": "d", "agent_id": None}
    )
    fields = {"corp_id": "ww1", "corp_secret": Secret.of("env:TEAM_SECRET"), "chat_id": "d"}
    assert target == Target("wecom_chat", fields, "team", str(path))
    message = refused(book(saved("team")).resolve, "team", explicit={"agent_id": 7})
    assert message.startswith("wecom_chat has no field agent_id")


def test_a_target_that_lacks_a_field(book, refused, saved, path):
    """A saved target that lacks a field is refused with the field, the file, and where to find it."""
    text = saved("team").replace('chat_id = "c"', "").replace('corp_id = "ww1"', 'corp_id = ""')
    assert refused(book(text).resolve, "team") == (
        f"target team ({path}) lacks corp_id (My company), chat_id (on creation)"
    )


def test_a_variable_that_is_not_set(book, refused, saved, path):
    """A reference to a variable that is not set is told before anything runs."""
    message = refused(book(saved("ops"), OPS_HOOK="").resolve, "ops")
    assert message == f"target ops ({path}) lacks variable OPS_HOOK (not set)"


def test_resolving_asks_no_keyring(book, saved):
    """Resolving does not touch the keyring, which might ask the person."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # raises when it is asked
    try:
        targets = book(saved("ops").replace("env:OPS_HOOK", "keyring:wecom/ops"))
        assert targets.resolve("ops").get("webhook").reference == "keyring:wecom/ops"
        assert targets.known()[0].missing == ()
    finally:
        keyring.set_keyring(before)


def test_what_is_resolved_is_scrubbed(book, saved):
    """Once a target is resolved, its secret is masked in texts, before anything was sent."""
    secret._known.clear()
    book(saved("ops"), OPS_HOOK="freshly-resolved").resolve("ops")
    assert scrub("it is freshly-resolved") == "it is ••••"


# ── explicit ─────────────────────────────────────────────────────────────────────────────────


def test_an_explicit_target(book, saved, chat):
    """Fields that make a whole target are one, of the first channel that they fit."""
    target = book(saved("ops")).resolve(magic="wechat", explicit=chat)
    assert target == Target("wecom_chat", chat, None, "explicit")
    app = {"corp_id": "ww1", "corp_secret": "env:TEAM_SECRET", "agent_id": "7"}
    assert book().resolve(magic="wechat_app", explicit=app).get("agent_id") == 7
    assert book().resolve(explicit=app).channel == "wecom_app"
    assert book().resolve(magic="wechat", explicit={"webhook": "env:OPS_HOOK"}).channel == (
        "wecom_robot"
    )


def test_an_explicit_target_that_lacks_something(book, refused, saved):
    """What is missing is told as options of the line."""
    message = refused(book(saved("ops")).resolve, magic="wechat", explicit={"corp_id": "ww1"})
    assert message == (
        "also needed: --corp-secret (app → Secret), --chat-id (on creation); "
        "or name a saved target with --to NAME"
    )


def test_an_explicit_field_of_no_channel(book, refused):
    """A field that no channel of the magic has is named."""
    message = refused(book().resolve, magic="wechat", explicit={"app_key": "k", "chat_id": "c"})
    assert message.startswith("wecom_chat has no field app_key")


def test_an_explicit_value_of_a_wrong_kind(book, refused, value):
    """A value that cannot be is named by its field."""
    explicit = {"corp_id": "ww1", "corp_secret": value, "agent_id": "seven"}
    message = refused(book().resolve, magic="wechat_app", explicit=explicit)
    assert message == "agent_id: expected a whole number"


# ── alerts ───────────────────────────────────────────────────────────────────────────────────


def test_where_failures_go(book, saved, chat):
    """Failures go to the target's alert; that one's own alert does not count, nor a loop."""
    text = (
        (saved("ops") + 'alert = "team"\n')
        + (saved("team") + 'alert = "nobody"\n')
        + (saved("app") + 'alert = "app"\n')
    )
    targets = book(text)
    ops = targets.resolve("ops")
    assert targets.alert_of(ops).name == "team"
    app = targets.resolve("app", explicit={"agent_id": 8})
    assert targets.alert_of(app) is app
    assert targets.alert_of(Target("wecom_chat", chat)) == Target("wecom_chat", chat)


def test_an_alert_that_is_not_there(book, refused, saved, path):
    """A target whose alert is none is refused before anything runs, and shown as lacking it."""
    targets = book(saved("ops") + 'alert = "taem"\n' + saved("team"))
    lacks = "target taem (alert); did you mean team?"
    assert refused(targets.resolve, "ops") == f"target ops ({path}) lacks {lacks}"
    assert targets.known()[0].missing == (lacks,)
    assert targets.known()[0].fields["alert"] == "taem"


def test_an_alert_that_cannot_work(book, refused, saved, path):
    """What the alert itself lacks is told under its own name."""
    targets = book(saved("ops") + 'alert = "team"\n' + saved("team"), TEAM_SECRET="")
    message = refused(targets.alert_of, targets.resolve("ops"))
    assert message == f"target team ({path}) lacks variable TEAM_SECRET (not set)"


# ── what is known ────────────────────────────────────────────────────────────────────────────


def test_known(book, saved, variables, path):
    """Everything known is listed with its source, what it is the default for, and what it lacks."""
    text = '[defaults]\nwechat = "ops"\n' + saved("ops", "app").replace(
        "agent_id = 7\n", 'users = ["a", "b"]\n'
    )
    targets = book(text, {**variables("dingtalk_chat"), "WECOM_CHAT_ID": "c"}, TEAM_SECRET="")
    hidden = "env:NOTEBOOK_NOTIFY_DINGTALK_APP_SECRET"
    assert targets.known() == [
        Known("ops", "wecom_robot", str(path), ("wechat",), {"webhook": "env:OPS_HOOK"}, ()),
        Known(
            "app",
            "wecom_app",
            str(path),
            ("wechat_app",),
            {"corp_id": "ww1", "corp_secret": "env:TEAM_SECRET", "users": "a, b"},
            ("agent_id (app)", "variable TEAM_SECRET (not set)"),
        ),
        Known(
            None,
            "dingtalk_chat",
            "environment",
            ("dingtalk",),
            {"app_key": "k", "app_secret": hidden, "chat_id": "c"},
            (),
        ),
        Known(
            None,
            "wecom_chat",
            "environment",
            (),
            {"chat_id": "c"},
            (
                "NOTEBOOK_NOTIFY_WECOM_CORP_ID (My company)",
                "NOTEBOOK_NOTIFY_WECOM_CORP_SECRET (app → Secret)",
            ),
        ),
    ]


def test_known_hides_literals(book, saved, sandbox_targets, value):
    """A literal secret, saved or the sandbox's, is dots."""
    targets = book(saved("ops").replace("env:OPS_HOOK", value))
    targets.use_sandbox(sandbox_targets)
    assert value not in repr(targets.known())
    assert {one.fields["webhook"] for one in targets.known() if "webhook" in one.fields} == {"••••"}
    defaults = {one.name: one.default_for for one in targets.known() if one.default_for}
    assert defaults == {"sandbox-wecom_chat": ("wechat",), "sandbox-dingtalk_chat": ("dingtalk",)}


def test_nothing_known(book, path):
    """Where nothing is known the list is empty, and the path that was looked in is told."""
    targets = book()
    assert targets.known() == []
    assert targets.looked_in == [path]


def test_names(book, saved, sandbox_targets):
    """Names for completion: all, or a magic's; never an error."""
    targets = book(saved("ops", "app"))
    targets.use_sandbox(sandbox_targets)
    assert targets.names("wechat") == ["ops", "sandbox-wecom_chat", "sandbox-wecom_robot"]
    assert targets.names()[:2] == ["ops", "app"]
    assert book("x = = 1").names() == []


def test_config_errors_are_raised(book, refused):
    """A broken file is told wherever its content is needed."""
    targets = book("language = 3")
    for call in (
        targets.known,
        targets.resolve,
        lambda: targets.resolve("x"),
        lambda: targets.config,
    ):
        assert "language · a text in quotes" in refused(call, error=ConfigError)


# ── saving ───────────────────────────────────────────────────────────────────────────────────


def test_target_and_default_are_saved_together(book, refused, chat, path):
    """Where the default cannot be written, the target is not either."""
    text = "defaults = 3\n"
    path.write_text(text)
    targets = book()
    refused(targets.save, "ops", Target("wecom_chat", chat), "wechat", error=ConfigError)
    assert path.read_text() == text


def test_save(book, chat, path):
    """A saved target is there at once, under its name, and is the default if that was asked for."""
    targets = book()
    assert targets.save("ops", Target("wecom_chat", chat), default_for="wechat") == path
    assert targets.resolve(magic="wechat") == Target("wecom_chat", chat, "ops", str(path))
    targets.save("other", Target("wecom_robot", {"webhook": "env:OPS_HOOK"}))
    assert targets.resolve(magic="wechat").name == "ops"
    targets.save("ops", Target("wecom_robot", {"webhook": "env:OPS_HOOK"}))
    assert targets.resolve("ops").channel == "wecom_robot"


@pytest.mark.parametrize(
    ("name", "channel", "fields", "default_for", "message"),
    [
        ("", "wecom_chat", None, None, "a name is not empty"),
        ("a b", "wecom_chat", None, None, "holds no space"),
        ("--to", "wecom_chat", None, None, "does not begin with -"),
        ("a", "wecom_chatt", None, None, "no channel wecom_chatt; did you mean wecom_chat?"),
        ("a", "wecom_chat", {"chatid": "c"}, None, "did you mean chat_id?"),
        ("a", "wecom_chat", None, "dingtalk", "use %%notify_wechat or"),
    ],
)
def test_what_cannot_be_saved(
    book, refused, chat, path, name, channel, fields, default_for, message
):
    """A name, channel, field or default that would break the file is refused; no file is made."""
    target = Target(channel, fields or chat)
    assert message in refused(book().save, name, target, default_for)
    assert not path.exists()


# ── start-up ─────────────────────────────────────────────────────────────────────────────────


def test_importing_is_cheap():
    """Importing these modules brings in none of what is needed later only."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import notebook_notify.book\n"
        "late = {'tomllib', 'tomlkit', 'platformdirs', 'keyring', 'difflib'}\n"
        "print(sorted(late & set(sys.modules)))"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code, root], capture_output=True, text=True)  # noqa: PLW1510
    assert done.stdout.strip() == "[]", done.stderr


def test_the_files_language_and_zone_hold(book, refused, monkeypatch):
    """The config file's language and time zone are those of every text from then on."""
    monkeypatch.delenv("NOTEBOOK_NOTIFY_LANGUAGE")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "no target yet" in refused(book('language = "en"\ntimezone = "Asia/Shanghai"\n').resolve)
    assert f"{texts.local(0):%H}" == "08"
