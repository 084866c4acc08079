"""Who runs which notebook, as far as the machine tells."""

from __future__ import annotations

import getpass
import os
import platform
import re
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How long Colab's server may take to tell the notebook's name, in seconds, and in how many bytes.
ANSWER, ANSWER_BYTES = 1.0, 1 << 20


@cache
def who() -> str:
    """``user@machine``; on a hub the user is the hub's."""
    try:
        user = os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a passwd entry
        user = ""
    machine = platform.node().partition(".")[0]
    return "@".join(filter(None, (user, machine)))


def notebook_name(namespace: Mapping[str, Any]) -> str:
    """The notebook's file name, or an empty string where nobody tells."""
    return PurePath(notebook_path(namespace)).name


def notebook_path(namespace: Mapping[str, Any]) -> str:
    """The notebook's path, or an empty string where nobody tells.

    Jupyter Server puts it into ``JPY_SESSION_NAME``, VS Code into a variable of the user's
    namespace; both from the file system's root on. Of one on Colab only the name is known.
    """
    path = str(namespace.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or "")
    if path.endswith(".ipynb"):
        return path
    host, port = os.environ.get("COLAB_JUPYTER_IP"), os.environ.get("KMP_TARGET_PORT")
    return _colab_name(host, port) if host and port else ""


@cache
def _colab_name(host: str, port: str) -> str:
    """The notebook's name by Colab's own server, or an empty string; asked once.

    It answers as Jupyter Server does (``GET /api/sessions``), the name quoted. Colab documents
    no way; this one is what notebooks there use.
    """
    import json
    from urllib.request import ProxyHandler, build_opener

    address = f"http://{host}:{port}/api/sessions"
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=ANSWER) as answer:
            name = unquote(str(json.loads(answer.read(ANSWER_BYTES))[0]["name"]))
    except Exception:  # noqa: BLE001 - a message without the name is a message
        return ""
    return name if name.endswith(".ipynb") else ""


def link(template: str, namespace: Mapping[str, Any]) -> str:
    """The notebook's address, as the config's ``link`` has it; empty if it is not known.

    In *template*, ``{path}`` stands for the path from the server's root on, ``{notebook}`` for
    the file's name and ``{user}`` for the hub's user: the segment of JupyterHub's addresses
    (``JUPYTERHUB_SERVICE_PREFIX``, quoted by the hub), else ``JUPYTERHUB_USER``. Each is quoted
    for an address. Without the user that *template* asks for there is no address either.
    """
    path = notebook_path(namespace)
    user = _hub_user()
    if not template or not path or ("{user}" in template and not user):
        return ""
    # The server's root is known from a hub alone; elsewhere it is mostly the home folder.
    for named in (os.environ.get("JUPYTERHUB_ROOT_DIR") or "~", "~"):
        root = os.path.expanduser(named)  # noqa: PTH111 - Path's raises where there is no home
        if PurePath(path).is_relative_to(root):
            path = PurePath(path).relative_to(root).as_posix()
            break
    filled = {"path": quote(path.lstrip("/")), "notebook": quote(PurePath(path).name), "user": user}
    return re.sub(r"\{(path|notebook|user)\}", lambda field: filled[field[1]], template)


def _hub_user() -> str:
    served = re.match(r".*/user/([^/]+)/", os.environ.get("JUPYTERHUB_SERVICE_PREFIX", ""))
    return served[1] if served else quote(os.environ.get("JUPYTERHUB_USER", ""), safe="")
