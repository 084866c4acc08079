"""Whatever lies where the config file should be: a config, or one error that says what and where."""

from __future__ import annotations

import os
import tomllib
import tracemalloc

import pytest
import tomlkit
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from notebook_notify import config
from notebook_notify.config_edit import save
from notebook_notify.errors import ConfigError
from notebook_notify.platforms import SPECS
from notebook_notify.targets import Target

SECRET = "Zq9-literal-in-the-file"
WHOLE = f"""\
language = "en"
timezone = "Asia/Shanghai"
link = "https://hub.example.com/{{user}}"
[defaults]
wechat = "ops"
[targets.ops]
channel = "wecom_chat"
corp_id = "ww1"
corp_secret = "{SECRET}"
chat_id = "c"
[targets.people]
channel = "wecom_app"
corp_id = "ww1"
corp_secret = "{SECRET}"
agent_id = 1
users = ["lisi"]
"""
KEYS = ["language", "timezone", "link", "store", "allow_all", "defaults", "targets", "channel"]
KEYS += [one.name for spec in SPECS.values() for one in spec.all_fields]
VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.datetimes()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from([*SPECS, "env:", "env:X", "keyring:a/b", "redis://[", "../../etc", "a\0b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)

quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def _read(path):
    """The config, or the error in words; nothing else may come of it."""
    config._cache.clear()
    problem = None
    try:
        config.load([path], SPECS)
    except ConfigError as error:
        problem = error
    if problem is None:
        return True
    assert str(path) in str(problem)
    assert SECRET not in f"{problem} {problem.__context__!r}"
    return False


@pytest.fixture
def path(tmp_path):
    """Where the config file is."""
    return tmp_path / config.FILE


@quick
@given(data=st.binary(max_size=200))
@example(b"x = " + b"9" * 5000)
@example(b"\xef\xbb\xbf[defaults]\r\n")
@example(b"\xff\xfe[\x00d\x00]\x00")
@example(b"x = " + b"[" * 5000)
@example(b"[targets.a]\nchannel = 'wecom_app'\nagent_id = '" + b"9" * 5000 + b"'")
@example(b"timezone = '../../../etc/passwd'")
@example(b"timezone = 'a\\u0000b'")
@example(b'timezone = "a\\u0000b"')
def test_any_bytes(path, data):
    """A file of any bytes is read or refused with its path."""
    path.write_bytes(data)
    _read(path)


@quick
@given(
    cut=st.integers(0, len(WHOLE)),
    length=st.integers(0, 6),
    new=st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)
def test_a_slip_of_the_editor(path, cut, length, new):
    """A good file with some characters changed is read or refused, its secret never repeated."""
    path.write_text(WHOLE[:cut] + new + WHOLE[cut + length :], encoding="utf-8", newline="")
    _read(path)


@quick
@given(table=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_wrong_types(path, table):
    """Any value under any key is taken for what it is, or refused with its place."""
    path.write_text(tomlkit.dumps(table), encoding="utf-8")
    _read(path)


@quick
@given(
    name=st.text(max_size=12),
    keyword=st.text(max_size=12),
    old=st.sampled_from(["", WHOLE, "# only a note", "targets = 1", "[targets]\n'' = 2"]),
)
@example(name="\ud800", keyword="", old="")
@example(name="a", keyword="\ud800", old=WHOLE)
@example(name="a\0\x1b.b", keyword="\r\n", old=WHOLE)
def test_any_target_is_saved_or_refused(path, name, keyword, old):
    """What was saved can be read, and is private; what cannot be leaves the file as it was."""
    path.write_text(old, encoding="utf-8")
    path.chmod(0o600)
    try:
        save(path, name, Target("dingtalk_robot", {"webhook": SECRET, "keyword": keyword}))
    except ConfigError:
        assert path.read_text(encoding="utf-8") == old
        return
    assert path.stat().st_mode & 0o777 == 0o600
    table = tomllib.loads(path.read_text(encoding="utf-8"))["targets"][name]
    assert (table["webhook"], table["keyword"]) == (SECRET, keyword)


def test_a_file_without_end_is_not_read(path):
    """A file that is no config, by its size, costs no memory."""
    with path.open("wb") as file:
        file.truncate(5 << 30)
    tracemalloc.start()
    assert not _read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("kind", ["folder", "link to a folder", "dangling link", "loop", "fifo"])
def test_something_else_in_its_place(path, kind):
    """A folder, a link, a pipe: told, or taken as no file; never waited for."""
    if kind == "folder":
        path.mkdir()
    elif kind == "link to a folder":
        path.symlink_to(path.parent)
    elif kind == "dangling link":
        path.symlink_to(path.parent / "gone")
    elif kind == "loop":
        path.symlink_to(path)
    else:
        os.mkfifo(path)
    assert _read(path) == (kind == "dangling link")


def test_a_link_to_a_private_file_stays_one(path, tmp_path):
    """What is saved through a link lands in the file that it names, which stays private."""
    real = tmp_path / "real.toml"
    real.write_text("")
    path.symlink_to(real)
    save(path, "ops", Target("wecom_robot", {"webhook": SECRET}))
    assert path.is_symlink()
    assert SECRET in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o600
