"""What ``book.py`` promises."""

import subprocess
import sys
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from notebook_notify import secret, texts
from notebook_notify.book import Targets
from notebook_notify.errors import ConfigError, TargetError
from notebook_notify.fields import Field, Spec
from notebook_notify.secret import Secret, scrub
from notebook_notify.targets import Known, Target

VALUE = "s3cr3t-V4lue"
CORP_ID = Field("corp_id", ("我的企业", "My company"), env="WECOM_CORP_ID")
CORP_SECRET = Field("corp_secret", ("应用 → Secret", "app → Secret"), env="WECOM_CORP_SECRET")
SPECS = {
    spec.kind: spec
    for spec in (
        Spec(
            "wecom_chat",
            "wecom",
            "wechat",
            ("企业微信群", "WeCom chat"),
            (
                CORP_ID,
                CORP_SECRET,
                Field("chat_id", ("建群时", "on creation"), env="WECOM_CHAT_ID"),
            ),
        ),
        Spec(
            "wecom_robot",
            "wecom",
            "wechat",
            ("群机器人", "WeCom robot"),
            (Field("webhook", ("群设置", "group settings"), env="WECOM_WEBHOOK"),),
        ),
        Spec(
            "wecom_app",
            "wecom",
            "wechat_app",
            ("企业微信应用", "WeCom app"),
            (
                CORP_ID,
                CORP_SECRET,
                Field("agent_id", ("应用", "app"), env="WECOM_AGENT_ID", kind="integer"),
                Field("users", ("成员", "members"), required=False, kind="names"),
            ),
        ),
        Spec(
            "dingtalk_chat",
            "dingtalk",
            "dingtalk",
            ("钉钉群", "DingTalk chat"),
            (
                Field("app_key", ("开放平台", "console"), env="DINGTALK_APP_KEY"),
                Field("app_secret", ("开放平台", "console"), env="DINGTALK_APP_SECRET"),
                Field("chat_id", ("建群时", "on creation"), env="DINGTALK_CHAT_ID"),
            ),
        ),
    )
}
CHAT = {"corp_id": "ww1", "corp_secret": VALUE, "chat_id": "c"}
OPS = '[targets.ops]\nchannel = "wecom_robot"\nwebhook = "env:OPS_HOOK"\n'
TEAM = '[targets.team]\nchannel = "wecom_chat"\ncorp_id = "ww1"\ncorp_secret = "env:TEAM_SECRET"\nchat_id = "c"\n'
APP = '[targets.app]\nchannel = "wecom_app"\ncorp_id = "ww1"\ncorp_secret = "env:TEAM_SECRET"\nagent_id = 7\n'
DING = '[targets.ding]\nchannel = "dingtalk_chat"\napp_key = "k"\napp_secret = "env:TEAM_SECRET"\nchat_id = "c"\n'
DING_ENV = {"DINGTALK_APP_KEY": "k", "DINGTALK_APP_SECRET": VALUE, "DINGTALK_CHAT_ID": "c"}
BASE = "http://127.0.0.1:8000"
SANDBOX = {
    "sandbox-dingtalk_chat": {
        "channel": "dingtalk_chat",
        "app_key": "k",
        "app_secret": VALUE,
        "chat_id": "c",
        "base_url": BASE,
    },
    "sandbox-wecom_robot": {"channel": "wecom_robot", "webhook": VALUE, "base_url": BASE},
    "sandbox-wecom_chat": {"channel": "wecom_chat", **CHAT, "base_url": BASE},
    "sandbox-feishu": {"channel": "feishu", "hook": "x"},
}


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")


@pytest.fixture
def path(tmp_path):
    """Where the config file is, or would be."""
    return tmp_path / "notebook_notify.toml"


@pytest.fixture
def book(path):
    """A book over a config file's text and environment variables, less their prefix."""

    def make(text=None, env=(), **others):
        if text is not None:
            path.write_text(text)
            path.chmod(0o600)
        environ = {"OPS_HOOK": VALUE, "TEAM_SECRET": VALUE, **others}
        environ |= {f"NOTEBOOK_NOTIFY_{key}": value for key, value in dict(env).items()}
        return Targets(SPECS, {"NOTEBOOK_NOTIFY_CONFIG": str(path), **environ})

    return make


def refused(call, *args, error=TargetError, **kwargs):
    """The words with which a call is refused."""
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    assert VALUE not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ── by name ──────────────────────────────────────────────────────────────────────────────────


def test_a_saved_target_by_name(book, path):
    """--to NAME is the target of that name, whichever magic asks for its kind."""
    targets = book(OPS + TEAM + DING)
    ops = Target("wecom_robot", {"webhook": Secret.of("env:OPS_HOOK")}, "ops", str(path))
    assert targets.resolve("ops") == targets.resolve("ops", magic="wechat") == ops


def test_an_unknown_name(book, path):
    """An unknown name is told with the near match, the names there are, and the path."""
    message = refused(book(OPS + TEAM).resolve, "opps", magic="wechat")
    assert message == f"no target opps; did you mean ops? (known: ops, team; looked in {path})"
    assert "(known: none; looked in" in refused(book("").resolve, "x")


def test_the_wrong_magic(book):
    """A target of another magic is refused with the right one."""
    message = refused(book(APP).resolve, "app", magic="wechat")
    assert message == "app is a WeCom app; use %%notify_wechat_app or %%notify"
    message = refused(book(OPS).resolve, "ops", magic="dingtalk")
    assert message == "ops is a WeCom robot; use %%notify_wechat or %%notify"


def test_explicit_fields_over_a_saved_target(book, path):
    """Explicit fields replace single ones of a named target, which keeps its name."""
    target = book(TEAM).resolve("team", magic="wechat", explicit={"chat_id": "d", "agent_id": None})
    fields = {"corp_id": "ww1", "corp_secret": Secret.of("env:TEAM_SECRET"), "chat_id": "d"}
    assert target == Target("wecom_chat", fields, "team", str(path))
    message = refused(book(TEAM).resolve, "team", explicit={"agent_id": 7})
    assert message.startswith("wecom_chat has no field agent_id")


def test_a_target_that_lacks_a_field(book, path):
    """A saved target that lacks a field is refused with the field, the file, and where to find it."""
    text = TEAM.replace('chat_id = "c"', "").replace('corp_id = "ww1"', 'corp_id = ""')
    assert refused(book(text).resolve, "team") == (
        f"target team ({path}) lacks corp_id (My company), chat_id (on creation)"
    )


def test_a_variable_that_is_not_set(book, path):
    """A reference to a variable that is not set is told before anything runs."""
    message = refused(book(OPS, OPS_HOOK="").resolve, "ops")
    assert message == f"target ops ({path}) lacks variable OPS_HOOK (not set)"


def test_resolving_asks_no_keyring(book):
    """Resolving does not touch the keyring, which might ask the person."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # raises when it is asked
    try:
        targets = book(OPS.replace("env:OPS_HOOK", "keyring:wecom/ops"))
        assert targets.resolve("ops").get("webhook").reference == "keyring:wecom/ops"
        assert targets.known()[0].missing == ()
    finally:
        keyring.set_keyring(before)


def test_what_is_resolved_is_scrubbed(book):
    """Once a target is resolved, its secret is masked in texts, before anything was sent."""
    secret._known.clear()
    book(OPS, OPS_HOOK="freshly-resolved").resolve("ops")
    assert scrub("it is freshly-resolved") == "it is ••••"


# ── explicit ─────────────────────────────────────────────────────────────────────────────────


def test_an_explicit_target(book):
    """Fields that make a whole target are one, of the first channel that they fit."""
    target = book(OPS).resolve(magic="wechat", explicit=CHAT)
    assert target == Target("wecom_chat", CHAT, None, "explicit")
    app = {"corp_id": "ww1", "corp_secret": "env:TEAM_SECRET", "agent_id": "7"}
    assert book().resolve(magic="wechat_app", explicit=app).get("agent_id") == 7
    assert book().resolve(explicit=app).channel == "wecom_app"
    assert book().resolve(magic="wechat", explicit={"webhook": "env:OPS_HOOK"}).channel == (
        "wecom_robot"
    )


def test_an_explicit_target_that_lacks_something(book):
    """What is missing is told as options of the line."""
    message = refused(book(OPS).resolve, magic="wechat", explicit={"corp_id": "ww1"})
    assert message == (
        "also needed: --corp-secret (app → Secret), --chat-id (on creation); "
        "or name a saved target with --to NAME"
    )


def test_an_explicit_field_of_no_channel(book):
    """A field that no channel of the magic has is named."""
    message = refused(book().resolve, magic="wechat", explicit={"app_key": "k", "chat_id": "c"})
    assert message.startswith("wecom_chat has no field app_key")


def test_an_explicit_value_of_a_wrong_kind(book):
    """A value that cannot be is named by its field."""
    explicit = {"corp_id": "ww1", "corp_secret": VALUE, "agent_id": "seven"}
    message = refused(book().resolve, magic="wechat_app", explicit=explicit)
    assert message == "agent_id: expected a whole number"


# ── alerts ───────────────────────────────────────────────────────────────────────────────────


def test_where_failures_go(book):
    """Failures go to the target's alert; that one's own alert does not count, nor a loop."""
    text = (OPS + 'alert = "team"\n') + (TEAM + 'alert = "nobody"\n') + (APP + 'alert = "app"\n')
    targets = book(text)
    ops = targets.resolve("ops")
    assert targets.alert_of(ops).name == "team"
    app = targets.resolve("app", explicit={"agent_id": 8})
    assert targets.alert_of(app) is app
    assert targets.alert_of(Target("wecom_chat", CHAT)) == Target("wecom_chat", CHAT)


def test_an_alert_that_is_not_there(book, path):
    """A target whose alert is none is refused before anything runs, and shown as lacking it."""
    targets = book(OPS + 'alert = "taem"\n' + TEAM)
    lacks = "target taem (alert); did you mean team?"
    assert refused(targets.resolve, "ops") == f"target ops ({path}) lacks {lacks}"
    assert targets.known()[0].missing == (lacks,)
    assert targets.known()[0].fields["alert"] == "taem"


def test_an_alert_that_cannot_work(book, path):
    """What the alert itself lacks is told under its own name."""
    targets = book(OPS + 'alert = "team"\n' + TEAM, TEAM_SECRET="")
    message = refused(targets.alert_of, targets.resolve("ops"))
    assert message == f"target team ({path}) lacks variable TEAM_SECRET (not set)"


# ── what is known ────────────────────────────────────────────────────────────────────────────


def test_known(book, path):
    """Everything known is listed with its source, what it is the default for, and what it lacks."""
    text = (
        '[defaults]\nwechat = "ops"\n' + OPS + APP.replace("agent_id = 7\n", 'users = ["a", "b"]\n')
    )
    targets = book(text, {**DING_ENV, "WECOM_CHAT_ID": "c"}, TEAM_SECRET="")
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


def test_known_hides_literals(book):
    """A literal secret, saved or the sandbox's, is dots."""
    targets = book(OPS.replace("env:OPS_HOOK", VALUE))
    targets.use_sandbox(SANDBOX)
    assert VALUE not in repr(targets.known())
    assert {one.fields["webhook"] for one in targets.known() if "webhook" in one.fields} == {"••••"}
    defaults = {one.name: one.default_for for one in targets.known() if one.default_for}
    assert defaults == {"sandbox-wecom_chat": ("wechat",), "sandbox-dingtalk_chat": ("dingtalk",)}


def test_nothing_known(book, path):
    """Where nothing is known the list is empty, and the path that was looked in is told."""
    targets = book()
    assert targets.known() == []
    assert targets.looked_in == [path]


def test_names(book):
    """Names for completion: all, or a magic's; never an error."""
    targets = book(OPS + APP)
    targets.use_sandbox(SANDBOX)
    assert targets.names("wechat") == ["ops", "sandbox-wecom_chat", "sandbox-wecom_robot"]
    assert targets.names()[:2] == ["ops", "app"]
    assert book("x = = 1").names() == []


def test_config_errors_are_raised(book):
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


def test_target_and_default_are_saved_together(book, path):
    """Where the default cannot be written, the target is not either."""
    text = "defaults = 3\n"
    path.write_text(text)
    targets = book()
    refused(targets.save, "ops", Target("wecom_chat", CHAT), "wechat", error=ConfigError)
    assert path.read_text() == text


def test_save(book, path):
    """A saved target is there at once, under its name, and is the default if that was asked for."""
    targets = book()
    assert targets.save("ops", Target("wecom_chat", CHAT), default_for="wechat") == path
    assert targets.resolve(magic="wechat") == Target("wecom_chat", CHAT, "ops", str(path))
    targets.save("other", Target("wecom_robot", {"webhook": "env:OPS_HOOK"}))
    assert targets.resolve(magic="wechat").name == "ops"
    targets.save("ops", Target("wecom_robot", {"webhook": "env:OPS_HOOK"}))
    assert targets.resolve("ops").channel == "wecom_robot"


@pytest.mark.parametrize(
    ("name", "target", "default_for", "message"),
    [
        ("", Target("wecom_chat", CHAT), None, "a name is not empty"),
        ("a b", Target("wecom_chat", CHAT), None, "holds no space"),
        ("--to", Target("wecom_chat", CHAT), None, "does not begin with -"),
        ("a", Target("wecom_chatt", CHAT), None, "no channel wecom_chatt; did you mean wecom_chat?"),
        ("a", Target("wecom_chat", {"chatid": "c"}), None, "did you mean chat_id?"),
        ("a", Target("wecom_chat", CHAT), "dingtalk", "use %%notify_wechat or"),
    ],
)  # fmt: skip
def test_what_cannot_be_saved(book, path, name, target, default_for, message):
    """A name, channel, field or default that would break the file is refused; no file is made."""
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
    root = str(Path(__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code, root], capture_output=True, text=True)  # noqa: PLW1510
    assert done.stdout.strip() == "[]", done.stderr


def test_the_files_language_and_zone_hold(book, monkeypatch):
    """The config file's language and time zone are those of every text from then on."""
    monkeypatch.delenv("NOTEBOOK_NOTIFY_LANGUAGE")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "no target yet" in refused(book('language = "en"\ntimezone = "Asia/Shanghai"\n').resolve)
    assert f"{texts.local(0):%H}" == "08"
