"""The config file ``notebook_notify.toml``: found, read and checked."""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import ConfigError, NotifyError, SecretError
from notebook_notify.fields import did_you_mean
from notebook_notify.secret import Secret
from notebook_notify.targets import MAGICS, Target
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from notebook_notify.fields import Spec

#: The file's name in a config folder.
FILE = "notebook_notify.toml"
#: The environment variable that names another file, instead of all others.
VARIABLE = "NOTEBOOK_NOTIFY_CONFIG"
LARGEST = 1 << 20  # bytes of a config file

_SETTINGS = ("language", "timezone", "link")
#: What the template ``link`` may have filled in.
LINK_FIELDS = ("user", "path", "notebook")


@dataclass(frozen=True, slots=True)
class Config:
    """What the config files say together.

    Attributes:
        targets: by name; each target's ``source`` is the path of its file.
        defaults: the name of the default target by magic: ``wechat``, ``wechat_app``, ``dingtalk``.
        default_paths: the file that each default stands in.
        language: ``zh``, ``en``, ``auto``, or ``None`` where nothing is said.
        timezone: a name such as ``Asia/Shanghai``, or ``None``.
        link: the address of a notebook, with the ``LINK_FIELDS`` in braces, or ``None``.
        store: the URL of what kernels of several machines share, or ``None``.
        warnings: what the reader should know, one sentence each.
    """

    targets: Mapping[str, Target] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    default_paths: Mapping[str, Path] = field(default_factory=dict)
    language: str | None = None
    timezone: str | None = None
    link: str | None = None
    store: Secret | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """One file, parsed and checked; ``exposed``: others can read the literal secret in it."""

    targets: dict[str, Target]
    defaults: dict[str, str]
    settings: dict[str, str]
    store: Secret | None
    allow_all: bool
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
        raise wrong(named, "没有这个用户", "there is no such user", VARIABLE)
    import platformdirs

    return [platformdirs.user_config_path("notebook_notify", appauthor=False) / FILE, site_path()]


def site_path() -> Path:
    """The administrator's file; it need not exist."""
    import platformdirs

    return platformdirs.site_config_path("notebook_notify", appauthor=False) / FILE


def allows_all(specs: Mapping[str, Spec]) -> bool:
    """Whether the administrator lets messages go to all in an application's visible scope.

    That is asked of his file alone, whatever ``VARIABLE`` names: a rule against slips, since who
    holds the secret can call the platform without us.

    Raises:
        ConfigError: his file cannot be read.
    """
    file = _file(site_path(), specs)
    return file is None or file.allow_all


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
    store = None
    warnings = []
    for path in reversed(paths):
        file = _file(path, specs)
        if file is None:
            continue
        targets |= file.targets
        defaults |= file.defaults
        default_paths |= dict.fromkeys(file.defaults, path)
        settings |= file.settings
        store = file.store or store
        if file.exposed:
            warnings.append(_exposed(path, own=path == paths[0]))
    return Config(
        targets, defaults, default_paths, **settings, store=store, warnings=tuple(warnings)
    )


def _exposed(path: Path, *, own: bool) -> str:
    # A site's file is for all to read: closed, it would serve nobody.
    zh, en = "请在其中改用 env: 或 keyring: 引用", "let it refer by env: or keyring: instead"
    if own and path.stat().st_uid == os.geteuid():
        zh, en = (f"{run} chmod 600 {shlex.quote(str(path))}" for run in ("请运行", "run"))
    said = say("含明文密钥，其他用户可以读取；", "holds a secret that others can read; ")
    return f"{path} {said}{say(zh, en)}"


def _file(path: Path, specs: Mapping[str, Spec]) -> _File | None:
    status = stat_of(path)
    if status is None:
        return None
    stamp = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode)
    cached = _cache.get(path)
    if cached is not None and cached[0] == stamp and cached[1] is specs:
        return cached[2]
    public = os.name == "posix" and bool(status.st_mode & 0o077)
    file = _check(path, parse(path, read_text(path)), specs, public=public)
    _cache[path] = (stamp, specs, file)
    return file


def wrong(path: Path, zh: str, en: str, where: str = "") -> ConfigError:
    """What is wrong, with the file and the place in it."""
    return ConfigError(" · ".join(filter(None, (str(path), where, say(zh, en)))))


def reason_of(error: Exception) -> str:
    """Why the system refused, in its own words."""
    return getattr(error, "strerror", None) or type(error).__name__


def stat_of(path: Path) -> os.stat_result | None:
    """The status of a file; ``None`` if there is none, ``ConfigError`` if it is no file."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    # A pipe, say, might never come to an end.
    fits = stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST
    if not fits and str(path) != os.devnull:
        raise wrong(
            path,
            f"不是文件，或超过 1 MB；请移走它，或用环境变量 {VARIABLE} 指定配置文件",
            f"this is not a file, or over 1 MB; move it, or name the config file in {VARIABLE}",
        )
    return status


def read_text(path: Path) -> str:
    """The content of a file; ``ConfigError`` if it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig")  # Windows' editors like to leave a mark
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = wrong(
            path,
            f"第 {line} 行不是 UTF-8；请以 UTF-8 编码另存",
            f"line {line} is not UTF-8; save the file in that encoding",
        )
    except OSError as error:
        problem = _unreadable(path, error)
    # Raised here: a decoding error holds the whole file, secrets and all.
    raise problem


def _unreadable(path: Path, error: Exception) -> ConfigError:
    why = reason_of(error)
    en = f"cannot be read ({why}); check the permissions of the file and its folder"
    return wrong(path, f"读不了（{why}）；请检查文件和文件夹的权限", en)


def parse(path: Path, text: str) -> dict[str, Any]:
    """*text* as TOML; ``ConfigError`` if it is none."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError alone
        reason = str(error)
    # Raised here: the decoder's error may hold the whole text.
    raise wrong(
        path,
        f"不是有效的 TOML：{reason}；请改正该行",
        f"this is not valid TOML: {reason}; correct that line",
    )


def _check(path: Path, data: dict[str, Any], specs: Mapping[str, Spec], *, public: bool) -> _File:
    _only(path, data, (*_SETTINGS, "allow_all", "store", "defaults", "targets"))
    defaults = checked_table(path, "[defaults]", data.get("defaults", {}))
    _only(path, defaults, MAGICS, "[defaults] ")
    for magic, name in defaults.items():
        _text(path, f"[defaults] {magic}", name)
    tables = checked_table(path, "[targets]", data.get("targets", {}))
    targets = {name: _target(path, name, table, specs) for name, table in tables.items()}
    store = _store(path, data)
    password = store is not None and not store.reference and "@" in store.reveal()
    exposed = public and (password or any(map(_holds_literal, targets.values())))
    return _File(targets, defaults, _settings(path, data), store, _allow_all(path, data), exposed)


def _allow_all(path: Path, data: dict[str, Any]) -> bool:
    allow = data.get("allow_all", True)
    if not isinstance(allow, bool):
        raise wrong(path, "应为 true 或 false", "true or false is expected", "allow_all")
    if "allow_all" in data and path != (site := site_path()):
        raise wrong(
            path,
            f"只能由管理员写在 {site}",
            f"only the administrator says that, in {site}",
            "allow_all",
        )
    return allow


def _store(path: Path, data: dict[str, Any]) -> Secret | None:
    if "store" not in data:
        return None
    try:
        return Secret.of(_text(path, "store", data["store"]))
    except SecretError as error:
        raise wrong(path, str(error), str(error), "store") from None


def _settings(path: Path, data: dict[str, Any]) -> dict[str, str]:
    settings = {key: _text(path, key, data[key]) for key in _SETTINGS if key in data}
    if settings.get("language", "auto") not in ("zh", "en", "auto"):
        raise wrong(path, "应为 zh、en 或 auto", "one of zh, en, auto is expected", "language")
    if "timezone" in settings:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(settings["timezone"])
        except (OSError, ValueError, KeyError):
            raise wrong(
                path, "没有这个时区，例：Asia/Shanghai", "unknown; e.g. Asia/Shanghai", "timezone"
            ) from None
    if "link" in settings and not _is_link(settings["link"]):
        raise wrong(
            path,
            "应为 http(s) 网址，可含 {user}、{path}、{notebook}，不含密码",
            "an http(s) address is expected, with {user}, {path}, {notebook} where they belong "
            "and no password",
            "link",
        )
    return settings


def _is_link(template: str) -> bool:
    from string import Formatter
    from urllib.parse import urlsplit

    if any(mark.isspace() for mark in template):
        return False
    try:
        parts = urlsplit(template)
        fields = [one[1:] for one in Formatter().parse(template) if one[1] is not None]
    except ValueError:
        return False
    good = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    # A field alone: no attribute, no format, no conversion.
    return bool(good) and all(one in [(name, "", None) for name in LINK_FIELDS] for one in fields)


def _target(path: Path, name: str, table: object, specs: Mapping[str, Spec]) -> Target:
    where = f"[targets.{name}]"
    fields = dict(checked_table(path, where, table))
    channel = _text(path, f"{where} channel", fields.pop("channel", ""))
    if channel not in specs:
        kinds, near = " | ".join(specs), did_you_mean(channel, specs)
        zh, en = (
            ("没有这种渠道", "there is no such channel") if channel else ("必填", "is required")
        )
        where = f"{where} channel = {channel}" if channel else f"{where} channel"
        raise wrong(path, f"{zh}：{kinds}{near}", f"{en}: {kinds}{near}", where)
    try:
        return Target(channel, specs[channel].parse(fields), name=name, source=str(path))
    except NotifyError as error:
        problem = wrong(path, str(error), str(error), where)
    raise problem


def _holds_literal(target: Target) -> bool:
    return any(isinstance(one, Secret) and not one.reference for one in target.fields.values())


def _only(path: Path, table: dict[str, Any], known: Iterable[str], where: str = "") -> None:
    for key in table:
        if key not in known:
            near = did_you_mean(key, known)
            raise wrong(path, f"没有这一项{near}", f"there is no such key{near}", where + key)


def checked_table(path: Path, where: str, value: object) -> dict[str, Any]:
    """*value* if it is a table; else ``ConfigError``."""
    if not isinstance(value, dict):
        raise wrong(path, "应为一张表", "a table is expected", where)
    return value


def _text(path: Path, where: str, value: object) -> str:
    if not isinstance(value, str):
        raise wrong(path, "应为文字（加引号）", "a text in quotes is expected", where)
    return value
