"""A target written into the config file, with care: all else in it stays as it was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_notify.config_text import checked_table, parse, read_text, reason_of, stat_of, wrong
from notebook_notify.secret import Secret
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.targets import Target


def save(path: Path, name: str, target: Target, default_for: str | None = None) -> None:
    """Write *target* as ``[targets.NAME]``, and NAME as the default of the magic *default_for*.

    Comments, order and all else in the file stay.
    The file becomes readable to its owner alone (mode 600) and is replaced in one step; a
    symlink is followed. Literal secrets are written as they are, references as references.

    Raises:
        ConfigError: the file cannot be read, parsed or written; it is left as it was.
    """
    values: dict[str, Any] = {"channel": target.channel}
    for key, value in target.fields.items():
        values[key] = (value.reference or value.reveal()) if isinstance(value, Secret) else value
    text = read_text(path) if stat_of(path) is not None else ""
    text = _changed(path, text, "targets", name, values)
    if default_for is not None:
        text = _changed(path, text, "defaults", default_for, name)
    try:
        _replace(path, text.encode())
        return
    except UnicodeEncodeError:
        reason = say("名称或字段里有不完整的字符", "an incomplete character in a name or a field")
    except OSError as error:
        reason = reason_of(error)
    # Raised here: an encoding error holds the whole file, secrets and all.
    raise wrong(
        path,
        f"写不了（{reason}）；请检查文件夹的权限和磁盘空间",
        f"cannot be written ({reason}); check the folder's permissions and the disk",
    )


def _changed(path: Path, old: str, section: str, key: str, value: Any) -> str:
    wanted = parse(path, old)
    checked_table(path, f"[{section}]", wanted.setdefault(section, {}))[key] = value
    new = _edited(old, section, key, value)
    # TOML can be written in ways that an edit would twist; such a file is its author's to edit.
    if new is None or parse(path, new) != wanted:
        raise wrong(
            path,
            "这样写的文件无法自动修改，没有改动；请手工加入",
            "written in a way that cannot be changed safely, so it is as it was; add this by hand",
            f"[{section}] {key}",
        )
    return new


def _edited(text: str, section: str, key: str, value: Any) -> str | None:
    import tomlkit
    from tomlkit.items import InlineTable

    try:
        document: Any = tomlkit.parse(text)
        if section not in document and text.strip() and not text.endswith("\n\n"):
            document.add(tomlkit.nl())  # a blank line before a new section
        table = document.setdefault(section, tomlkit.table(is_super_table=section == "targets"))
        old = table.get(key)
        if not isinstance(value, dict):
            table[key] = value
        elif isinstance(old, dict):
            for gone in [name for name in old if name not in value]:
                del old[gone]
            old.update({name: one for name, one in value.items() if old.get(name) != one})
        else:
            new = tomlkit.inline_table() if isinstance(table, InlineTable) else tomlkit.table()
            new.update(value)
            if list(document).index(section) < len(document) - 1:
                new.add(tomlkit.nl())  # and one before what follows
            table[key] = new
        return tomlkit.dumps(document)
    except (tomlkit.exceptions.TOMLKitError, ValueError, TypeError):
        return None


def _replace(path: Path, data: bytes) -> None:
    import tempfile

    path = Path(os.path.realpath(path))
    for folder in reversed([one for one in path.parents if not one.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
