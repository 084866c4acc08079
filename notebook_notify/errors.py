"""What can go wrong, as a tree.

::

    NotifyError
    ├── TargetError        the caller's mistake: no such target, a field missing, a bad value
    │   └── ConfigError    the config file cannot be read, or holds something unknown
    ├── SecretError        a secret cannot be found, or is about to leave (pickle, magic line)
    ├── LedgerError        the record of what was sent cannot be read or written
    ├── StoreError         what kernels share (tokens, rate limits) cannot be read or written
    ├── OutboxError        what waits to be sent cannot be read or written; says why
    ├── TransportError     a request had no complete reply; says whether it may have arrived
    ├── PlatformError      a call beside sending was refused: a chat not created, nobody found
    └── SendError          raised only on request: ``report.raise_for_status()``, ``--strict``
    KeyboardInterrupt
    └── SendInterrupted    Ctrl-C while a send was waited for; holds the report so far

The caller's mistakes raise before anything runs. Delivery problems never raise out of
:func:`notebook_notify.send`: they are outcomes in its report.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.reports import SendReport, SendResult

#: ``errcode`` values of our own, where the platform gave none.
NOT_CONNECTED = -1001
TLS_FAILED = -1002
UNKNOWN = -1003
UNREADABLE = -1004
OVER_BUDGET = -1005
OVER_RATE = -1006
OWN_CODES = frozenset({NOT_CONNECTED, TLS_FAILED, UNKNOWN, UNREADABLE, OVER_BUDGET, OVER_RATE})


class NotifyError(Exception):
    """The root of everything this package raises."""


class TargetError(NotifyError):
    """A target cannot be found, or cannot be used as it is written."""


class ConfigError(TargetError):
    """The config file cannot be read, or holds something that is not known."""


class SecretError(NotifyError):
    """A secret cannot be found, or was about to be written where others can read it."""


class LedgerError(NotifyError):
    """The record of what was sent cannot be read or written; says what to do about the file."""


class StoreError(NotifyError):
    """The store that kernels share cannot be used; says why."""


class OutboxError(NotifyError):
    """The outbox cannot be used, is full, or has no such item; says what to do."""


class TransportError(NotifyError):
    """A request had no complete reply, or was kept back.

    Attributes:
        errcode: one of this module's codes.
        left: whether the message may have reached the platform.
        again: in how many seconds it may leave, if it was kept back for a rate limit.
    """

    def __init__(self, message: str, *, errcode: int, left: bool, again: int | None = None) -> None:
        super().__init__(message)
        self.errcode = errcode
        self.left = left
        self.again = again

    def __reduce__(self) -> tuple[Callable[[], TransportError], tuple[()]]:
        """Workers of a process pool pickle what they raise."""
        make = partial(type(self), str(self), errcode=self.errcode, left=self.left)
        return partial(make, again=self.again), ()


class PlatformError(NotifyError):
    """The platform refused what was asked of it, or did not answer.

    Attributes:
        result: what became of it; its ``error`` is the platform's own dict, secrets masked.
    """

    def __init__(self, message: str, *, result: SendResult) -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[Callable[[], PlatformError], tuple[()]]:
        """As of the other errors."""
        return partial(type(self), str(self), result=self.result), ()


class SendError(NotifyError):
    """A report was not all *sent*, and the caller asked to be stopped by that.

    Attributes:
        report: the whole report.
    """

    def __init__(self, message: str, *, report: SendReport) -> None:
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[Callable[[], SendError], tuple[()]]:
        """Workers of a process pool pickle what they raise."""
        return partial(type(self), str(self), report=self.report), ()


class SendInterrupted(KeyboardInterrupt):
    """Ctrl-C while a send was waited for; nothing more leaves after that.

    Attributes:
        report: what can be said of the message.
    """

    def __init__(self, report: SendReport) -> None:
        super().__init__()
        self.report = report

    def __reduce__(self) -> tuple[type[SendInterrupted], tuple[SendReport]]:
        """As of the other errors."""
        return type(self), (self.report,)
