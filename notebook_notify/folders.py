"""Where files of ours are: in the folders that the platform has for them, or where a variable says.

``platformdirs`` takes ten times as long as asking the environment whether its answer still holds.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

#: The folder's name in each of them.
_NAME = "notebook_notify"
#: A path that was read before is taken as it is: reading it takes longer than its file's status.
_read = lru_cache(maxsize=8)(Path)


def named(path: str) -> Path:
    """The absolute path that *path* means now; raises ``RuntimeError`` if ``~`` leads nowhere."""
    return _read(path).expanduser().absolute()


def user_config(file: str) -> Path:
    """Where *file* is in the user's config folder; raises ``RuntimeError`` if he has no home."""
    return _found("user_config_path", file, *map(os.environ.get, ("HOME", "XDG_CONFIG_HOME")))


def site_config(file: str) -> Path:
    """Where *file* is in the administrator's config folder."""
    return _found("site_config_path", file, os.environ.get("XDG_CONFIG_DIRS"))


def user_state(file: str) -> Path:
    """Where *file* is in the user's state folder; raises ``RuntimeError`` if he has no home."""
    return _found("user_state_path", file, *map(os.environ.get, ("HOME", "XDG_STATE_HOME")))


@lru_cache(maxsize=8)
def _found(which: str, file: str, *_: str | None) -> Path:
    """What ``platformdirs`` says, as long as the variables that it goes by are the same."""
    import platformdirs

    folder: Path = getattr(platformdirs, which)(_NAME, appauthor=False)
    if folder.parts[0] == "~":  # so older ones name the home of who has none
        raise RuntimeError("there is no home")
    return folder / file
