"""What looks like a secret is scrubbed, known or not; ordinary text is left alone."""

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notebook_notify import secret as module
from notebook_notify.secret import remember, scrub


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("postgres://user:pw@host/db", "postgres://user:••••@host/db"),
        ("redis://:p@ss!@host:6379", "redis://:••••@host:6379"),
        ("proxy http://me:pw@egress:3128, then", "proxy http://me:••••@egress:3128, then"),
        ("password=hunter2", "password=••••"),
        ("DB_PASSWORD = hunter2 # x", "DB_PASSWORD = •••• # x"),
        ("passwd: hunter2\nnext", "passwd: ••••\nnext"),
        ("PWD=secret;Database=x", "PWD=••••;Database=x"),
        ("pass: a, password: b,c; d", "pass: a, password: ••••; d"),
        ('{"password": "x y", "user": "z"}', '{"password": "••••", "user": "z"}'),
        ('"password":"a\\"b","c":1', '"password":"••••","c":1'),
        ("{'access_token': 'abc', 'b': 1}", "{'access_token': '••••', 'b': 1}"),
        ('{\\"token\\": \\"x\\", \\"u\\": 1}', '{\\"token\\": \\"••••\\", \\"u\\": 1}'),
        ('password="never closed\nnext', 'password="••••\nnext'),
        ("login(user=bob, password=abc, x=1)", "login(user=bob, password=••••, x=1)"),
        ("?corpid=ww1&corpsecret=abc&x=1", "?corpid=ww1&corpsecret=••••&x=1"),
        ("gettoken?appkey=k&appsecret=abc", "gettoken?appkey=k&appsecret=••••"),
        ("send?access_token=abc&debug=1", "send?access_token=••••&debug=1"),
        ("api_key=abc apikey: abc API-KEY=abc", "api_key=•••• apikey: •••• API-KEY=••••"),
        ("aws_secret_access_key=abc", "aws_secret_access_key=••••"),
        ("secret：在后台；secret=abc，下一步", "secret：在后台；secret=••••，下一步"),
        (
            "send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa&debug=1",
            "send?key=••••&debug=1",
        ),
        ("x&amp;key=abcdefghijklmnop", "x&amp;key=••••"),
        ("&timestamp=1&sign=ab%2Bcdefghijklmnopqrs%3D", "&timestamp=1&sign=••••"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ••••"),
        ('{"Authorization": "Basic dTpw", "a": 1}', '{"Authorization": "Basic ••••", "a": 1}'),
        ("with bearer eyJhbGciOiJIUzI1NiJ9.x", "with bearer ••••"),
        (f"robot SEC{'0a' * 32} done", "robot •••• done"),
        ("password=••••", "password=••••"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text, clean):
    """Passwords in URLs, assignments, JSON, headers and webhooks go; what stands around stays."""
    assert scrub(text) == clean
    assert scrub(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "tokens per second: 512",
        "token count",
        "the secret is out",
        "epoch=3 key=value",
        "?key=short&key=value",
        "sign: positive, sign=-1, design: good, assign=7",
        "token_type: bearer of bad news",
        "the bearer of bad news",
        "passwords",
        "Secretary: Bob",
        "secret\n======",
        "http://localhost:8888/lab?email=a@b.cn",
        '{"url":"http://host:80","mail":"me@host.cn"}',
        "git@github.com:owner/repo.git and ssh://git@host:22/x",
        "SEC filing 10-K, SECTION 4, SECdeadbeef",
        'corp_secret = "env:WECOM_SECRET"',
        "app_secret=keyring:dingtalk/dingxxxx",
        "fields={'corp_secret': Secret(env:WECOM_SECRET)}",
        "fields={'corp_secret': Secret('••••')}",
        "Sharpe 1.82，最大回撤 -6.4%，年化 14.2%",
        "",
    ],
)
def test_ordinary_text_is_untouched(text):
    """Prose, figures, references and masks stay as they are."""
    assert scrub(text) == text


@given(st.text(st.characters(exclude_characters="=:")))
def test_text_without_assignments_is_untouched(text):
    """Where nothing is assigned, no URL stands and no secret is known, nothing is masked."""
    assume("SEC" not in text)
    assume("bearer" not in text.lower())
    module._known.clear()
    assert scrub(text) == text


@given(st.text())
def test_scrubbing_twice_changes_nothing_more(text):
    """What is scrubbed is clean."""
    assert scrub(scrub(text)) == scrub(text)


@pytest.mark.parametrize(
    "text",
    [
        "loss 0.391 epoch 42/100 训练完成\n" * 3_000,
        "password" * 12_000,
        "password=" * 11_000,
        "password='" + "x" * 100_000,
        "password=," + ",a" * 50_000,
        "password=," + "a" * 100_000,
        "password=" + "\\" * 50_000 + '"' + "\\" * 50_000,
        "password" + "\\" * 100_000,
        "password" + " " * 100_000,
        "password" + "=" * 100_000,
        "://" + "a" * 100_000,
        "://a:" + "b" * 100_000,
        "://a:b" * 17_000,
        "://" * 33_000,
        "authorization:" * 7_000,
        "authorization: " + "a" * 100_000,
        "bearer " * 14_000,
        "SEC" * 33_000,
        ("SEC" + "a" * 39) * 2_400,
        "&key=" * 20_000,
        "sign=" * 20_000,
    ],
    ids=lambda text: text[:14],
)
def test_scrubbing_is_fast(text):
    """100 KB of any text, with many secrets known, are scrubbed at once."""
    for number in range(200):
        remember(f"a-known-secret-{number:04}")
    start = time.perf_counter()
    scrub(text)
    assert time.perf_counter() - start < 1
