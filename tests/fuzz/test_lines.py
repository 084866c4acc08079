"""Whatever is typed on a magic line: it is understood, or refused in words that repeat no secret."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from IPython.core.error import UsageError
from IPython.core.magic_arguments import magic_arguments

from notebook_notify.errors import NotifyError
from notebook_notify.fields import COMMON_FIELDS
from notebook_notify.notebook.filling import explicit_fields, fill
from notebook_notify.notebook.options import SECRET_OPTIONS, Options, notify_arguments, parse
from notebook_notify.platforms import CHANNELS, SPECS
from notebook_notify.targets import Target


@magic_arguments()
@notify_arguments
def _magic(line):
    """Stand in for a notifying magic."""


PARSER = _magic.parser
NAMES = sorted(PARSER._option_string_actions)
SECRET = "Zq9-typed-by-mistake"
#: What lines are made of: options, whole and cut, what quotes, and what may follow them.
WORDS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from([name[:-1] for name in NAMES]),
    st.sampled_from(
        [
            "--",
            "-",
            "=",
            '"',
            "'",
            "“",
            "”",
            "\\",
            " ",
            "{x}",
            "{x",
            "90s",
            "5m",
            "9" * 5000,
            "(?P<",
        ]
    ),
    st.text(max_size=8),
)
LINES = st.lists(WORDS, max_size=8).map(" ".join) | st.lists(WORDS, max_size=8).map("".join)


def outcome(call):
    """What *call* gives, or the words of its refusal; anything else is a mistake of ours."""
    try:
        return call()
    except (UsageError, NotifyError) as error:
        return str(error) or pytest.fail("a refusal without a word")


@given(LINES)
@example("--max-messages " + "9" * 5000)
@example("--after " + "9" * 5000)
@example("--alert (?P<")
def test_any_line(line):
    """Options and the rest as typed; or IPython's own error for a wrong use."""
    options = outcome(lambda: parse(line, PARSER))
    if isinstance(options, str):
        return
    assert line.endswith(options.rest)
    assert options.budget(watched=True).left >= 0


@given(st.sampled_from(sorted(SECRET_OPTIONS)), WORDS, WORDS, st.sampled_from(["=", " ", "  "]))
def test_a_typed_secret_is_never_repeated(name, before, after, between):
    """Wherever a secret stands behind its option, no error and no text to send holds it."""
    option = f"--{name.replace('_', '-')}"
    options = outcome(lambda: parse(f"{before} {option}{between}{SECRET} {after}", PARSER))
    # Where it was taken, the option was another's value or stood within a word of the text.
    assert SECRET not in options if isinstance(options, str) else options.explicit == {}
    if not isinstance(options, str) and SECRET in options.rest:
        assert f" {option}" not in f" {options.rest}"


class Odd:
    """An object of the user's whose every form raises."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __getitem__(self, key):
        raise KeyError(key)

    def __format__(self, spec):
        raise SystemExit(3)

    def __repr__(self):
        raise ValueError


FIELDS = st.lists(
    st.sampled_from(
        ["{", "}", "{{", "x", "odd", "loss", ".", "[", "]", "0", "!r", "!q", ":", ".2f"]
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)


@given(FIELDS)
@example("{loss:999999999999999999999f}")
@example("{x.__class__.__init__.__globals__}")
@example("{odd!r} {odd.a} {odd[0]} {odd}")
def test_any_fields(text):
    """What can be filled in is; what cannot stays as typed and is named; nothing raises."""
    filled, failed = fill(text, {"x": 1, "odd": Odd(), "loss": 0.5})
    assert isinstance(filled, str)
    assert all(one in filled for one in failed)
    if "{" not in text:
        assert (filled, failed) == (text, [])


@given(st.dictionaries(st.sampled_from(sorted(SECRET_OPTIONS)), st.text(max_size=9), max_size=2))
def test_any_fields_of_the_target(explicit):
    """A field of the line is a value, a variable, or a wrong use."""
    found = outcome(lambda: explicit_fields(Options(explicit=explicit), {"x": 1}))
    assert "variable" in found if isinstance(found, str) else found.keys() == explicit.keys()


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just("9" * 5000)
    | st.sampled_from(
        ["@all", "a|b", "https://[", "http://127.0.0.1:99999", "//h", "env:", "key=x"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
ALL_FIELDS = sorted({one.name for spec in SPECS.values() for one in spec.all_fields})


@given(
    st.sampled_from(sorted(CHANNELS)),
    st.dictionaries(st.sampled_from(ALL_FIELDS), VALUES, max_size=6),
)
@example("wecom_app", {"agent_id": "9" * 5000})
@example("wecom_robot", {"webhook": "https://[::1/x?key=12345678"})
@example("dingtalk_robot", {"webhook": "https://oapi.dingtalk.com:x/robot?access_token=" + "a" * 9})
def test_any_target(channel, fields):
    """A target of any values is checked in words; what passes can be made a request of."""
    one = CHANNELS[channel]
    target = outcome(lambda: Target(channel, SPECS[channel].parse(fields)))
    if isinstance(target, str) or outcome(lambda: one.check(target)):
        return
    assert outcome(lambda: one.token_key(target))


@pytest.mark.parametrize("field", COMMON_FIELDS, ids=lambda field: field.name)
@given(value=VALUES)
def test_any_value_of_a_common_field(field, value):
    """A field keeps a value of its kind or refuses it, and never repeats a text that it refuses."""
    found = outcome(lambda: field.parse(value))
    if isinstance(value, str) and len(value) > 12 and found != value.strip():
        assert value not in str(found)
