"""No text shows a secret: neither one of its own forms nor one that was scrubbed of it."""

import gc
import json
import logging
import os
import pprint
import threading
import time
import traceback
from dataclasses import dataclass

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from notebook_notify import secret as module
from notebook_notify.secret import MASK, Secret, remember, scrub

VALUE = "s3cr3t-V4lue/with+signs"
#: Secrets as they are: printable, without spaces at the ends, long enough to be remembered.
VALUES = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="•"), min_size=6, max_size=40
)


# ── masked everywhere ────────────────────────────────────────────────────────────────────────


@dataclass
class Holder:
    secret: Secret


def _shown(secret):
    """All the ways in which Python turns an object into text."""
    yield from (
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r}",
        f"{secret:>40}",
        ascii(secret),
    )
    yield from ("%s %r" % (secret, secret), "{} {!r}".format(secret, secret))  # noqa: UP031, UP032
    yield from (
        pprint.pformat({"a": [secret]}),
        repr(Holder(secret)),
        repr([secret]),
        str((secret,)),
    )
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s %r", (secret, secret), None)
    yield logging.Formatter().format(record)
    yield repr([getattr(secret, name) for name in dir(secret)])
    yield repr([getattr(secret, name, None) for name in Secret.__slots__])
    yield repr(object.__reduce_ex__(secret, 2))
    for action in (
        json.dumps,
        len,
        iter,
        vars,
        int,
        lambda s: s + "",
        lambda s: "" + s,
        lambda s: s[0],
    ):
        try:
            yield repr(action(secret))
        except TypeError as error:
            yield "".join(traceback.format_exception(error))


@given(VALUES)
@example(VALUE)
def test_no_text_form_of_a_literal_holds_its_value(value):
    """However a literal secret is printed, its value is not in the text."""
    assume(value not in "".join(_shown(Secret("x"))))
    assert not [text for text in _shown(Secret(value)) if value in text]


def test_masks_say_what_they_hide():
    """A literal shows dots; a reference shows where it leads, and nothing of its value."""
    assert repr(Secret(VALUE)) == "Secret('••••')"
    assert repr(Secret.of("env:OPS")) == "Secret(env:OPS)"
    assert repr(Secret.of("keyring:corp/ding/me")) == "Secret(keyring:corp/ding/me)"


def test_debuggers_that_walk_references_do_not_meet_the_value():
    """What the garbage collector tells of a literal secret is no string that holds its value."""
    assert VALUE not in [one for one in gc.get_referents(Secret(VALUE)) if isinstance(one, str)]


def test_ipython_pretty_printer_shows_the_mask():
    """A cell whose value is a secret shows the mask."""
    from IPython.lib.pretty import pretty

    assert pretty({"s": Secret(VALUE)}) == "{'s': Secret('••••')}"


def test_json_fails_without_the_value():
    """A secret cannot be written as JSON, and the error does not quote it."""
    with pytest.raises(TypeError) as caught:
        json.dumps({"corp_secret": Secret(VALUE)})
    assert VALUE not in str(caught.value)


# ── scrub: known secrets ─────────────────────────────────────────────────────────────────────


@given(
    secrets=st.lists(VALUES, min_size=1, max_size=5),
    pieces=st.lists(st.text(max_size=20) | st.integers(0, 4), max_size=12),
)
@example(secrets=["abcdef", "defghi"], pieces=["abc", 1, 0, "f", 0])
@example(secrets=["aaaaaa", "aaaaaaaa"], pieces=["aaa", 1, "aaaaa"])
def test_known_secrets_never_survive(secrets, pieces):
    """Whatever stands around them, and however they overlap, no known secret is left."""
    module._known.clear()
    for secret in secrets:
        remember(secret)
    text = "".join(secrets[p % len(secrets)] if isinstance(p, int) else p for p in pieces)
    clean = scrub(text)
    assert not [secret for secret in secrets if secret in clean]
    assert scrub(clean) == clean


@given(VALUES)
def test_encoded_forms_of_known_secrets(value):
    """A known secret in a URL, in JSON, in a ``repr`` or in HTML is masked as well."""
    from html import escape
    from urllib.parse import quote, quote_plus, urlencode

    module._known.clear()
    remember(value)
    for form in (
        quote(value),
        quote(value, safe=""),
        quote(value, safe="").lower() if value == value.lower() else quote(value),
        quote_plus(value),
        urlencode({"x": value})[2:],
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(value)[1:-1].replace("/", "\\/"),
        repr(value)[1:-1],
        escape(value),
    ):
        assert scrub(f"<{form}>") == f"<{MASK}>"


def test_a_literal_is_known_from_the_start():
    """A literal secret is masked before anything was sent with it."""
    Secret(VALUE)
    assert scrub(VALUE) == MASK


def test_overlapping_secrets_leave_no_rest():
    """Two secrets that overlap are one hole."""
    remember("abcdefgh")
    remember("fghijklm")
    assert scrub("<abcdefghijklm>") == f"<{MASK}>"


def test_short_strings_are_not_remembered():
    """A secret of five characters does not riddle the text."""
    remember("hello")
    assert scrub("hello world") == "hello world"


def test_the_key_in_a_webhook_url_is_known_by_itself():
    """Whoever remembers a webhook's URL has its key masked alone, too."""
    remember(
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
    )
    assert scrub("the key 693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa") == f"the key {MASK}"


def test_the_oldest_are_forgotten():
    """Of more secrets than are kept, the newest stay known; using one makes it new."""
    for number in range(module.MOST):
        remember(f"number-{number:05}")
    remember("number-00000")
    remember("one-too-many")
    assert scrub("number-00000 number-00001 number-00002 one-too-many") == (
        f"{MASK} number-00001 {MASK} {MASK}"
    )


def test_threads_may_remember_and_scrub_at_once():
    """Remembering on some threads while others scrub neither fails nor forgets."""
    errors = []

    def work(number):
        try:
            for one in range(200):
                remember(f"thread-{number}-{one:04}")
                assert scrub(f"<thread-{number}-{one:04}>") == f"<{MASK}>"
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not errors


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # threads and fork, on purpose
def test_a_child_forked_while_the_lock_is_held_can_scrub():
    """A forked child does not wait for a thread that it does not have."""
    with module._lock:
        child = os.fork()
        if not child:
            remember(VALUE)
            os._exit(0 if scrub(VALUE) == MASK else 1)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0
            return
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")
