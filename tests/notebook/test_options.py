"""The magic line: options first, then the text as typed."""

from __future__ import annotations

import re
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError
from IPython.core.magic_arguments import magic_arguments

from notebook_notify.notebook.filling import explicit_fields, fill
from notebook_notify.notebook.options import notify_arguments, parse, seconds
from notebook_notify.secret import Secret


@magic_arguments()
@notify_arguments
def _magic(line):
    """Stand in for a notifying magic."""


PARSER = _magic.parser
LINE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(list("\"'{}$%-\\=`"))
)
WORD = st.text(st.sampled_from(string.ascii_letters + "中文，。🎉{}$%:/\\"), min_size=1)


@given(LINE)
def test_text_arrives_as_typed(text):
    """Whatever is typed after the options is the text, to the letter."""
    parsed = parse(f"--to ops --title 'a b' -- {text}", PARSER)
    assert parsed.rest == text
    assert (parsed.to, parsed.title) == (("ops",), "a b")
    stripped = text.lstrip()
    if not re.search(r"(^|\s)-", stripped):
        assert parse(f"--to ops {text}", PARSER).rest == stripped
        assert parse(text, PARSER).rest == stripped


@given(WORD, st.sampled_from([" ", "="]))
def test_values_need_no_quotes(word, between):
    """A value without spaces is taken as it stands, Chinese and all; the text after it too."""
    parsed = parse(f'--title{between}{word} it\'s {{x}} "quoted"', PARSER)
    assert (parsed.title, parsed.rest) == (word, 'it\'s {x} "quoted"')


@given(LINE.filter(lambda text: text != "--"))
def test_quoted_values(text):
    """In double quotes only the quote and the backslash are written with a backslash."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert parse(f'--title "{quoted}" rest', PARSER).title == text
    if "'" not in text:
        assert parse(f"--title '{text}' rest", PARSER).title == text


@given(LINE)
def test_a_literal_secret_is_refused_and_not_repeated(text):
    """No secret passes, however it is written, and no error repeats it."""
    secret = f"s3cr3t{text}"
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    for line in (f'--corp-secret "{quoted}"', f'--app-secret="{quoted}" text'):
        with pytest.raises(UsageError) as caught:
            parse(line, PARSER)
        assert "s3cr3t" not in str(caught.value)
        assert caught.value.__context__ is None


@pytest.mark.parametrize("line", ["--corp-secret s3cr3t", "--corp-secret=s3cr3t", "--corp-secrt s3cr3t",
                                  "--corp-secret 's3cr3t", '--app-secret "s3cr3t', "--app-secret {s3cr3t}x"])  # fmt: skip
def test_no_error_repeats_a_secret(line):
    """Misspelt, unquoted, half quoted: the error does not hold what may be a secret."""
    with pytest.raises(UsageError) as caught:
        parse(line, PARSER)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("reference", ["env:OPS", "keyring:wecom/ops", "{variable}"])
def test_references_to_secrets_are_taken(reference):
    """``env:``, ``keyring:`` and a variable in braces may stand on a line."""
    assert parse(f"--corp-secret {reference} text", PARSER).explicit == {"corp_secret": reference}


def test_variables_become_secrets():
    """A secret taken from a variable masks itself; an id stays what it is; a missing one is told."""
    options = parse("--corp-secret {pw} --agent-id {agent} --corp-id ww1", PARSER)
    fields = explicit_fields(options, {"pw": "hunter-of-22", "agent": 7})
    assert fields == {"corp_secret": Secret("hunter-of-22"), "agent_id": 7, "corp_id": "ww1"}
    with pytest.raises(UsageError, match="no variable pw"):
        explicit_fields(options, {})


def test_all_options():
    """Each option arrives; ``--to`` may be repeated, times have units."""
    parsed = parse(
        "-t a --to=b --on error --after 1.5m --source --timeout 2s --dry-run --strict -o r --text x",
        PARSER,
    )
    assert parsed.to == ("a", "b")
    assert (parsed.on, parsed.after, parsed.timeout) == ("error", 90.0, 2.0)
    assert parsed.source
    assert parsed.dry_run
    assert parsed.strict
    assert parsed.text
    assert (parsed.out, parsed.rest) == ("r", "x")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--titel x", "did you mean --title?"),
        ("-x", "goes after --"),
        ("--title", "needs a value"),
        ('--title "open', "quotation mark"),
        ("-o a.b", "not a variable's name"),
        ("--on never", "--on cannot be never; it is one of always, error, success"),
        ("--after soon", "'soon' is not a time, such as 90s, 5m, 2h"),
        ("--every 1s", "--every: at least 5m"),
        ("--alert (", "'(' is not a regular expression"),
        ("--max-messages 0", "'0' is not a whole number above 0"),
    ],
)
def test_mistakes_are_told(line, told):
    """A mistake is a UsageError that says what would be right."""
    with pytest.raises(UsageError) as caught:
        parse(line, PARSER)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["hello --to ops", "hello -t=ops", "loss {x} --dry-run --to 'a b'", "完成 --title “夜 间” "],
)
def test_options_after_the_text_are_refused(text, monkeypatch):
    """Whoever writes them last learns it before they are posted; after `--` they are text."""
    with pytest.raises(UsageError, match=r"^options go first: -.* put -- before the text"):
        parse(text, PARSER)
    assert parse(f"--to ops -- {text}", PARSER).rest == text
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    with pytest.raises(UsageError, match="选项要写在前面"):
        parse(text, PARSER)


@pytest.mark.parametrize("text", ["see --to", "use --to ops next time", "a --on never", "1 -x 2"])
def test_what_only_looks_like_an_option_is_text(text):
    """A text is refused only if it ends in options that would have worked."""
    assert parse(text, PARSER).rest == text


def test_mistakes_are_told_in_chinese(monkeypatch):
    """What argparse would say in English alone is said in the user's language."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    with pytest.raises(UsageError, match="--as 不能是 pdf，可选：auto、text、markdown、file"):
        parse("--as pdf", PARSER)
    with pytest.raises(UsageError, match="--max-messages：'0' 不是正整数"):
        parse("--max-messages 0", PARSER)


@given(LINE)
def test_text_without_fields_is_not_touched(text):
    """Filling in changes nothing but fields; a field that fails stays as typed."""
    filled, failed = fill(text, {})
    assert filled == text
    assert all(field in text for field in failed)


def test_fields():
    """Names, attributes, keys, conversions and formats are filled in; the rest stays as typed."""
    namespace = {
        "loss": 0.12345,
        "名": "x",
        "d": {"lr": 1},
        "c": 1 + 2j,
        "pw": Secret("hunter-of-22"),
    }
    text = "{loss:.2f} {名} {d[lr]} {c.real} {名!r} {{loss}} {} {0} {loss + 1} {gone} {loss:%Q} $HOME {pw}"
    filled, failed = fill(text, namespace)
    assert filled == (
        "0.12 x 1 1.0 'x' {{loss}} {} {0} {loss + 1} {gone} {loss:%Q} $HOME Secret('••••')"
    )
    assert failed == ["{gone}", "{loss:%Q}"]


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90), ("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86400)]
)
def test_seconds(text, expected):
    """Times are written as people write them."""
    assert seconds(text) == expected


@pytest.mark.parametrize("option", ["--corp-secret", "--app-secret"])
@pytest.mark.parametrize("text", ["done {} s3cr3t", "done {}=s3cr3t", "-- {} s3cr3t"])
def test_a_secret_after_the_text_is_refused(option, text):
    """An option for a secret is never sent as text: the secret would be posted to the group."""
    with pytest.raises(UsageError, match="renew it") as caught:
        parse(f"--to ops {text.format(option)}", PARSER)
    assert "s3cr3t" not in str(caught.value)
    assert parse("--to ops no-corp-secret, --corp-secrets and --to are text", PARSER).rest


def test_a_secret_in_a_body_that_is_sent_is_refused(run):
    """With ``--text`` the body's lines may not hold an option for a secret either."""
    run("%notify_sandbox -o box")
    shown = run("%%notify_wechat --text\ndone\n--corp-secret s3cr3t")
    assert "renew it" in shown
    assert "s3cr3t" not in shown
    assert run("box.inbox == []").strip().endswith("True")
    run("box.stop()")


@pytest.mark.parametrize("line", ["--title --corp-secret s3cr3t done", "--to --title x", "--to"])
def test_an_option_is_no_value(line):
    """A forgotten value does not take the next option, whose value would go out as text."""
    with pytest.raises(UsageError, match=r"needs a value|renew it") as caught:
        parse(line, PARSER)
    assert "s3cr3t" not in str(caught.value)
    assert parse('--title "--to" --summary=--to x', PARSER).title == "--to"


def test_a_secret_taken_for_another_options_value_is_not_repeated():
    """Where a value is wrong, the error does not quote a secret that was typed into it."""
    with pytest.raises(UsageError, match="renew it") as caught:
        parse("--after '--app-secret=s3cr3t' x", PARSER)
    assert "s3cr3t" not in str(caught.value)
    with pytest.raises(UsageError, match="is not a time"):
        parse("--app-secret env:OPS --after soon x", PARSER)


def test_chinese_quotation_marks_quote() -> None:
    """What a Chinese keyboard gives for quotation marks quotes as well."""
    options = parse("--title “夜间 回测” --summary ‘a b’ 完成 “了”", PARSER)
    assert (options.title, options.summary, options.rest) == ("夜间 回测", "a b", "完成 “了”")


def test_a_field_that_ends_python_is_only_a_field() -> None:
    """A value whose form raises even SystemExit stays as typed."""

    class Bad:
        def __format__(self, _spec: str) -> str:
            raise SystemExit(3)

    assert fill("x {bad}", {"bad": Bad()}) == ("x {bad}", ["{bad}"])


@pytest.mark.parametrize(
    ("line", "watched", "unwatched", "hold"),
    [
        ("", 15.0, 300.0, 5.0),
        ("--timeout 15s", 15.0, 15.0, None),
        ("--timeout 2m", 120.0, 120.0, None),
        ("--wait 1m", 15.0, 60.0, 5.0),
        ("--timeout 3s --wait 1m", 3.0, 60.0, None),
    ],
)
def test_how_long_the_outcome_is_waited_for(line, watched, unwatched, hold):
    """What is said holds; unsaid, a cell that somebody watches is held for a moment only."""
    options = parse(line, PARSER)
    before = time.monotonic()
    seen, unseen = options.budget(watched=True), options.budget(watched=False)
    assert seen.left <= watched <= seen.deadline - before
    assert unseen.left <= unwatched <= unseen.deadline - before
    assert seen.held is None if hold is None else seen.held <= hold <= seen.release - before
    assert unseen.held is None
