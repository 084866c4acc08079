"""The config file ``notebook_notify.toml``: found, read and checked."""

from __future__ import annotations

import contextlib
import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_notify import folders
from notebook_notify.config_text import (
    VARIABLE,
    check_keys,
    checked_table,
    checked_text,
    parse,
    read_text,
    stat_of,
    wrong,
)
from notebook_notify.errors import NotifyError, SecretError
from notebook_notify.fields import did_you_mean
from notebook_notify.secret import Secret
from notebook_notify.spans import seconds
from notebook_notify.targets import MAGICS, Target
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_notify.fields import Spec

#: The file's name in a config folder.
FILE = "notebook_notify.toml"
#: For how long a message may wait, in seconds: the least and the most that ``expires`` may say.
LEAST_LIFE, LONGEST_LIFE = 60.0, 7 * 86_400.0

_SETTINGS = ("language", "timezone", "link", "expires")
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
        expires: for how long a queued message is tried, in seconds, or ``None``.
        store: the URL of what kernels of several machines share, or ``None``.
        warnings: what the reader should know, one sentence each.
    """

    targets: Mapping[str, Target] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    default_paths: Mapping[str, Path] = field(default_factory=dict)
    language: str | None = None
    timezone: str | None = None
    link: str | None = None
    expires: float | None = None
    store: Secret | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """One file, parsed and checked; ``exposed``: others can read the literal secret in it."""

    targets: dict[str, Target]
    defaults: dict[str, str]
    settings: dict[str, Any]
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
        with contextlib.suppress(RuntimeError):
            return [folders.named(environ[VARIABLE])]
        raise wrong(Path(environ[VARIABLE]), "没有这个用户", "there is no such user", VARIABLE)
    return [folders.user_config(FILE), site_path()]


def site_path() -> Path:
    """The administrator's file; it need not exist."""
    return folders.site_config(FILE)


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
    settings: dict[str, Any] = {}
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


def _check(path: Path, data: dict[str, Any], specs: Mapping[str, Spec], *, public: bool) -> _File:
    check_keys(path, data, (*_SETTINGS, "allow_all", "store", "defaults", "targets"))
    defaults = checked_table(path, "[defaults]", data.get("defaults", {}))
    check_keys(path, defaults, MAGICS, "[defaults] ")
    for magic, name in defaults.items():
        checked_text(path, f"[defaults] {magic}", name)
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
        return Secret.of(checked_text(path, "store", data["store"]))
    except SecretError as error:
        raise wrong(path, str(error), str(error), "store") from None


def _settings(path: Path, data: dict[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {
        key: checked_text(path, key, data[key]) for key in _SETTINGS if key in data
    }
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
    if "expires" in settings:
        settings["expires"] = life = seconds(settings["expires"])
        if life is None or not LEAST_LIFE <= life <= LONGEST_LIFE:
            raise wrong(
                path,
                "应为 1m 到 7d 的时长，例：24h",
                "a time from 1m to 7d is expected, e.g. 24h",
                "expires",
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
    channel = checked_text(path, f"{where} channel", fields.pop("channel", ""))
    if channel not in specs:
        kinds, near = " | ".join(specs), did_you_mean(channel, specs)
        zh, en = (
            ("没有这种通道", "there is no such channel") if channel else ("必填", "is required")
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
