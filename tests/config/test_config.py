"""What ``config.py`` promises."""

import os
import traceback
from pathlib import Path

import pytest

from notebook_notify import config as module
from notebook_notify.config import FILE, Config, load, paths
from notebook_notify.config_edit import save
from notebook_notify.errors import ConfigError
from notebook_notify.secret import Secret
from notebook_notify.targets import Target

VALUE = "s3cr3t-V4lue"


@pytest.fixture
def read(path, specs):
    """Reads the config of one file, written first if there is a text."""

    def read(text=None):
        if text is not None:
            path.write_text(text, "utf-8")
            path.chmod(0o600)
        return load([path], specs)

    return read


# ── where ────────────────────────────────────────────────────────────────────────────────────


def test_paths_of_user_and_site(monkeypatch, tmp_path):
    """The user's file is the stronger, the site's lies under it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "site"))
    user, site = paths({})
    assert user.name == site.name == "notebook_notify.toml"
    assert user.parent.name == site.parent.name == "notebook_notify"
    assert user != site


def test_the_variable_names_the_only_file(monkeypatch, tmp_path):
    """NOTEBOOK_NOTIFY_CONFIG stands alone; ``~`` and relative paths are understood."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert paths({"NOTEBOOK_NOTIFY_CONFIG": "~/n.toml"}) == [Path.home() / "n.toml"]
    assert paths({"NOTEBOOK_NOTIFY_CONFIG": "n.toml"}) == [tmp_path / "n.toml"]


def test_the_home_of_an_unknown_user():
    """A file in the home of a user who does not exist is told as a mistake of the variable."""
    environ = {"NOTEBOOK_NOTIFY_CONFIG": "~no-such-user-here/x.toml"}
    with pytest.raises(ConfigError, match="NOTEBOOK_NOTIFY_CONFIG · there is no such user"):
        paths(environ)


def test_nothing_there_is_an_empty_config(tmp_path, specs):
    """Files and folders that do not exist are no mistake."""
    (tmp_path / "file").touch()
    assert load([tmp_path / "no" / FILE, tmp_path / "file" / FILE], specs) == Config()
    assert load([Path(os.devnull)], specs) == Config()


# ── what it says ─────────────────────────────────────────────────────────────────────────────


def test_a_whole_file(path, read, whole):
    """Targets, defaults and settings are read as written."""
    config = read(whole)
    assert config.language == "zh"
    assert config.timezone == "Asia/Shanghai"
    assert config.expires == 12 * 3600
    assert config.defaults == {"wechat": "research"}
    assert config.default_paths == {"wechat": path}
    assert config.warnings == ()
    assert list(config.targets) == ["research", "app-ops"]
    assert config.targets["app-ops"] == Target(
        "app",
        {
            "corp_id": "ww0123456789",
            "corp_secret": Secret.of("keyring:wecom/ww0123456789"),
            "agent_id": 1000002,
            "users": ["zhangwei", "lisi"],
            "safe": True,
            "proxy": "http://egress:3128",
            "base_url": "https://wecom.example.com",
        },
        name="app-ops",
        source=str(path),
    )


def test_windows_files(path, specs, whole):
    """A byte order mark and CRLF line ends are no mistake."""
    path.write_bytes(b"\xef\xbb\xbf" + whole.replace("\n", "\r\n").encode())
    assert list(load([path], specs).targets) == ["research", "app-ops"]


def test_user_over_site(tmp_path, specs, whole):
    """A target or setting of the user's replaces the site's whole, and leaves the others."""
    user, site = tmp_path / "user.toml", tmp_path / "site.toml"
    site.write_text(whole)
    user.write_text(
        'timezone = "UTC"\n[defaults]\nwechat_app = "app-ops"\n'
        '[targets.research]\nchannel = "chat"\nchat_id = "mine"\n'
    )
    config = load([user, site], specs)
    assert (config.language, config.timezone) == ("zh", "UTC")
    assert config.defaults == {"wechat": "research", "wechat_app": "app-ops"}
    assert config.default_paths == {"wechat": site, "wechat_app": user}
    assert config.targets["research"].fields == {"chat_id": "mine"}
    assert config.targets["research"].source == str(user)
    assert config.targets["app-ops"].source == str(site)


def test_it_is_read_again_only_if_it_changed(path, monkeypatch, read, whole):
    """An unchanged file is not read twice; a changed, replaced or chmod-ed one is."""
    reads = []
    original = module.read_text
    monkeypatch.setattr(module, "read_text", lambda path: reads.append(path) or original(path))
    first = read(whole)
    assert read().targets == first.targets
    assert len(reads) == 1
    assert read(whole.replace('"research"', '"app-opsx"')).defaults == {"wechat": "app-opsx"}
    other = path.with_name("other")
    other.write_text(whole)
    other.replace(path)
    assert read().defaults == {"wechat": "research"}
    assert len(reads) == 3
    path.chmod(0o640)
    read()
    assert len(reads) == 4
    path.unlink()
    assert read() == Config()


# ── mistakes in it ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('langauge = "zh"', "langauge · there is no such key; did you mean language?"),
        ('[defaults]\nwechatt = "x"', "[defaults] wechatt · there is no such key; did you mean wechat?"),
        ('[targets.a]\nchannel = "chatt"', "[targets.a] channel = chatt · there is no such channel: chat | app; did you mean chat?"),
        ('[targets.a]\nchat_id = "c"', "[targets.a] channel · is required: chat | app"),
        ('[targets.a]\nchannel = "chat"\ncorpid = "w"', "[targets.a] · chat has no field corpid; did you mean corp_id?"),
        ('[targets.a]\nchannel = "chat"\nunknwon = "ask"', "[targets.a] · chat has no field unknwon"),
        ('[targets.a]\nchannel = "chat"\nalert = ["b"]', "[targets.a] · alert: expected a text"),
        ('[targets.a]\nchannel = "chat"\nmention = 3', "[targets.a] · mention: expected a list of ids"),
        ("link = 3", "link · a text in quotes is expected"),
        ("language = 1", "language · a text in quotes is expected"),
        ('language = "fr"', "language · one of zh, en, auto is expected"),
        ('timezone = "Asia/Peking"', "timezone · unknown; e.g. Asia/Shanghai"),
        ('timezone = "../x"', "timezone · unknown; e.g. Asia/Shanghai"),
        ('expires = "a day"', "expires · a time from 1m to 7d is expected, e.g. 24h"),
        ('expires = "10s"', "expires · a time from 1m to 7d is expected"),
        ('expires = "8d"', "expires · a time from 1m to 7d is expected"),
        ("expires = 24", "expires · a text in quotes is expected"),
        ("targets = 3", "[targets] · a table is expected"),
        ("[targets]\na = 3", "[targets.a] · a table is expected"),
        ('defaults = "ops"', "[defaults] · a table is expected"),
        ('[defaults]\nwechat = ["a"]', "[defaults] wechat · a text in quotes is expected"),
        ("[targets.a]\nchannel = 3", "[targets.a] channel · a text in quotes is expected"),
        ('[targets.a]\nchannel = "app"\nagent_id = "x"', "[targets.a] · agent_id: expected a whole number"),
        ('[targets.a]\nchannel = "app"\nsafe = 1', "[targets.a] · safe: expected true or false"),
        ('[targets.a]\nchannel = "app"\nusers = [[]]', "[targets.a] · users: expected a list of ids"),
        (f'[targets.a]\nchannel = "app"\ncorp_secret = ["{VALUE}"]', "[targets.a] · corp_secret: expected a text"),
        ('[targets.a]\nchannel = "app"\ncorp_secret = "keyring:x"', "[targets.a] · a reference is written env:NAME or keyring:SERVICE/USER"),
        ('[targets.a]\nchannel = "app"\nbase_url = "http://example.com"', "[targets.a] · base_url: expected https://host"),
        (f'x = "{VALUE}"\ny = = "{VALUE}"', "this is not valid TOML: Invalid value (at line 2, column 5); correct that line"),
        (f'corp_secret = "{VALUE}', "this is not valid TOML"),
    ],
)  # fmt: skip
def test_mistakes_are_named(path, text, message, read):
    """What is wrong is told with the path and the near match, and without any value."""
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value).startswith(f"{path} · {message}")
    assert VALUE not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_the_store_that_machines_share(read):
    """Its URL is a secret: it is masked, and may be a reference."""
    config = read('store = "redis://:p4ss-W0rd@cache:6379/0"')
    assert config.store.reveal() == "redis://:p4ss-W0rd@cache:6379/0"
    assert "p4ss" not in repr(config)
    assert read('store = "env:OUR_STORE"').store.reference == "env:OUR_STORE"
    assert read("").store is None
    with pytest.raises(ConfigError, match="store · a text in quotes is expected"):
        read("store = 6379")
    with pytest.raises(ConfigError, match="store · a reference is written env:NAME"):
        read('store = "env:OUR STORE"')


def test_the_stronger_files_store(tmp_path, specs):
    """As of every setting, the user's own counts before the site's."""
    user, site = tmp_path / "user.toml", tmp_path / "site.toml"
    user.write_text("")
    site.write_text('store = "redis://site"')
    assert load([user, site], specs).store.reveal() == "redis://site"
    user.write_text('store = "redis://user"')
    assert load([user, site], specs).store.reveal() == "redis://user"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize(
    ("url", "exposed"),
    [("redis://:p4ss-W0rd@cache/0", True), ("redis://cache/0", False), ("env:OUR_STORE", False)],
)
def test_a_stores_password_that_others_can_read(path, specs, url, exposed):
    """A literal password in a file of another mode is warned of; an address alone is not."""
    path.write_text(f'store = "{url}"', "utf-8")
    path.chmod(0o644)
    assert bool(load([path], specs).warnings) == exposed


@pytest.mark.parametrize(
    "link",
    [
        "https://hub.example.com/user/{user}/lab/tree/{path}",
        "http://10.0.0.7:8888/lab/tree/{path}?notebook={notebook}",
        "https://{user}.hub.example.com/",
        "https://example.com/{{x}}",
    ],
)
def test_the_link_to_the_notebook(link, read):
    """An address on the web or in the house is taken, with what is known of the notebook in it."""
    assert read(f'link = "{link}"').link == link


@pytest.mark.parametrize(
    "link",
    [
        "hub.example.com/{path}",
        "javascript:alert(1)",
        "file:///{path}",
        "https://",
        "https://hub.example.com/{cell}",
        "https://hub.example.com/{}",
        "https://hub.example.com/{path!r}",
        "https://hub.example.com/{path:>999999999}",
        "https://hub.example.com/{path.__class__}",
        "https://hub.example.com/{path",
        "https://hub.example.com/a b",
        "https://me:pw@hub.example.com/",
        "https://[::1",
    ],
)
def test_what_is_no_link(path, link, read):
    """Anything else is refused, and so is what a format might do beside filling in."""
    with pytest.raises(ConfigError) as caught:
        read(f'link = "{link}"')
    assert str(caught.value) == (
        f"{path} · link · an http(s) address is expected, with {{user}}, {{path}}, {{notebook}} "
        "where they belong and no password"
    )


def test_mistakes_in_chinese(monkeypatch, read):
    """The same in the reader's language."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    with pytest.raises(ConfigError, match="没有这一项；是不是 language？"):
        read('langauge = "zh"')


def test_not_utf8(path, specs):
    """A file in another encoding is told with its line; the error holds nothing of the file."""
    path.write_bytes(f'# x\ncorp_secret = "{VALUE}"\n# 企业微信群'.encode("gbk"))
    with pytest.raises(ConfigError, match="line 3 is not UTF-8; save the file") as caught:
        load([path], specs)
    assert caught.value.__context__ is None


def test_a_folder_in_its_place(path, specs):
    """A folder where the file should be is told, with what to do."""
    path.mkdir()
    with pytest.raises(ConfigError, match="this is not a file, or over 1 MB; move it"):
        load([path], specs)
    with pytest.raises(ConfigError, match="this is not a file"):
        save(path, "ops", Target("chat", {}))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(path, specs):
    """A named pipe in its place is refused at once."""
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="this is not a file"):
        load([path], specs)


def test_a_loop_of_links_cannot_be_read(path, specs):
    """A file that cannot be opened, whoever asks, is told with the system's reason."""
    path.symlink_to(path)
    with pytest.raises(ConfigError, match=r"cannot be read \(.*symbolic links.*\); check the perm"):
        load([path], specs)


@pytest.mark.skipif(os.name != "posix", reason="no modes here")
@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620])
def test_others_can_read_a_literal_secret(path, bits, read):
    """A literal secret that others can read is warned about, with the command that helps."""
    text = f'[targets.a]\nchannel = "chat"\ncorp_secret = "{VALUE}"\n'
    assert read(text).warnings == ()
    path.chmod(bits)
    (warning,) = read().warnings
    assert warning == f"{path} holds a secret that others can read; run chmod 600 {path}"


@pytest.mark.skipif(os.name != "posix", reason="no modes here")
def test_a_shared_file_is_not_to_be_closed(tmp_path, monkeypatch, specs):
    """Of a file of the site, or of another owner, no chmod is advised: it would serve nobody."""
    user, site = tmp_path / "user.toml", tmp_path / "site.toml"
    site.write_text(f'[targets.a]\nchannel = "chat"\ncorp_secret = "{VALUE}"\n')
    site.chmod(0o644)
    advice = f"{site} holds a secret that others can read; let it refer by env: or keyring: instead"
    assert load([user, site], specs).warnings == (advice,)
    assert "chmod 600" in load([site], specs).warnings[0]  # it is the only one, and one's own
    monkeypatch.setattr(os, "geteuid", lambda: site.stat().st_uid + 1)
    assert load([site], specs).warnings == (advice,)
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert load([site], specs).warnings == (
        f"{site} 含明文密钥，其他用户可以读取；请在其中改用 env: 或 keyring: 引用",
    )


@pytest.mark.skipif(os.name != "posix", reason="no modes here")
@pytest.mark.parametrize(
    ("line", "count"),
    [('corp_secret = "env:X"', 0), ('proxy = "http://egress:3128"', 0), ('proxy = "http://a:pw@e"', 1)],
)  # fmt: skip
def test_only_literals_are_warned_about(path, line, count, read, specs):
    """References may be read by all; a proxy's password may not."""
    read(f'[targets.a]\nchannel = "chat"\n{line}\n')
    path.chmod(0o644)
    assert len(load([path], specs).warnings) == count
