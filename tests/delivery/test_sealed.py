"""What is sealed can be read with its key alone."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from notebook_notify.delivery.sealed import name, seal, unseal

KEY = "a-hash-over-the-secret"


@given(st.text(max_size=400), st.text(max_size=80))
def test_the_key_opens_it(text, key):
    """What was sealed comes back whole."""
    assert unseal(key, seal(key, text)) == text


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_other_key_does(text, key):
    """Another key gives nothing, rather than something else."""
    assert unseal(key + "x", seal(key, text)) is None


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_what_is_none_of_ours(junk):
    """Whatever lies there instead, it is nothing."""
    assert unseal(KEY, junk.decode("utf-8", "replace")) is None
    assert unseal(KEY, base64.urlsafe_b64encode(junk).decode()) is None


def test_a_changed_byte_is_noticed():
    """Nobody makes another token of it."""
    sealed = bytearray(base64.urlsafe_b64decode(seal(KEY, "token-0123456789")))
    for at in range(len(sealed)):
        changed = sealed.copy()
        changed[at] ^= 1
        assert unseal(KEY, base64.urlsafe_b64encode(changed).decode()) is None


def test_nothing_shows():
    """Neither the text nor the key is in it, and the same text never looks the same."""
    first, second = seal(KEY, "token-0123456789"), seal(KEY, "token-0123456789")
    assert first != second
    for sealed in (first, second):
        assert b"token" not in base64.urlsafe_b64decode(sealed)
    assert KEY not in name("token", KEY)
    assert name("token", KEY) == name("token", KEY) != name("lease", KEY)
