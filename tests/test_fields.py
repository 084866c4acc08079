"""What ``fields.py`` promises."""

import pytest

from notebook_notify.errors import TargetError
from notebook_notify.fields import COMMON_FIELDS, Field, Spec, did_you_mean
from notebook_notify.secret import Secret

HERE = ("后台", "the console")
APP = Spec(
    "app",
    "wecom",
    "wechat_app",
    ("应用", "app"),
    (
        Field("corp_id", HERE),
        Field("corp_secret", HERE),
        Field("agent_id", HERE, kind="integer"),
        Field("users", HERE, required=False, kind="names"),
    ),
)


@pytest.mark.parametrize(
    ("name", "kind", "value", "parsed"),
    [
        ("chat_id", "text", " c ", "c"),
        ("agent_id", "integer", 1000002, 1000002),
        ("agent_id", "integer", " 1000002 ", 1000002),
        ("safe", "flag", True, True),
        ("users", "names", "@all", "@all"),
        ("users", "names", ["a ", "b"], ["a", "b"]),
        ("parties", "names", (1, 2), ["1", "2"]),
        ("secret", "text", Secret("x"), Secret("x")),
        ("image_url", "function", " my.pictures:store ", "my.pictures:store"),
        ("base_url", "url", "https://api.example.com:8443/x/", "https://api.example.com:8443/x"),
        ("base_url", "url", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("base_url", "url", "http://127.8.8.8", "http://127.8.8.8"),
        ("base_url", "url", "http://[::1]:80", "http://[::1]:80"),
        ("base_url", "url", "http://localhost:80/", "http://localhost:80"),
    ],
)
def test_values_are_brought_to_their_kind(name, kind, value, parsed):
    """A value of the field's kind, or text that means one, is taken."""
    assert Field(name, HERE, kind=kind).parse(value) == parsed


@pytest.mark.parametrize(
    ("name", "kind", "value", "expected"),
    [
        ("chat_id", "text", 7, "a text"),
        ("chat_id", "text", Secret("x"), "a text"),
        ("chat_id", "text", None, "a text"),
        ("agent_id", "integer", True, "a whole number"),
        ("agent_id", "integer", "1.5", "a whole number"),
        ("agent_id", "integer", "", "a whole number"),
        ("safe", "flag", "yes", "true or false"),
        ("safe", "flag", 1, "true or false"),
        ("users", "names", [["a"]], "a list of ids"),
        ("users", "names", [True], "a list of ids"),
        ("parties", "names", 7, "a list of ids"),
        ("secret", "text", 123456, "a text"),
        ("image_url", "function", "my.pictures.store", "module:function"),
        ("image_url", "function", "my pictures:store", "module:function"),
        ("image_url", "function", 7, "module:function"),
        ("base_url", "url", 7, "https://host"),
        ("base_url", "url", "", "https://host"),
        ("base_url", "url", "https://", "https://host"),
        ("base_url", "url", "api.example.com", "https://host"),
        ("base_url", "url", "ftp://127.0.0.1", "https://host"),
        ("base_url", "url", "http://api.example.com", "https://host"),
        ("base_url", "url", "http://127.0.0.1.example.com", "https://host"),
        ("base_url", "url", "http://localhost.example.com", "https://host"),
        ("base_url", "url", "http://127.0.0.1@example.com", "https://host"),
        ("base_url", "url", "http://127.0.0.1\\.example.com", "https://host"),
        ("base_url", "url", "https://a.example.com/?key=1", "https://host"),
        ("base_url", "url", "https://a.example.com:99999", "https://host"),
        ("base_url", "url", "https://[::1", "https://host"),
    ],
)
def test_values_of_another_kind_are_refused(name, kind, value, expected):
    """Anything else is refused by the field's name and what is expected, without the value."""
    with pytest.raises(TargetError, match=f"{name}: expected {expected}") as caught:
        Field(name, HERE, kind=kind).parse(value)
    assert "123456" not in str(caught.value)


def test_names_of_a_field():
    """A field knows its option and its variable."""
    field = Field("corp_id", HERE, env="WECOM_CORP_ID")
    assert (field.option, field.variable) == ("--corp-id", "NOTEBOOK_NOTIFY_WECOM_CORP_ID")
    assert Field("users", HERE).variable is None
    assert Field("webhook", HERE).secret
    assert not field.secret


def test_spec_finds_fields():
    """A spec finds its own fields and the common ones, and no others."""
    assert APP.field("agent_id") is APP.fields[2]
    assert APP.field("proxy") is COMMON_FIELDS[1]
    assert APP.field("chat_id") is None
    assert APP.lacking({"corp_id": "x", "corp_secret": Secret(""), "agent_id": 0}) == [
        APP.fields[1]
    ]


def test_unknown_field_names_the_near_match():
    """A field that the channel does not have is named, with the one that is meant."""
    with pytest.raises(TargetError, match="app has no field corpid; did you mean corp_id"):
        APP.parse({"corpid": "ww1"})


def test_did_you_mean(monkeypatch):
    """A near match ends the sentence in the reader's language; without one there is nothing."""
    assert did_you_mean("opps", ["ops", "x"]) == "; did you mean ops?"
    assert did_you_mean("zzz", ["ops"]) == ""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert did_you_mean("opps", ["ops"]) == "；是不是 ops？"
