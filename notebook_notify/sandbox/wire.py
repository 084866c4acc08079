"""What both platforms of the sandbox have in common: a call, an answer, and small readers."""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to a platform, with the first value of each query parameter."""

    method: str
    path: str
    query: Mapping[str, str]
    content_type: str
    body: bytes
    address: str = "127.0.0.1"
    """The caller's."""
    token: str = ""
    """What the header x-acs-dingtalk-access-token holds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Platform(Protocol):
    """One platform: answers its calls and puts what it accepts into the inbox."""

    def targets(self, url: str) -> dict[str, Json]:
        """Return ready targets by name, for a sandbox that is reached at `url`."""

    def handle(self, call: Call) -> Answer:
        """Answer a call as the platform does."""

    def is_token_request(self, path: str) -> bool:
        """Tell whether this path hands out tokens."""

    def is_upload(self, path: str) -> bool:
        """Tell whether this path takes uploads."""

    def refusal(self, errcode: int, errmsg: str | None, sub_code: str | None) -> Json:
        """Return the reply for an error code, with its usual text unless one is given."""

    def revoke(self, call: Call) -> Answer:
        """Expire the token that the call carries and return the answer which says so."""


def answer_json(payload: object, status: int = 200) -> Answer:
    """Return an answer with this JSON as its body, in UTF-8."""
    return Answer(json.dumps(payload, ensure_ascii=False).encode(), status)


def read_object(body: bytes) -> Json | None:
    r"""Return the JSON object in a UTF-8 body, or None if it is none.

    ASCII escapes such as \u4e2d are JSON and pass. A lone surrogate does not: it has no UTF-8.
    """
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def address_listed(address: str, allowed: list[str] | None) -> bool:
    """Tell whether a list of addresses lets a caller pass; `*` in one stands for anything.

    DingTalk's console takes the star (`203.0.113.*`). None lets everybody pass.
    """
    return allowed is None or any(fnmatchcase(address, one) for one in allowed)


def utf8_cut(text: str, max_bytes: int) -> str:
    """Cut a text to `max_bytes` bytes of UTF-8 without splitting a character."""
    return text.encode()[:max_bytes].decode(errors="ignore")


def random_text(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Return random text of ASCII letters and digits, the form of the platforms' ids."""
    return "".join(secrets.choice(alphabet) for _ in range(length))
