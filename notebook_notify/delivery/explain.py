"""What went wrong on the way, in our own words: the host and the kind of trouble, never the URL."""

from __future__ import annotations

import socket
import ssl
from http.client import IncompleteRead
from typing import TYPE_CHECKING

from notebook_notify import errors
from notebook_notify.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The first that fits is told; subclasses come before what they are made from.
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "no answer in time"),
    (socket.gaierror, "the host name cannot be resolved"),
    (ConnectionRefusedError, "the connection was refused"),
    (IncompleteRead, "the answer was cut off"),
    (ConnectionError, "the connection was closed"),
    (ssl.SSLEOFError, "the connection was closed"),
    (FileNotFoundError, "the file with the certificates to trust was not found"),
)


def explain(error: BaseException, host: str, *, left: bool) -> TransportError:
    """What to tell of *error*, met by a request to *host*.

    Args:
        error: what ``requests``, ``urllib3`` or the system raised.
        host: the platform's.
        left: whether the body was on its way by then.
    """
    causes = list(_causes(error))
    what = next(
        (words for kind, words in _WORDS if any(isinstance(cause, kind) for cause in causes)),
        type(causes[-1]).__name__,
    )
    if left:
        return TransportError(
            f"{host}: request sent, but {what}; it may have arrived",
            errcode=errors.UNKNOWN,
            left=True,
        )
    refusal = _tls_refusal(causes)
    if refusal:
        return TransportError(
            f"{host}: TLS failed: {refusal}", errcode=errors.TLS_FAILED, left=False
        )
    via = " (by its proxy)" if any("Proxy" in type(cause).__name__ for cause in causes) else ""
    return TransportError(
        f"cannot reach {host}{via}: {what}", errcode=errors.NOT_CONNECTED, left=False
    )


def _tls_refusal(causes: list[BaseException]) -> str | None:
    """Why the two sides do not get along; ``None`` if that is not the trouble."""
    for cause in reversed(causes):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate not trusted ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return str(cause.reason or type(cause).__name__)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """*error* and all it wraps, whether in ``args``, ``reason``, ``__cause__`` or context."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        waiting += [other for other in inner if isinstance(other, BaseException)]
