"""How a reply is read where ``errcode`` decides: WeCom, and DingTalk's ``oapi`` host.

The HTTP status means nothing there, since failures come with HTTP 200 as well. A reply without
a readable ``errcode`` is no success: it comes from a proxy, a gateway or a captive portal, or
it is a platform's answer to blocked addresses.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import UNKNOWN, UNREADABLE
from notebook_notify.platforms.base import Token, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_notify.delivery.transport import Reply

#: DingTalk's wrapper around another code.
WRAPPER = 88
#: What both platforms give a token, in seconds, should a reply leave it out.
LIFETIME = 7200
#: How much of an unreadable body is shown, in characters, and looked at for that, in bytes.
SHOWN, LOOKED_AT = 200, 4096
#: Reply keys that list whom a message did not reach, although ``errcode`` is 0.
REFUSALS = ("invaliduser", "invalidparty", "invalidtag", "unlicenseduser")
REQUEST_TIMEOUT = 408
FIRST_SERVER_ERROR = 500

_SUBCODE = re.compile(r"sub_?code\s*=\s*(-?[0-9]{1,9})", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,9}")
# A proxy's error page may repeat the address, and so the token or secret in its query.
_SECRET = re.compile(
    r"""((?:access_token|corpsecret|appsecret|\b(?:key|sign))["']?\s*(?:=|:|%3d)\s*["']?)[^&"'<>\s]+""",
    re.IGNORECASE,
)


def code_of(payload: Mapping[str, Any]) -> int | None:
    """The code that decides: ``errcode``, or what DingTalk wrapped into its code 88.

    The wrapped one stands in ``sub_code`` or ``subCode``, as a string, or only in ``errmsg``:
    ``ding talk error[subcode=60020,submsg=…]``
    (open.dingtalk.com, server-api-error-codes-1).

    Returns:
        The code, or ``None`` if *payload* has none; 88 itself if nothing is wrapped, so that
        a wrapper never reads as success.
    """
    code = _integer(payload.get("errcode"))
    if code != WRAPPER:
        return code
    for key in ("sub_code", "subCode"):
        inner = _integer(payload.get(key))
        if inner:
            return inner
    named = _SUBCODE.search(str(payload.get("errmsg", "")))
    return (named and int(named[1])) or code


def read(reply: Reply, *, busy: frozenset[int], refresh: frozenset[int] = frozenset()) -> Verdict:
    """What *reply* means, by its code alone.

    Args:
        reply: the answer to a call that sends.
        busy: codes that ask to try again.
        refresh: codes that call for a new token.
    """
    payload = _payload(reply)
    if payload is None:
        # A gateway that had trouble may have passed the call on: it may have arrived.
        lost = reply.status >= FIRST_SERVER_ERROR or reply.status == REQUEST_TIMEOUT
        return _unreadable(reply, UNKNOWN if lost else UNREADABLE)
    code = code_of(payload)
    if code == 0:
        return Verdict("ok", payload)
    if code in refresh:
        return Verdict("refresh", payload)
    return Verdict("busy" if code in busy else "failed", payload)


def refused(payload: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Whom an accepted message did not reach, by the reply's key; whatever form the ids have."""
    return {key: tuple(ids) for key in REFUSALS if (ids := _ids(payload.get(key)))}


def read_token(reply: Reply, *, busy: frozenset[int]) -> Token | Verdict:
    """The token in *reply*, or why there is none; a token's call sends nothing, so never unknown.

    Args:
        reply: the answer to the token call.
        busy: codes that ask to try again.
    """
    payload = _payload(reply)
    if payload is None:
        return _unreadable(reply, UNREADABLE)
    code = code_of(payload)
    if code != 0:
        return Verdict("busy" if code in busy else "failed", payload)
    value = payload.get("access_token")
    if not isinstance(value, str) or not value:
        return _unreadable(reply, UNREADABLE, "no access_token in the answer")
    lifetime = _integer(payload.get("expires_in"))
    return Token(value, float(LIFETIME if lifetime is None else lifetime))


def read_upload(
    reply: Reply, *, busy: frozenset[int], refresh: frozenset[int] = frozenset()
) -> Verdict:
    """What *reply* to an upload means; an upload tells nobody anything, so never unknown."""
    payload = _payload(reply)
    if payload is None:
        return _unreadable(reply, UNREADABLE)
    verdict = read(reply, busy=busy, refresh=refresh)
    media_id = payload.get("media_id")
    if verdict.kind != "ok":
        return verdict
    if not isinstance(media_id, str) or not media_id:
        return _unreadable(reply, UNREADABLE, "no media_id in the answer")
    return Verdict("ok", payload, message_id=media_id)


def _payload(reply: Reply) -> dict[str, Any] | None:
    """The reply's object, if it has an ``errcode`` that can be read as a number."""
    if 300 <= reply.status < 400:  # noqa: PLR2004 - a redirect is never followed
        return None
    payload = reply.json_object()
    return payload if payload is not None and code_of(payload) is not None else None


def _integer(value: object) -> int | None:
    """A number as either platform writes it: DingTalk's pages show ``"0"`` for 0."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    # int() would also take "0_0", full-width digits and white space.
    return int(value) if _NUMBER.fullmatch(str(value)) else None


def _ids(value: object) -> list[str]:
    """The ids in a reply: a text with ``|`` between several, or a list.

    Anything else, which no reader expects, becomes one id, cut to ``SHOWN`` characters.
    """
    if value is None:
        return []
    if isinstance(value, list) and all(type(one) in (str, int) for one in value):
        ids = [str(one) for one in value]
    else:
        ids = value.split("|") if isinstance(value, str) else [str(value)[:SHOWN]]
    return [one for one in map(str.strip, ids) if one]


def _unreadable(reply: Reply, errcode: int, why: str = "unreadable answer") -> Verdict:
    """A failure in our own words, with the beginning of what came instead of an answer."""
    if 300 <= reply.status < 400:  # noqa: PLR2004
        why = "redirect, not followed"
    elif not reply.complete:
        why = "answer too long or cut off"
    seen = _excerpt(reply.body) or "empty body"
    return Verdict(
        "failed",
        {
            "errcode": errcode,
            "errmsg": f"{why} (HTTP {reply.status}): {seen}",
            "http_status": reply.status,
        },
    )


def _excerpt(body: bytes) -> str:
    text = body[:LOOKED_AT].decode("utf-8", "replace")
    # Control and format characters could rewrite a terminal's line or turn it around.
    clean = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    return _SECRET.sub(r"\1***", " ".join(clean.split()))[:SHOWN]
