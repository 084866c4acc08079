"""Where our files are, asked as often as a message is sent."""

from __future__ import annotations

import pwd
from pathlib import Path

import platformdirs
import pytest

from notebook_notify import folders


@pytest.mark.parametrize(
    ("folder", "variable"),
    [
        (folders.user_config, "XDG_CONFIG_HOME"),
        (folders.site_config, "XDG_CONFIG_DIRS"),
        (folders.user_state, "XDG_STATE_HOME"),
    ],
)
def test_variable(folder, variable, tmp_path, monkeypatch):
    """Whoever sets another folder in a notebook is followed at once, and back again."""
    before = folder("x.toml")
    monkeypatch.setenv(variable, str(tmp_path))
    assert folder("x.toml") == tmp_path / "notebook_notify" / "x.toml"
    monkeypatch.undo()
    assert folder("x.toml") == before


@pytest.mark.parametrize("folder", [folders.user_config, folders.user_state])
def test_home(folder, tmp_path, monkeypatch):
    """Another home has its own folders."""
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in folder("x").parents


@pytest.mark.parametrize("tilde", [False, True])
@pytest.mark.parametrize("kind", ["config", "state"])
def test_no_home(kind, tilde, monkeypatch):
    """Who has none is told so, by any ``platformdirs``: no folder ``~`` where he happens to be."""

    def nobody(_uid):
        raise KeyError

    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    if tilde:  # as of those before 4.10
        path = Path("~/somewhere")
        monkeypatch.setattr(platformdirs, f"user_{kind}_path", lambda *_, **__: path)
    with pytest.raises(RuntimeError):
        getattr(folders, f"user_{kind}")(f"{tilde}.toml")


def test_named(tmp_path, monkeypatch):
    """A path that is not absolute means what it means now, not what it meant before."""
    monkeypatch.setenv("HOME", str(tmp_path / "one"))
    assert folders.named("~/x") == tmp_path / "one" / "x"
    monkeypatch.setenv("HOME", str(tmp_path / "two"))
    assert folders.named("~/x") == tmp_path / "two" / "x"
    for folder in (tmp_path, Path("/")):
        monkeypatch.chdir(folder)
        assert folders.named("state") == folder / "state"
