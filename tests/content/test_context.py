"""Who runs which notebook, and the way back to it."""

from __future__ import annotations

import socket
import threading

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


def test_colab_tells_the_name_by_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked once; a server that answers anything else, or not, costs the name and nothing more."""
    answers = [b'[{"path": "fileId=1", "name": "my%20report.ipynb"}]', b"[]", b"<html>"]
    monkeypatch.setenv("JPY_SESSION_NAME", "/content/fileId=1")
    monkeypatch.setenv("COLAB_JUPYTER_IP", "127.0.0.1")
    names = []
    for answer in answers:
        with socket.create_server(("127.0.0.1", 0)) as server:
            monkeypatch.setenv("KMP_TARGET_PORT", str(server.getsockname()[1]))
            thread = threading.Thread(target=_answer, args=(server, answer))
            thread.start()
            names += [notebook_name({}), notebook_name({})]
            thread.join()
    assert names == ["my report.ipynb"] * 2 + [""] * 4
    monkeypatch.setenv("KMP_TARGET_PORT", "1")
    assert notebook_name({}) == ""


def _answer(server: socket.socket, body: bytes) -> None:
    """Answer one request, the only one."""
    client, _ = server.accept()
    with client:
        assert client.recv(4096).startswith(b"GET /api/sessions ")
        client.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)


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
