"""The config file ``notebook_notify.toml``: found, read, checked, and written with care."""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import ConfigError, NotifyError
from notebook_notify.secret import Secret
from notebook_notify.targets import MAGICS, Target, did_you_mean
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from notebook_notify.targets import Spec

#: The file's name in a config folder.
FILE = "notebook_notify.toml"
#: The environment variable that names another file, instead of all others.
VARIABLE = "NOTEBOOK_NOTIFY_CONFIG"

_SETTINGS = ("language", "timezone")


@dataclass(frozen=True, slots=True)
class Config:
    """What the config files say together.

    Attributes:
        targets: by name; each target's ``source`` is the path of its file.
        defaults: the name of the default target by magic: ``wechat``, ``wechat_app``, ``dingtalk``.
        default_paths: the file that each default stands in.
        language: ``zh``, ``en``, ``auto``, or ``None`` where nothing is said.
        timezone: a name such as ``Asia/Shanghai``, or ``None``.
        warnings: what the reader should know, one sentence each.
    """

    targets: Mapping[str, Target] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    default_paths: Mapping[str, Path] = field(default_factory=dict)
    language: str | None = None
    timezone: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """One file, parsed and checked; ``exposed``: others can read the literal secret in it."""

    targets: dict[str, Target]
    defaults: dict[str, str]
    settings: dict[str, str]
    exposed: bool


_Stamp = tuple[int, int, int, int]
_cache: dict[Path, tuple[_Stamp, Mapping[str, Spec], _File]] = {}


def paths(environ: Mapping[str, str]) -> list[Path]:
    """The files that are looked in, the strongest first; they need not exist.

    That of ``VARIABLE`` alone if set, else the user's and the site's; ``ConfigError`` if unusable.
    """
    if environ.get(VARIABLE):
        named = Path(environ[VARIABLE])
        with contextlib.suppress(RuntimeError):
            return [named.expanduser().absolute()]
        raise _wrong(named, "没有这个用户", "there is no such user", VARIABLE)
    import platformdirs

    return [
        platformdirs.user_config_path("notebook_notify", appauthor=False) / FILE,
        platformdirs.site_config_path("notebook_notify", appauthor=False) / FILE,
    ]


def load(paths: Sequence[Path], specs: Mapping[str, Spec]) -> Config:
    """What the files at *paths* say, the strongest first; those that do not exist are skipped.

    A target or setting of a stronger file replaces a weaker one's whole. A file is read again
    only if its time, size, inode or mode have changed.

    Raises:
        ConfigError: a file cannot be read, or holds something unknown or of a wrong type.
    """
    targets: dict[str, Target] = {}
    defaults: dict[str, str] = {}
    default_paths: dict[str, Path] = {}
    settings: dict[str, str] = {}
    warnings = []
    for path in reversed(paths):
        file = _file(path, specs)
        if file is None:
            continue
        targets |= file.targets
        defaults |= file.defaults
        default_paths |= dict.fromkeys(file.defaults, path)
        settings |= file.settings
        if file.exposed:
            warnings.append(_exposed(path, own=path == paths[0]))
    return Config(targets, defaults, default_paths, **settings, warnings=tuple(warnings))


def _exposed(path: Path, *, own: bool) -> str:
    # A site's file is for all to read: closed, it would serve nobody.
    zh, en = "请在其中改用 env: 或 keyring: 引用", "let it refer by env: or keyring: instead"
    if own and path.stat().st_uid == os.geteuid():
        zh, en = (f"{run} chmod 600 {shlex.quote(str(path))}" for run in ("请运行", "run"))
    said = say("含明文密钥，其他用户可以读取；", "holds a secret that others can read; ")
    return f"{path} {said}{say(zh, en)}"


def _file(path: Path, specs: Mapping[str, Spec]) -> _File | None:
    status = _stat(path)
    if status is None:
        return None
    stamp = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode)
    cached = _cache.get(path)
    if cached is not None and cached[0] == stamp and cached[1] is specs:
        return cached[2]
    public = os.name == "posix" and bool(status.st_mode & 0o077)
    file = _check(path, _parse(path, _read(path)), specs, public=public)
    _cache[path] = (stamp, specs, file)
    return file


def _wrong(path: Path, zh: str, en: str, where: str = "") -> ConfigError:
    return ConfigError(" · ".join(filter(None, (str(path), where, say(zh, en)))))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def _stat(path: Path) -> os.stat_result | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    # Anything else, a pipe say, might never come to an end.
    if not stat.S_ISREG(status.st_mode) and str(path) != os.devnull:
        raise _wrong(
            path,
            f"不是文件；请移走它，或用环境变量 {VARIABLE} 指定配置文件",
            f"this is not a file; move it away, or name the config file in {VARIABLE}",
        )
    return status


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # Windows' editors like to leave a mark
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = _wrong(
            path,
            f"第 {line} 行不是 UTF-8；请以 UTF-8 编码另存",
            f"line {line} is not UTF-8; save the file in that encoding",
        )
    except OSError as error:
        problem = _unreadable(path, error)
    # Raised here: a decoding error holds the whole file, secrets and all.
    raise problem


def _unreadable(path: Path, error: Exception) -> ConfigError:
    return _wrong(
        path,
        f"读不了（{_reason(error)}）；请检查文件和文件夹的权限",
        f"cannot be read ({_reason(error)}); check the permissions of the file and its folder",
    )


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error)
    # Raised here: the decoder's error may hold the whole text.
    raise _wrong(
        path,
        f"不是有效的 TOML：{reason}；请改正该行",
        f"this is not valid TOML: {reason}; correct that line",
    )


def _check(path: Path, data: dict[str, Any], specs: Mapping[str, Spec], *, public: bool) -> _File:
    _only(path, data, (*_SETTINGS, "defaults", "targets"))
    defaults = _table(path, "[defaults]", data.get("defaults", {}))
    _only(path, defaults, MAGICS, "[defaults] ")
    for magic, name in defaults.items():
        _text(path, f"[defaults] {magic}", name)
    tables = _table(path, "[targets]", data.get("targets", {}))
    targets = {name: _target(path, name, table, specs) for name, table in tables.items()}
    exposed = public and any(map(_holds_literal, targets.values()))
    return _File(targets, defaults, _settings(path, data), exposed)


def _settings(path: Path, data: dict[str, Any]) -> dict[str, str]:
    settings = {key: _text(path, key, data[key]) for key in _SETTINGS if key in data}
    if settings.get("language", "auto") not in ("zh", "en", "auto"):
        raise _wrong(path, "应为 zh、en 或 auto", "one of zh, en, auto is expected", "language")
    if "timezone" in settings:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(settings["timezone"])
        except (OSError, ValueError, KeyError):
            raise _wrong(
                path, "没有这个时区，例：Asia/Shanghai", "unknown; e.g. Asia/Shanghai", "timezone"
            ) from None
    return settings


def _target(path: Path, name: str, table: object, specs: Mapping[str, Spec]) -> Target:
    where = f"[targets.{name}]"
    fields = dict(_table(path, where, table))
    channel = _text(path, f"{where} channel", fields.pop("channel", ""))
    if channel not in specs:
        kinds, near = " | ".join(specs), did_you_mean(channel, specs)
        zh, en = (
            ("没有这种渠道", "there is no such channel") if channel else ("必填", "is required")
        )
        where = f"{where} channel = {channel}" if channel else f"{where} channel"
        raise _wrong(path, f"{zh}：{kinds}{near}", f"{en}: {kinds}{near}", where)
    try:
        return Target(channel, specs[channel].parse(fields), name=name, source=str(path))
    except NotifyError as error:
        problem = _wrong(path, str(error), str(error), where)
    raise problem


def _holds_literal(target: Target) -> bool:
    return any(isinstance(one, Secret) and not one.reference for one in target.fields.values())


def _only(path: Path, table: dict[str, Any], known: Iterable[str], where: str = "") -> None:
    for key in table:
        if key not in known:
            near = did_you_mean(key, known)
            raise _wrong(path, f"没有这一项{near}", f"there is no such key{near}", where + key)


def _table(path: Path, where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(path, "应为一张表", "a table is expected", where)
    return value


def _text(path: Path, where: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(path, "应为文字（加引号）", "a text in quotes is expected", where)
    return value


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
    text = _read(path) if _stat(path) is not None else ""
    text = _changed(path, text, "targets", name, values)
    if default_for is not None:
        text = _changed(path, text, "defaults", default_for, name)
    try:
        _replace(path, text.encode())
        return
    except OSError as error:
        reason = _reason(error)
    raise _wrong(
        path,
        f"写不了（{reason}）；请检查文件夹的权限和磁盘空间",
        f"cannot be written ({reason}); check the folder's permissions and the disk",
    )


def _changed(path: Path, old: str, section: str, key: str, value: Any) -> str:
    wanted = _parse(path, old)
    _table(path, f"[{section}]", wanted.setdefault(section, {}))[key] = value
    new = _edited(old, section, key, value)
    # TOML can be written in ways that an edit would twist; such a file is its author's to edit.
    if new is None or _parse(path, new) != wanted:
        raise _wrong(
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
