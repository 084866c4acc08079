"""How a reply is read where ``errcode`` decides: WeCom, and DingTalk's ``oapi`` host.

The HTTP status means nothing here, since failures come with HTTP 200 as well. A reply without
a readable ``errcode`` is no success: it comes from a proxy, a gateway or a captive portal, or
it is a platform's answer to blocked addresses. DingTalk's new host: ``dingtalk_v1.py``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import UNKNOWN, UNREADABLE
from notebook_notify.platforms.base import Found, Token, Verdict
from notebook_notify.reports import one_line
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_notify.delivery.transport import Reply

#: DingTalk's wrapper around another code.
WRAPPER = 88
#: What both platforms give a token, in seconds, should a reply leave it out.
LIFETIME = 7200
#: The most of a name that is shown, in characters.
LONGEST_NAME = 64
#: How much of an unreadable body is shown, in characters, and looked at for that, in bytes.
SHOWN, LOOKED_AT = 200, 4096
#: Reply keys that list whom a message did not reach, although ``errcode`` is 0.
REFUSALS = ("invaliduser", "invalidparty", "invalidtag", "unlicenseduser")
REQUEST_TIMEOUT, TOO_MANY_REQUESTS = 408, 429
FIRST_SERVER_ERROR = 500

_SUBCODE = re.compile(r"sub_?code\s*=\s*(-?[0-9]{1,9})", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,9}")
#: A code of DingTalk's new host: ``Forbidden.AccessDenied.IpNotInWhiteList``.
_NAME = re.compile(r"[A-Za-z][\w.-]{0,99}", re.ASCII)
# A proxy's error page may repeat the address, and so the token or secret in its query.
_SECRET = re.compile(
    r"""((?:access_?token|corpsecret|appsecret|\b(?:key|sign))["']?\s*(?:=|:|%3d)\s*["']?)[^&"'<>\s]+""",
    re.IGNORECASE,
)


def code_of(payload: Mapping[str, Any]) -> int | str | None:
    """The code of any error dict: :func:`errcode_of`, else ``code`` of DingTalk's new host."""
    errcode = errcode_of(payload)
    return name_of(payload) if errcode is None else errcode


def name_of(payload: Mapping[str, Any]) -> str | None:
    """``code`` of DingTalk's new host, a word; ``None`` if *payload* has none.

    Of a recall it may stand beside the message's id, as the reason why that was not taken back.
    """
    code, failed = payload.get("code"), payload.get("failedResult")
    if code is None and isinstance(failed, dict):
        code = next(iter(failed.values()), None)
    return code if isinstance(code, str) and _NAME.fullmatch(code) else None


def told_by(payload: Mapping[str, Any]) -> str:
    """What an error dict says in words, by whatever key."""
    keys = ("errmsg", "sub_msg", "subMsg", "message")
    return " ".join(str(payload[key]) for key in keys if key in payload)


def errcode_of(payload: Mapping[str, Any]) -> int | None:
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


def shown(name: object) -> str:
    """A name that the platform tells, as it can be shown: one line, no secret, not too long.

    Raises:
        TypeError: it is no text.
    """
    if not isinstance(name, str):
        raise TypeError(type(name).__name__)
    line = one_line(name).strip()
    return line if len(line) <= LONGEST_NAME else f"{line[:LONGEST_NAME]}…"


def group_of(name: object, members: int) -> Found:
    """What a proof says of the group of that name; raises as :func:`shown`."""
    line = shown(name)
    said = say(
        f"“{line}”，{members} 人", f"“{line}”, {members} member{'' if members == 1 else 's'}"
    )
    return Found(said, line, members)


def read(reply: Reply, *, busy: frozenset[int], refresh: frozenset[int] = frozenset()) -> Verdict:
    """What *reply* means, by its code alone.

    Args:
        reply: the answer to a call that sends.
        busy: codes that ask to try again.
        refresh: codes that call for a new token.
    """
    payload = _payload(reply)
    if payload is None:
        return unusable(reply, lost_by(reply))
    code = errcode_of(payload)
    if code == 0:
        return Verdict("ok", payload)
    if code in refresh:
        return Verdict("refresh", payload)
    return Verdict("busy" if code in busy else "failed", payload)


def lost_by(reply: Reply) -> int:
    """What an answer that cannot be read says of a message: our own code."""
    # A gateway that had trouble may have passed the call on: it may have arrived.
    lost = reply.status >= FIRST_SERVER_ERROR or reply.status == REQUEST_TIMEOUT
    # What begins as the platform's own answer and is cut may have been a success.
    cut = reply.body.lstrip().startswith(b"{") and reply.json_object() is None
    return UNKNOWN if lost or cut else UNREADABLE


def unusable(reply: Reply, errcode: int) -> Verdict:
    """As :func:`unreadable`; a gateway that was asked too often has passed nothing on.

    It is asked again soon, or when it says (RFC 6585, 4): no sooner, so that is left to whoever
    can wait for it.
    """
    verdict = unreadable(reply, errcode)
    if reply.status != TOO_MANY_REQUESTS or errcode == UNKNOWN:
        return verdict
    if reply.retry_after is None:
        return Verdict("busy", verdict.payload)
    return Verdict("failed", {**verdict.payload, "retry_after": reply.retry_after})


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
        return unusable(reply, UNREADABLE)
    code = errcode_of(payload)
    if code != 0:
        return Verdict("busy" if code in busy else "failed", payload)
    return token_of(reply, payload, "access_token", "expires_in")


def token_of(reply: Reply, payload: Mapping[str, Any], key: str, lasts: str) -> Token | Verdict:
    """The token that stands in *payload* under *key*, and its life in seconds under *lasts*."""
    value = payload.get(key)
    if not isinstance(value, str) or not value:
        return unreadable(reply, UNREADABLE, f"no {key} in the answer")
    lifetime = _integer(payload.get(lasts))
    return Token(value, float(LIFETIME if lifetime is None else lifetime))


def read_upload(
    reply: Reply, *, busy: frozenset[int], refresh: frozenset[int] = frozenset()
) -> Verdict:
    """What *reply* to an upload means; an upload tells nobody anything, so never unknown."""
    payload = _payload(reply)
    if payload is None:
        return unusable(reply, UNREADABLE)
    verdict = read(reply, busy=busy, refresh=refresh)
    media_id = payload.get("media_id")
    if verdict.kind != "ok":
        return verdict
    if not isinstance(media_id, str) or not media_id:
        return unreadable(reply, UNREADABLE, "no media_id in the answer")
    return Verdict("ok", payload, message_id=media_id)


def _payload(reply: Reply) -> dict[str, Any] | None:
    """The reply's object, if it has an ``errcode`` that can be read as a number."""
    if 300 <= reply.status < 400:  # noqa: PLR2004 - a redirect is never followed
        return None
    payload = reply.json_object()
    return payload if payload is not None and errcode_of(payload) is not None else None


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


def unreadable(reply: Reply, errcode: int, why: str = "unreadable answer") -> Verdict:
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
