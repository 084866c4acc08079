"""What ``config_edit.py`` promises."""

import os
import stat
import threading
import tomllib

import pytest

from notebook_notify import config_edit as editing
from notebook_notify.config import FILE, load
from notebook_notify.config_edit import save
from notebook_notify.errors import ConfigError
from notebook_notify.secret import Secret
from notebook_notify.targets import Target

VALUE = "s3cr3t-V4lue"
NEW = Target("app", {"corp_id": "ww1", "corp_secret": VALUE, "agent_id": 7, "users": ["a"]})
NEW_DATA = {
    "channel": "app",
    "corp_id": "ww1",
    "corp_secret": VALUE,
    "agent_id": 7,
    "users": ["a"],
}


def mode(path):
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_private(tmp_path, specs):
    """File and folders are made for the owner alone, and the target can be read back."""
    path = tmp_path / "a" / "b" / FILE
    before = os.umask(0)
    try:
        save(path, "ops", NEW, "wechat_app")
    finally:
        os.umask(before)
    assert [mode(one) for one in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]
    config = load([path], specs)
    assert config.targets["ops"] == Target("app", NEW.fields, "ops", str(path))
    assert config.targets["ops"].reveal("corp_secret") == VALUE
    assert config.defaults == {"wechat_app": "ops"}
    assert list(path.parent.iterdir()) == [path]


def test_a_file_reads_well(path):
    """A blank line stands before each section that is added, and none is added to the others."""
    for name in ("ops", "night"):
        save(path, name, Target("chat", {"chat_id": name}), "wechat")
    assert path.read_text() == (
        '[targets.ops]\nchannel = "chat"\nchat_id = "ops"\n\n'
        '[targets.night]\nchannel = "chat"\nchat_id = "night"\n\n'
        '[defaults]\nwechat = "night"\n'
    )


def test_references_are_written_as_references(path, monkeypatch):
    """A reference goes into the file as it is, not what it leads to."""
    monkeypatch.setenv("OPS", VALUE)
    save(
        path, "ops", Target("chat", {"corp_secret": "env:OPS", "webhook": Secret.of("keyring:a/b")})
    )
    data = tomllib.loads(path.read_text())
    assert data["targets"]["ops"] == {
        "channel": "chat",
        "corp_secret": "env:OPS",
        "webhook": "keyring:a/b",
    }


def test_all_else_stays(path, whole):
    """A new target is added at the end; every line that was there stays as it was."""
    path.write_text(whole)
    save(path, "new", NEW)
    text = path.read_text()
    assert text.startswith(whole)
    assert tomllib.loads(text)["targets"]["new"] == NEW_DATA


def test_updating_keeps_comments_and_order(path):
    """Of an updated target, changed lines change in place, and their comments stay."""
    path.write_text(
        "# head\n\n[targets.b]\nchannel = 'chat'\n\n[targets.ops]  # ours\nchannel = 'app'  # kind\n"
        "# about the secret\ncorp_secret = 'env:OPS'  # renew in May\nsafe = true\nagent_id = 7\n"
        "\n[defaults]\nwechat = 'b'  # the group\n\n[targets.c]\nchannel = 'chat'\n# tail\n"
    )
    save(path, "ops", NEW, "wechat")
    assert path.read_text() == (
        "# head\n\n[targets.b]\nchannel = 'chat'\n\n[targets.ops]  # ours\nchannel = 'app'  # kind\n"
        f'# about the secret\ncorp_secret = "{VALUE}"  # renew in May\nagent_id = 7\n'
        'corp_id = "ww1"\nusers = ["a"]\n'
        "\n[defaults]\nwechat = \"ops\"  # the group\n\n[targets.c]\nchannel = 'chat'\n# tail\n"
    )
    assert mode(path) == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        'language = "zh"',
        "[targets]\n",
        "[defaults]\n[targets.old]\nchannel = 'chat'",
        "[targets.old]\r\nchannel = 'chat'\r\n",
        "\ufefflanguage = 'zh'\n",
        "[targets.a]\nchannel='chat'\n[defaults]\nwechat='a'\n[targets.c]\nchannel='chat'\n",
        "[targets]\nold = {channel = 'chat'}\n",
        "targets = {old = {channel = 'chat'}}\n",
        "targets = {}\n",
        "[targets.ops]\nchannel = 'chat'\nchat_id = 'c'",
        "[targets]\nops = {channel = 'chat', chat_id = 'c'}  # one line\n",
        "targets = {ops = {channel = 'chat'}, b = {channel = 'chat'}}\n",
        "[targets.'a b']\nchannel = 'chat'\n['targets'.\"ops\"]\nchannel = 'app'\n",
    ],
)
@pytest.mark.parametrize("name", ["ops", "研究 组", "a.b"])
def test_however_the_file_is_written(path, text, name):
    """Whatever way of writing TOML: target and default are there, and nothing else changed."""
    path.write_text(text, "utf-8", newline="")
    wanted = tomllib.loads(text.lstrip("\ufeff"))
    wanted.setdefault("targets", {})[name] = NEW_DATA
    wanted.setdefault("defaults", {})["wechat"] = name
    save(path, name, NEW, "wechat")
    assert tomllib.loads(path.read_bytes().decode()) == wanted


def test_target_and_default_are_one_change(path, monkeypatch):
    """Target and default appear together, or neither does."""
    writes = []
    replace = editing._replace
    monkeypatch.setattr(editing, "_replace", lambda *args: writes.append(args) or replace(*args))
    save(path, "ops", NEW, "wechat_app")
    assert len(writes) == 1
    path.write_text("defaults = 3\n")  # to which nothing can be added
    before = path.read_text()
    with pytest.raises(ConfigError):
        save(path, "ops", NEW, "wechat_app")
    assert path.read_text() == before


def test_what_an_edit_would_twist_is_left(path):
    """Where a new table would swallow lines of another, nothing is written, and that is told."""
    text = "targets.ops.channel = 'chat'\ntargets.ops.chat_id = 'c'\n"
    path.write_text(text)
    with pytest.raises(ConfigError, match="it is as it was; add this by hand"):
        save(path, "new", NEW)
    assert path.read_text() == text


@pytest.mark.parametrize(
    "text", ["[targets.ops\n", "targets = 3\n", "defaults = []\ntargets = []\n"]
)
def test_a_broken_file_is_not_touched(path, text):
    """What cannot be parsed, or is no table, is told and left as it was."""
    path.write_text(text)
    with pytest.raises(ConfigError, match=str(path)):
        save(path, "ops", NEW)
    assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_a_link_is_followed(tmp_path):
    """A symlink stays one; the file that it leads to is written, even if it is not there yet."""
    path = tmp_path / FILE
    path.symlink_to(tmp_path / "dotfiles" / "real.toml")
    save(path, "ops", NEW)
    save(path, "ops2", NEW)
    assert path.is_symlink()
    assert set(tomllib.loads((tmp_path / "dotfiles" / "real.toml").read_text())["targets"]) == {
        "ops",
        "ops2",
    }


def test_a_failed_write_leaves_the_old_file(path, monkeypatch, whole):
    """If the disk is full, the old file is as it was and nothing lies beside it."""
    path.write_text(whole)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match=r"cannot be written \(No space left on device\)"):
        save(path, "ops", NEW)
    assert path.read_text() == whole
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_made(tmp_path):
    """If a file stands where the folder should be, that is told."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        save(tmp_path / "file" / "sub" / FILE, "ops", NEW)


def test_readers_never_see_half_a_file(path, specs):
    """While one writes again and again, whoever reads finds a whole file."""
    save(path, "ops", NEW)
    done = threading.Event()

    def write():
        for number in range(60):
            save(path, f"t{number}", NEW)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not done.is_set():
        assert "ops" in load([path], specs).targets
    thread.join()
    assert len(load([path], specs).targets) == 61
