"""Who runs which notebook, as far as the machine tells."""

from __future__ import annotations

import getpass
import os
import platform
import re
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    namespace; both from the file system's root on.
    """
    path = str(namespace.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or "")
    return path if path.endswith(".ipynb") else ""


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
