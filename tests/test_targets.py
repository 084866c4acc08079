"""What ``targets.py`` promises."""

import copy
import pickle

import pytest

from notebook_notify.errors import SecretError, TargetError
from notebook_notify.fields import COMMON_FIELDS, SECRET_FIELDS, Field, Spec
from notebook_notify.secret import Secret
from notebook_notify.targets import Target, from_environment, masked, missing

VALUE = "s3cr3t-V4lue"
HERE = ("后台", "the console")
APP = Spec(
    kind="app",
    platform="wecom",
    magic="wechat_app",
    title=("应用", "app"),
    fields=(
        Field("corp_id", HERE, env="CORP_ID"),
        Field("corp_secret", HERE, env="CORP_SECRET"),
        Field("agent_id", HERE, env="AGENT_ID", kind="integer"),
        Field("users", HERE, required=False, env="USERS", kind="names", env_scope="@all"),
        Field("safe", HERE, required=False, kind="flag"),
    ),
)
CHAT = Spec(
    kind="chat",
    platform="wecom",
    magic="wechat",
    title=("群", "chat"),
    fields=(*APP.fields[:2], Field("chat_id", HERE, env="CHAT_ID")),
)


# ── Target ───────────────────────────────────────────────────────────────────────────────────


def test_secret_fields_are_wrapped():
    """Strings in secret fields become secrets, references among them; the rest stays."""
    fields = dict.fromkeys(SECRET_FIELDS, VALUE) | {"chat_id": "c", "webhook": "env:HOOK"}
    target = Target("chat", fields)
    assert all(isinstance(target.get(name), Secret) for name in SECRET_FIELDS)
    assert target.get("webhook").reference == "env:HOOK"
    assert (target.get("chat_id"), target.get("none", 1), set(target)) == ("c", 1, set(fields))


def test_repr_shows_no_secret():
    """A target's repr names its fields and masks secrets, a proxy with a password among them."""
    target = Target("chat", {"corp_secret": VALUE, "proxy": "http://me:proxypw@egress"}, "ops", "f")
    assert repr(target) == (
        "Target('chat', {'corp_secret': Secret('••••'), 'proxy': Secret('••••')}, "
        "name='ops', source='f')"
    )


@pytest.mark.parametrize(
    "proxy",
    [
        "http://me:pr0xy-pw@egress:3128",
        "http://me@egress",
        "http://a:b@c:d@egress",
        "me:pr0xy-pw@egress",
    ],
)
def test_a_proxy_with_a_password_is_a_secret(proxy):
    """The URL of a proxy with a user name in it is neither shown nor pickled."""
    target = Target("chat", {"proxy": proxy})
    told = f"{target!r} {target.fields} {masked(target)}"
    assert proxy not in told
    assert "pr0xy-pw" not in told
    assert "a:b" not in told
    assert target.reveal("proxy") == proxy
    assert COMMON_FIELDS[1].parse(target.get("proxy")) is target.get("proxy")
    with pytest.raises(SecretError, match="env:NAME"):
        pickle.dumps(target)


@pytest.mark.parametrize("proxy", ["http://egress:3128", "env:EGRESS", "keyring:egress/me"])
def test_a_proxy_without_a_password(proxy):
    """A proxy's URL alone stays text, a reference is one; both are shown, and pickle."""
    target = Target("chat", {"proxy": proxy})
    assert isinstance(target.get("proxy"), Secret) == (proxy != "http://egress:3128")
    assert masked(target) == {"proxy": proxy}
    assert pickle.loads(pickle.dumps(target)) == target


def test_reveal():
    """A secret field is revealed; one that is not there is named."""
    target = Target("chat", {"corp_secret": "env:OPS", "chat_id": "c"}, name="ops")
    assert target.reveal("corp_secret", {"OPS": VALUE}) == VALUE
    assert target.reveal("chat_id") == "c"
    with pytest.raises(SecretError, match="OPS"):
        target.reveal("corp_secret", {})
    with pytest.raises(TargetError, match="ops has no webhook"):
        target.reveal("webhook")


def test_pickles_as_its_parts():
    """A target whose secrets are references survives pickling; a literal one refuses."""
    target = Target("chat", {"corp_secret": "env:OPS", "users": ["a"]}, "ops", "here")
    assert pickle.loads(pickle.dumps(target)) == target
    with pytest.raises(SecretError, match="env:NAME"):
        pickle.dumps(Target("chat", {"corp_secret": VALUE}))


def test_copies_are_equal():
    """A deep copy is an equal target."""
    target = Target("chat", {"corp_secret": VALUE, "users": ["a"]}, "ops", "here")
    assert copy.deepcopy(target) == target


def test_fields_are_its_own():
    """Changing the mapping that a target was made from does not change the target."""
    fields = {"chat_id": "c"}
    target = Target("chat", fields)
    fields["chat_id"] = "d"
    assert target.get("chat_id") == "c"


def test_label():
    """A target is called by its name, else by its channel."""
    assert (Target("chat", {}, "ops").label, Target("chat").label) == ("ops", "chat")


# ── what is known of a target ────────────────────────────────────────────────────────────────


def test_masked():
    """Fields as text: references are shown, literals and a proxy's password are not."""
    target = Target(
        "app",
        {
            "corp_secret": VALUE,
            "secret": "env:OPS",
            "agent_id": 7,
            "users": ["a", "b"],
            "proxy": "http://me:pw@egress",
        },
    )
    assert masked(target) == {
        "corp_secret": "••••",
        "secret": "env:OPS",
        "agent_id": "7",
        "users": "a, b",
        "proxy": "http://••••@egress",
    }


def test_missing():
    """What a target lacks: fields with where to find them, and variables that are not set."""
    target = Target("app", {"corp_secret": "env:OPS", "agent_id": 7})
    assert missing(target, APP, {}) == ["corp_id (the console)", "variable OPS (not set)"]
    assert missing(target, APP, {"OPS": "x"}) == ["corp_id (the console)"]
    keyring = Target("app", {"corp_id": "x", "corp_secret": "keyring:a/b", "agent_id": 7})
    assert missing(keyring, APP, {}) == []


def test_environment_whole():
    """A channel whose variables are set is a target; its secret refers to the variable."""
    environ = {
        "NOTEBOOK_NOTIFY_CORP_ID": "ww1",
        "NOTEBOOK_NOTIFY_CORP_SECRET": VALUE,
        "NOTEBOOK_NOTIFY_AGENT_ID": "7",
        "NOTEBOOK_NOTIFY_USERS": "a|b, c，d",
    }
    whole, part = from_environment([APP, CHAT], environ)
    secret = Secret.of("env:NOTEBOOK_NOTIFY_CORP_SECRET")
    users = ["a", "b", "c", "d"]
    fields = {"corp_id": "ww1", "corp_secret": secret, "agent_id": 7, "users": users}
    assert whole == [Target("app", fields, source="environment")]
    assert part == []  # what is set of the chat belongs to the app


@pytest.mark.parametrize("users", [None, "", " | , "])
def test_environment_says_who(users):
    """What only the environment must say is told as lacking; others do without it."""
    environ = {
        "NOTEBOOK_NOTIFY_CORP_ID": "ww1",
        "NOTEBOOK_NOTIFY_CORP_SECRET": VALUE,
        "NOTEBOOK_NOTIFY_AGENT_ID": "7",
    }
    if users is not None:
        environ["NOTEBOOK_NOTIFY_USERS"] = users
    whole, (part,) = from_environment([APP], environ)
    assert whole == []
    assert missing(part, APP, environ) == ["NOTEBOOK_NOTIFY_USERS (the console)"]
    assert missing(Target("app", part.fields), APP, environ) == []


def test_environment_part():
    """A channel that lacks variables is told apart, and the variables are named."""
    whole, part = from_environment([APP, CHAT], {"NOTEBOOK_NOTIFY_CHAT_ID": "c"})
    assert whole == []
    assert [one.channel for one in part] == ["chat"]
    assert missing(part[0], CHAT, {}) == [
        "NOTEBOOK_NOTIFY_CORP_ID (the console)",
        "NOTEBOOK_NOTIFY_CORP_SECRET (the console)",
    ]


def test_environment_may_refer():
    """A variable may hold a reference instead of the secret itself."""
    environ = {"NOTEBOOK_NOTIFY_CORP_SECRET": "keyring:wecom/ww1"}
    _, part = from_environment([CHAT], environ)
    assert part[0].get("corp_secret").reference == "keyring:wecom/ww1"
