"""A secret as a value, and what its reference leads to."""

import copy
import pickle
import traceback

import keyring
import keyring.backend
import keyring.errors
import pytest

from notebook_notify.errors import SecretError
from notebook_notify.secret import MASK, Secret, scrub

VALUE = "s3cr3t-V4lue/with+signs"


# ── behaves as a value ───────────────────────────────────────────────────────────────────────


def test_equality_and_hash():
    """Secrets are equal by value or by reference, and never equal to a string."""
    assert Secret(VALUE) == Secret(VALUE) != Secret(VALUE + "x")
    assert Secret.of("env:A") == Secret.of("env:A") != Secret.of("env:B")
    assert Secret("env:A") != Secret.of("env:A")
    assert Secret(VALUE) != VALUE
    assert len({Secret(VALUE), Secret(VALUE), Secret.of("env:A"), Secret.of("env:A")}) == 2
    assert hash(Secret(VALUE)) != hash(VALUE)


def test_truth():
    """A literal is true if it is not empty; a reference is true."""
    assert Secret("x")
    assert not Secret("")
    assert Secret.of("env:SURELY_NOT_SET")


def test_copies_are_the_secret_itself():
    """Copying makes no second secret."""
    secret = Secret(VALUE)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_reference_pickles_as_its_reference(protocol, monkeypatch):
    """A pickled reference holds its name and not its value."""
    monkeypatch.setenv("OPS_SECRET", VALUE)
    secret = Secret.of("env:OPS_SECRET")
    secret.reveal()
    data = pickle.dumps(secret, protocol)
    assert VALUE.encode() not in data
    assert pickle.loads(data) == secret
    assert pickle.loads(data).reveal() == VALUE


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_literal_is_not_pickled(protocol):
    """Pickling a literal raises an error that says how to save it, without its value."""
    with pytest.raises(SecretError, match="env:NAME or keyring:SERVICE/USER") as caught:
        pickle.dumps({"s": Secret(VALUE)}, protocol)
    assert VALUE not in "".join(traceback.format_exception(caught.value))


def test_dask_hears_the_refusal_too():
    """Dask names what it is given before it pickles it, and hides why that cannot be pickled."""
    assert Secret.of("env:A").__dask_tokenize__() == ("env:A",)
    with pytest.raises(SecretError, match="env:NAME"):
        Secret(VALUE).__dask_tokenize__()


@pytest.mark.parametrize("value", [None, 7, b"bytes"])
def test_only_strings_are_secrets(value):
    """Something else than a string is refused by its type's name alone."""
    with pytest.raises(SecretError, match=type(value).__name__):
        Secret(value)


# ── references ───────────────────────────────────────────────────────────────────────────────


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A real backend that keeps its entries in memory."""

    priority = 1

    def __init__(self, entries):
        super().__init__()
        self.entries = entries

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.entries[service, username] = password

    def delete_password(self, service, username):
        del self.entries[service, username]


class LockedKeyring(MemoryKeyring):
    def get_password(self, service, username):
        raise keyring.errors.KeyringLocked(f"locked, and here is {VALUE}")


@pytest.fixture
def use_keyring():
    """Sets the keyring's back end for one test."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_env_is_read_at_each_reveal():
    """A variable's reference follows the variable, less the white space around it."""
    secret = Secret.of(" env:OPS ")
    assert secret.reference == "env:OPS"
    assert secret.reveal({"OPS": " one\n"}) == "one"
    assert secret.reveal({"OPS": "two"}) == "two"


@pytest.mark.parametrize("environ", [{}, {"OPS": " "}])
def test_a_missing_variable_is_named(environ):
    """A variable that is not set, or is blank, is named, with what to do."""
    with pytest.raises(SecretError, match="environment variable OPS is not set; set it"):
        Secret.of("env:OPS").reveal(environ)


def test_messages_follow_the_language(monkeypatch):
    """The same in Chinese."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    with pytest.raises(SecretError, match="环境变量 OPS 没有设置"):
        Secret.of("env:OPS").reveal({})


def test_keyring_entry(use_keyring):
    """A keyring's entry is looked up when it is revealed; the last slash parts service and user."""
    use_keyring(MemoryKeyring({("corp/ding", "me"): VALUE}))
    secret = Secret.of("keyring:corp/ding/me")
    assert secret.reveal() == VALUE
    assert scrub(f"it is {VALUE}") == f"it is {MASK}"


def test_a_missing_keyring_entry_is_named(use_keyring):
    """A missing entry is named, with the command that makes it."""
    use_keyring(MemoryKeyring({}))
    with pytest.raises(SecretError, match=r"keyring:corp/me · .*run keyring set corp me"):
        Secret.of("keyring:corp/me").reveal()


def test_a_locked_keyring_is_told_without_its_words(use_keyring):
    """A backend's error is told by its kind; its text, and it itself, stay behind."""
    use_keyring(LockedKeyring({}))
    with pytest.raises(SecretError, match=r"cannot be opened \(KeyringLocked\)") as caught:
        Secret.of("keyring:corp/me").reveal()
    assert caught.value.__context__ is None
    assert VALUE not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "text", ["env:", "keyring:", "keyring:onlyservice", "keyring:/u", "keyring:s/"]
)
def test_a_half_reference_is_no_literal(text):
    """What begins like a reference and is none is refused, not taken for the secret itself."""
    with pytest.raises(SecretError, match="env:NAME or keyring:SERVICE/USER"):
        Secret.of(text)


def test_other_schemes_are_literals():
    """A URL or a text with a colon is a literal."""
    for text in ("https://qyapi.weixin.qq.com/x?key=1", "environment:x", "ENV:X", "a:b"):
        assert Secret.of(text).reference is None
        assert Secret.of(text).reveal() == text
