"""The address book: which target a line means, and what is known at all."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from notebook_notify import config as files
from notebook_notify import texts
from notebook_notify.errors import ConfigError, NotifyError, SecretError, TargetError
from notebook_notify.fields import did_you_mean, no_target, other_magic
from notebook_notify.secret import Secret
from notebook_notify.targets import (
    MAGICS,
    Known,
    Target,
    check_name,
    from_environment,
    masked,
    missing,
)
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from notebook_notify.config import Config
    from notebook_notify.fields import Spec


class Targets:
    """Finds targets in the sandbox, the config files and the environment.

    Args:
        specs: what is known of each channel, by kind; their order is the order of preference.
        environ: instead of ``os.environ``, which is read anew at each call.
    """

    def __init__(self, specs: Mapping[str, Spec], environ: Mapping[str, str] | None = None) -> None:
        self._specs = specs
        self._environ = os.environ if environ is None else environ
        self._sandbox: dict[str, Target] = {}
        self._sandbox_defaults: dict[str, str] = {}

    # ── what is known ────────────────────────────────────────────────────────────────────────

    @property
    def config(self) -> Config:
        """The config files' content, read again if they have changed; ``ConfigError`` if bad.

        Their language and time zone hold from then on.
        """
        config = files.load(self.looked_in, self._specs)
        texts.configure(language=config.language, timezone=config.timezone)
        return config

    @property
    def looked_in(self) -> list[Path]:
        """The config files that count, the strongest first; they need not exist."""
        return files.paths(self._environ)

    def use_sandbox(self, targets: Mapping[str, Mapping[str, Any]]) -> None:
        """Make the sandbox's targets known, and the defaults until the process ends.

        Args:
            targets: name -> ``{"channel": KIND, fields}``; unknown channels are left out. They
                take the place of those of an earlier call.

        Raises:
            TargetError: a field is unknown or of a wrong kind.
        """
        found: dict[str, Target] = {}
        defaults: dict[str, str] = {}
        for kind, spec in self._specs.items():
            for name, described in targets.items():
                if described.get("channel") == kind:
                    fields = spec.parse({k: v for k, v in described.items() if k != "channel"})
                    found[name] = Target(kind, fields, name=name, source="sandbox")
                    defaults.setdefault(spec.magic, name)
        self._sandbox, self._sandbox_defaults = found, defaults

    def names(self, magic: str | None = None) -> list[str]:
        """The names that ``--to`` takes, of *magic* alone or of all; never raises."""
        try:
            known = self._named()
        except NotifyError:
            known = self._sandbox
        return [name for name, one in known.items() if magic in (None, self._spec(one).magic)]

    def known(self) -> list[Known]:
        """All targets: the saved ones, the sandbox's, the environment's.

        Raises:
            ConfigError: a config file cannot be used.
            TargetError: an environment variable's value is of a wrong kind.
        """
        whole, part = from_environment(self._specs.values(), self._environ)
        return [
            Known(
                target.name,
                target.channel,
                target.source,
                tuple(magic for magic in MAGICS if self._is_default(target, magic)),
                masked(target),
                tuple(self._lacking(target)),
            )
            for target in [*self._named().values(), *whole, *part]
        ]

    def save(self, name: str, target: Target, default_for: str | None = None) -> Path:
        """Save *target* as *name* in the user's config file; also as a magic's default.

        Returns:
            The file's path.

        Raises:
            ConfigError: the file cannot be read or written.
            TargetError: the channel or a field is unknown, the name cannot be used, or
                *default_for* is not the magic that the channel answers to.
        """
        check_name(name)
        spec = self._spec(target)
        if default_for not in (None, spec.magic):
            raise other_magic(name, spec)
        path = self.looked_in[0]
        from notebook_notify.config_edit import save

        save(path, name, Target(spec.kind, spec.parse(target.fields)), default_for)
        return path

    # ── which one is meant ───────────────────────────────────────────────────────────────────

    def resolve(
        self,
        to: str | None = None,
        *,
        magic: str | None = None,
        explicit: Mapping[str, Any] | None = None,
    ) -> Target:
        """The target that is meant; no network, no keyring.

        Args:
            to: a target's name.
            magic: ``wechat``, ``wechat_app`` or ``dingtalk``; ``None`` means any.
            explicit: fields given on the spot; over *to*'s own, or a whole target by themselves.
                ``None`` values count as not given.

        Raises:
            TargetError: none or several are meant, or it lacks a field or a variable.
            ConfigError: a config file cannot be used.
            SecretError: a reference is not written as one.
        """
        given = {key: value for key, value in (explicit or {}).items() if value is not None}
        if self._sandbox or (given and to is None):  # these too speak the file's language
            with suppress(ConfigError):
                _ = self.config
        if to is not None:
            target = self._by_name(to, magic)
            if given:
                # Still that target, whom a slip must not turn into one for the whole company.
                fields = {**target.fields, **self._spec(target).parse(given)}
                target = replace(target, fields=fields)
        elif given:
            target = self._explicit(given, magic)
        else:
            target = self._default(magic)
        return self._ready(target)

    def alert_of(self, target: Target) -> Target:
        """The target that *target*'s failures go to: its ``alert``, else itself.

        The ``alert`` of that one does not count: there are no chains.

        Raises:
            TargetError: there is none of that name, or it lacks something.
            ConfigError: a config file cannot be used.
        """
        name = target.get("alert")
        if not name or name == target.name:
            return target
        return self._ready(self._by_name(name, None), alert=False)

    def _by_name(self, name: str, magic: str | None) -> Target:
        target = self._sandbox.get(name) or self.config.targets.get(name)
        if target is None:
            raise no_target(name, self._named(), self._where())
        spec = self._spec(target)
        if magic not in (None, spec.magic):
            raise other_magic(name, spec)
        return target

    def _explicit(self, given: Mapping[str, Any], magic: str | None) -> Target:
        specs = self._of(magic)
        able = [spec for spec in specs if all(spec.field(key) for key in given)]
        for spec in able:
            if not spec.lacking(given):
                return Target(spec.kind, spec.parse(given))
        # Where none takes all of it, the one that takes most is what was meant.
        spec = max(able or specs, key=lambda one: sum(map(bool, map(one.field, given))))
        spec.parse(given)  # raises where a field is unknown
        options = ", ".join(f"{one.option} ({say(*one.where)})" for one in spec.lacking(given))
        raise TargetError(
            say(
                f"还缺 {options}；或用 --to 名称 选一个已保存的目标",
                f"also needed: {options}; or name a saved target with --to NAME",
            )
        )

    def _default(self, magic: str | None) -> Target:
        sandbox = _wanted(self._sandbox_defaults, magic)
        if sandbox:  # the first will do: nothing goes to a phone
            return self._sandbox[sandbox[0]]
        config = self.config
        saved = _wanted(config.defaults, magic)
        if len(saved) == 1:
            return self._saved_default(saved[0], magic, config)
        whole, _ = from_environment(self._of(magic), self._environ, own=magic is not None)
        if len(whole) > 1:
            kinds = ", ".join(one.channel for one in whole)
            raise TargetError(
                say(
                    f"环境变量同时描述了几个通道：{kinds}；"
                    "请用 %notify_setup 名称 保存，再用 --to 指明",
                    f"the environment describes several channels: {kinds}; "
                    "save them with %notify_setup NAME, and say --to NAME",
                )
            )
        fit = whole or [
            one for one in config.targets.values() if magic in (None, self._spec(one).magic)
        ]
        if len(fit) > 1:
            raise self._several((str(one.name) for one in fit), magic)
        if not fit:
            raise self._none(magic)
        return fit[0]

    def _saved_default(self, name: str, magic: str | None, config: Config) -> Target:
        key = magic or next(one for one, wanted in config.defaults.items() if wanted == name)
        place = f"{config.default_paths[key]} · [defaults] {key}"
        target = config.targets.get(name)
        if target is None:
            near = did_you_mean(name, config.targets)
            raise ConfigError(
                say(
                    f"{place} 指向不存在的目标 {name}{near}",
                    f"{place} names {name}, which is no target{near}",
                )
            )
        spec = self._spec(target)
        if spec.magic != key:
            raise ConfigError(f"{place} · {other_magic(name, spec)}")
        return target

    def _lacking(self, target: Target, *, alert: bool = True) -> list[str]:
        lacks = missing(target, self._spec(target), self._environ)
        name = target.get("alert")
        if alert and name and name not in self._named():
            near = did_you_mean(name, self._named())
            lacks.append(say(f"目标 {name}（alert）{near}", f"target {name} (alert){near}"))
        return lacks

    def _ready(self, target: Target, *, alert: bool = True) -> Target:
        """*target* if it lacks nothing; ``scrub`` knows its secrets from now on."""
        lacks = ", ".join(self._lacking(target, alert=alert))
        if lacks:
            source = "" if target.source == "explicit" else f" ({target.source})"
            raise TargetError(
                say(
                    f"目标 {target.label}{source} 缺少 {lacks}",
                    f"target {target.label}{source} lacks {lacks}",
                )
            )
        for value in target.fields.values():
            if isinstance(value, Secret) and not (value.reference or "").startswith("keyring:"):
                with suppress(SecretError):
                    value.reveal(self._environ)
        return target

    # ── how it is said ───────────────────────────────────────────────────────────────────────

    def _is_default(self, target: Target, magic: str) -> bool:
        try:
            return self._default(magic) == target
        except NotifyError:
            return False

    def _several(self, names: Iterable[str], magic: str | None) -> TargetError:
        known = ", ".join(names)
        zh = f"有几个目标而没有默认：{known}；请用 --to 名称"
        en = f"several targets and no default: {known}; say --to NAME"
        if magic is not None:
            path = self.looked_in[0]
            zh += f"，或在 {path} 的 [defaults] 下写 {magic} = 名称"
            en += f", or set {magic} under [defaults] in {path}"
        return TargetError(say(zh, en))

    def _none(self, magic: str | None) -> TargetError:
        _, part = from_environment(self._of(magic), self._environ)
        where = self._where()
        for target in part:
            lacks = ", ".join(missing(target, self._spec(target), self._environ))
            where += say(f"；{target.channel} 还缺 {lacks}", f"; {target.channel} lacks {lacks}")
        return TargetError(
            say(
                "还没有目标：用 %notify_setup 名称 新建，"
                f"或用 %notify_sandbox 不需账号先试（{where}）",
                "no target yet: make one with %notify_setup NAME, "
                f"or try without an account with %notify_sandbox ({where})",
            )
        )

    def _where(self) -> str:
        return say("找过 ", "looked in ") + ", ".join(map(str, self.looked_in))

    # ── small look-ups ───────────────────────────────────────────────────────────────────────

    def _named(self) -> dict[str, Target]:
        return {**self.config.targets, **self._sandbox}

    def _of(self, magic: str | None) -> list[Spec]:
        return [spec for spec in self._specs.values() if magic in (None, spec.magic)]

    def _spec(self, target: Target) -> Spec:
        spec = self._specs.get(target.channel)
        if spec is None:
            raise TargetError(
                say(f"没有通道 {target.channel}", f"there is no channel {target.channel}")
                + did_you_mean(target.channel, self._specs)
            )
        return spec


def _wanted(defaults: Mapping[str, str], magic: str | None) -> list[str]:
    """The defaults of *magic*, or of all magics, each once."""
    wanted = [name for key, name in defaults.items() if magic in (None, key)]
    return list(dict.fromkeys(wanted))
