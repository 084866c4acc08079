"""One field of a target: a secret is never taken."""

from __future__ import annotations

import pytest
from ipywidgets.widgets.widget import _instances

from notebook_notify.errors import SecretError
from notebook_notify.panel.desk import Desk
from notebook_notify.panel.setup_row import Row
from notebook_notify.panel.setup_words import at_fault, label
from notebook_notify.platforms import SPECS
from notebook_notify.secret import MASK, Secret, scrub

HOOK = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0f0e0d0c-1111-2222-3333-444455556666"


@pytest.fixture
def row():
    """Makes the row of a field."""
    made = []

    def make(kind: str, name: str) -> Row:
        made.append(Row(Desk("en"), SPECS[kind].field(name), lambda: "%notify_setup ops --secret"))
        return made[-1]

    yield make
    for one in made:
        for widget in (one.widget, one.line, one.wrong, one._hint, one.box):
            widget.close()


@pytest.mark.parametrize(
    ("kind", "name", "typed"),
    [
        ("wecom_robot", "webhook", HOOK),
        ("wecom_chat", "corp_secret", "e5Kx-0123456789abcdefghijkl"),
        ("dingtalk_robot", "secret", " SEC0123456789abcdef0123456789abcdef"),
        ("wecom_chat", "corp_secret", "env:not-a-name-but-a-secret"),
        ("wecom_chat", "corp_secret", "keyringer-0123456789"),
    ],
)
def test_a_pasted_secret_is_refused_at_once(row, kind, name, typed) -> None:
    """It is in no widget any more, is not repeated, and the line for a cell is there."""
    one = row(kind, name)
    one.widget.set_state({"value": typed})  # as a page says it
    assert one.widget.value == ""
    assert "cleared" in one.wrong.value
    assert (one.line.value, one.line.layout.display) == ("%notify_setup ops --secret", "")
    assert typed.strip() not in repr([each.get_state() for each in list(_instances.values())])
    assert one.value() is None
    assert MASK in scrub(f"somewhere else {typed.strip()} appears")


@pytest.mark.parametrize("typed", ["env:OPS_SECRET", "keyring:notify/ops team"])
def test_a_reference_is_typed_letter_by_letter(row, typed) -> None:
    """What may become one is left alone; nothing is refused on the way."""
    one = row("wecom_chat", "corp_secret")
    for end in range(1, len(typed) + 1):
        one.widget.set_state({"value": typed[:end]})
        assert (one.widget.value, one.wrong.value) == (typed[:end], "")
    assert one.value() == Secret.of(typed)


def test_half_a_reference_is_an_error(row) -> None:
    """One that leads nowhere is told when it is used."""
    one = row("wecom_chat", "corp_secret")
    one.widget.value = "env:"
    with pytest.raises(SecretError, match="env:NAME"):
        one.value()


def test_a_proxy_with_a_password_is_refused(row) -> None:
    """Without one it is taken, and so is a reference."""
    one = row("wecom_chat", "proxy")
    one.widget.value = "http://me:pass-word-1@egress:3128"
    assert one.widget.value == ""
    assert "pass-word-1" not in one.wrong.value
    for good in ("http://egress:3128", "env:PROXY"):
        one.widget.value = good
        assert (one.value(), one.wrong.value) == (good, "")


def test_what_is_saved_is_filled_in(row) -> None:
    """A reference is shown, a secret is not, and both are kept."""
    one = row("wecom_robot", "webhook")
    one.fill(Secret("https://literal.example/hook"))
    assert one.widget.value == ""
    assert "saved; leave empty to keep it" in one._hint.value
    assert one.value() == Secret("https://literal.example/hook")
    one.fill(Secret.of("env:HOOK"))
    assert one.widget.value == "env:HOOK"
    one.widget.value = ""
    assert one.value() is None
    users = row("wecom_app", "users")
    users.fill(["a", "b"])
    assert (users.widget.value, users.value()) == ("a, b", ["a", "b"])
    users.fill("@all")
    assert users.value() == "@all"
    flag = row("wecom_app", "safe")
    flag.fill(True)
    assert flag.value() is True
    flag.widget.value = False
    assert flag.value() is None


def test_every_field_has_a_label_of_its_own() -> None:
    """In both languages, with its name in the config file."""
    for spec in SPECS.values():
        for language in (0, 1):
            labels = [label(one)[language] for one in spec.all_fields]
            assert len(set(labels)) == len(spec.all_fields)
            for one, text in zip(spec.all_fields, labels, strict=True):
                assert one.name in text
                assert one.name != text


def test_a_code_is_about_one_field() -> None:
    """Codes of the platforms' pages; one about no field is nobody's."""
    assert at_fault("wecom", 40013) == "corp_id"
    assert at_fault("wecom", 40001) == "corp_secret"
    assert at_fault("dingtalk", "invalidClientIdOrSecret") == "app_secret"
    assert at_fault("wecom", 60020) is None
    assert at_fault("dingtalk", None) is None
