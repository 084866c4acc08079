"""Access tokens: handed out per application, the same one while it is valid, then expired."""

from __future__ import annotations

import enum
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class TokenState(enum.Enum):
    """Why a token opens nothing."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"


@dataclass(slots=True)
class _Token:
    owner: str
    expires: float


class Tokens:
    """The tokens of one platform; an owner is the secret of an application."""

    def __init__(
        self, make: Callable[[], str], lifetime: float, clock: Callable[[], float], *, renew: bool
    ) -> None:
        """Issue tokens for `lifetime` seconds; with `renew`, these begin anew on each request."""
        self._make = make
        self._lifetime = lifetime
        self._clock = clock
        self._renew = renew
        self._tokens: dict[str, _Token] = {}
        self._lock = threading.Lock()

    def issue(self, owner: str) -> tuple[str, int]:
        """Return the owner's valid token, or a new one, and its remaining life in seconds."""
        with self._lock:
            now = self._clock()
            for value, token in self._tokens.items():
                if token.owner == owner and token.expires > now:
                    if self._renew:
                        token.expires = now + self._lifetime
                    return value, round(token.expires - now)
            value = self._make()
            self._tokens[value] = _Token(owner, now + self._lifetime)
            return value, round(self._lifetime)

    def owner(self, value: str) -> str | TokenState:
        """Return whose token this is, or why it opens nothing."""
        with self._lock:
            token = self._tokens.get(value)
            if token is None:
                return TokenState.UNKNOWN
            return token.owner if token.expires > self._clock() else TokenState.EXPIRED

    def expire(self, value: str | None = None) -> None:
        """Expire one token, or all of them."""
        with self._lock:
            for name, token in self._tokens.items():
                if value is None or name == value:
                    token.expires = float("-inf")
