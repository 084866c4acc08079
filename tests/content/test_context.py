"""Who runs which notebook, and the way back to it."""

from __future__ import annotations

import pytest

from notebook_notify.content.context import link, notebook_name

HUB = "https://hub.example.com/user/{user}/lab/tree/{path}"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The home folder of a hub's user."""
    monkeypatch.setenv("HOME", "/home/zhang")


def test_the_notebook_has_the_name_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter's variable or VS Code's tells it; what is no notebook has no name."""
    assert notebook_name({}) == ""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/zhang/alpha/backtest.ipynb")
    assert notebook_name({}) == "backtest.ipynb"
    assert notebook_name({"__vsc_ipynb_file__": "/x/other.ipynb"}) == "other.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/zhang/console-1")
    assert notebook_name({}) == ""


def test_the_way_back_on_a_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """User and path are filled in, the path from the server's root on, quoted for an address."""
    monkeypatch.setenv("JUPYTERHUB_USER", "zhang wei")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/zhang/夜 间/a?.ipynb")
    assert link(HUB, {}) == (
        "https://hub.example.com/user/zhang%20wei/lab/tree/%E5%A4%9C%20%E9%97%B4/a%3F.ipynb"
    )
    assert link("http://x/{notebook}#{other}", {}) == "http://x/a%3F.ipynb#{other}"


def test_the_hub_says_how_it_writes_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user stands in the address as the hub quoted it; behind a prefix too."""
    monkeypatch.setenv("JUPYTERHUB_USER", "zhang@corp")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/hub2/user/zhang%40corp/gpu/")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/zhang/a.ipynb")
    assert link(HUB, {}) == "https://hub.example.com/user/zhang%40corp/lab/tree/a.ipynb"


def test_the_hub_says_where_its_root_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path counts from the folder that the hub's server serves."""
    monkeypatch.setenv("JUPYTERHUB_ROOT_DIR", "~/work")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/zhang/work/alpha/a.ipynb")
    assert link("http://x/{path}", {}) == "http://x/alpha/a.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", "/data/alpha/a.ipynb")  # elsewhere: all there is
    assert link("http://x/{path}", {}) == "http://x/data/alpha/a.ipynb"


def test_no_way_back_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a notebook, a setting, or the user whom the setting names, there is no address."""
    assert link(HUB, {}) == ""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/zhang/a.ipynb")
    assert link("", {}) == ""
    assert link(HUB, {}) == ""
    assert link("http://x/{path}", {}) == "http://x/a.ipynb"
