"""``with notify(...)`` and ``@notify(...)``: the verdict on a block of a script."""

from __future__ import annotations

import inspect
import time
import warnings
from contextlib import ContextDecorator
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast

from notebook_notify import sender
from notebook_notify.content import context
from notebook_notify.content.drafts import Draft
from notebook_notify.content.facts import Run
from notebook_notify.content.failures import failure, is_interrupt
from notebook_notify.delivery import TIMEOUT
from notebook_notify.delivery.budget import Budget
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from notebook_notify.reports import SendReport
    from notebook_notify.targets import Target

_F = TypeVar("_F", bound="Callable[..., Any]")


class notify(ContextDecorator):  # noqa: N801 - used as a function
    """Tell a chat how a block, or each call of a function, ended.

    ::

        with notify("nightly backtest", to="ops") as told:
            told.summary = f"Sharpe {backtest():.2f}"

        @notify("training", to="ops")
        def train(): ...

    The block's own exception goes on as it was. The report is in ``report`` afterwards; a
    ``NotifyWarning`` tells if not all was sent. Functions may be ``async``; of a generator,
    only the making would be told, so they are refused.

    Args:
        title: what the message calls it.
        to: a target's name, a ``Target``, or several; ``None`` means the default target. A
            failure goes to their ``alert`` targets instead, and names whom ``mention`` names.
        timeout: the longest wait for the outcome, in seconds.

    Raises:
        TargetError: on construction, so before the block runs: no such target.
        TypeError: it decorates a generator.
    """

    def __init__(
        self,
        title: str,
        to: str | Target | Sequence[str | Target] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.title = title
        #: a line under the title; what is no text becomes one
        self.summary: object = None
        self.report: SendReport | None = None
        self._targets = sender.targets(to)
        self._alerts: list[Target] = []
        for target in map(sender.alert_for, self._targets):
            if target not in self._alerts:  # several may share one
                self._alerts.append(target)
        self._timeout = timeout
        self._started = 0.0
        self._ticks = 0.0

    def _recreate_cm(self) -> Self:
        """A new one for each call: calls may overlap."""
        new = type(self)(self.title, self._targets, self._timeout)
        new.summary = self.summary
        return new

    def __call__(self, func: _F) -> _F:
        """Tell how each call of *func* ended."""
        if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
            raise TypeError(
                say(
                    "@notify 看不到生成器何时结束；请用 `with notify(...)`",
                    "@notify cannot tell when a generator is done; use `with notify(...)`",
                )
            )
        if not inspect.iscoroutinefunction(func):
            return super().__call__(func)

        @wraps(func)
        async def told(*args: Any, **kwargs: Any) -> Any:
            with self._recreate_cm():
                return await func(*args, **kwargs)

        return cast("_F", told)

    def __enter__(self) -> Self:
        self._started, self._ticks = time.time(), time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        took = time.monotonic() - self._ticks
        if isinstance(error, SystemExit) and not error.code:
            error = None  # a script's way to say that it is done
        try:
            self._tell(error, took)
        except Exception as trouble:  # noqa: BLE001 - hours of work must not end in our trouble
            told = scrub(f"notebook_notify: {type(trouble).__name__}: {trouble}")
            if error is not None:
                error.add_note(told)
                return
            warnings.warn(told, sender.NotifyWarning, stacklevel=2)

    def _tell(self, error: BaseException | None, took: float) -> None:
        run = Run(
            verdict=_verdict(error),
            title=self.title,
            started=self._started,
            ended=self._started + took,
            who=context.who(),
            summary=None if self.summary is None else _text(self.summary),
            failure=failure(error) if error is not None else None,
        )
        draft = Draft(run)
        self.report = sender.post(
            [
                (target, partial(draft.message, target))
                for target in (self._alerts if run.verdict == "failed" else self._targets)
            ],
            budget=Budget.of(self._timeout),
            verdict=run.verdict,
            drops=True,
        )
        if not self.report.ok:  # nobody may look at the report
            warnings.warn(repr(self.report), sender.NotifyWarning, stacklevel=3)


def _text(summary: object) -> str:
    try:
        return str(summary)
    except Exception:  # noqa: BLE001 - the user's class may raise anything
        return "<str() failed>"


def _verdict(error: BaseException | None) -> Literal["done", "failed", "interrupted"]:
    if error is None:
        return "done"
    return "interrupted" if is_interrupt(error) else "failed"
