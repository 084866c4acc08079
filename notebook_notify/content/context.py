"""Who runs which notebook, as far as the machine tells."""

from __future__ import annotations

import getpass
import os
import platform
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

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
    """The notebook's file name, or an empty string where nobody tells.

    Jupyter Server puts its path into ``JPY_SESSION_NAME``, VS Code into a variable of the
    user's namespace.
    """
    path = namespace.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or ""
    name = PurePath(str(path)).name
    return name if name.endswith(".ipynb") else ""
