"""DingTalk's new host: its own token, in a header, and errors by ``code``, which is a word.

An error is ``{code, message, requestid}`` with HTTP 4xx or 5xx. ``code`` decides: one comes with
several statuses. A reply without one is good with HTTP 2xx and what was asked for in it alone.

Pages on open.dingtalk.com: obtain-the-access-token-of-an-internal-app,
how-to-process-api-throttling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from notebook_notify.delivery.pacing import Pace
from notebook_notify.delivery.transport import Request
from notebook_notify.errors import UNREADABLE
from notebook_notify.platforms import checks, replies
from notebook_notify.platforms.base import Channel, Verdict

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Reply
    from notebook_notify.platforms.base import Token
    from notebook_notify.targets import Target

HOST = "https://api.dingtalk.com"
TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105 - its name
REFRESH = frozenset({"InvalidAuthentication", "accesstoken.expired"})
#: Busy, and the limits that a second's wait clears; they come with HTTP 403, not 429.
BUSY = frozenset(
    {
        "system.busy",
        "system.error",
        "qps.exceed.limit",
        "Forbidden.AccessDenied.QpsLimitForApi",
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
    }
)
#: The host itself does not know whether it sent the message.
LOST = frozenset({"unknown.send.result"})
#: Where HTTP's successes, redirects and refusals begin.
OK, REDIRECTS, REFUSALS = 200, 300, 400


class V1Channel(Channel):
    """A channel that uses the new host's token of an application."""

    #: As on the legacy host; one limit is by the minute.
    pace = Pace(
        20,
        1,
        {
            "qps.exceed.limit": 1.0,
            "Forbidden.AccessDenied.QpsLimitForApi": 1.0,
            "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": 1.0,
            "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi": 60.0,
        },
    )

    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if a field is missing or not of its kind."""
        checks.check_fields(target, self.spec)

    def token_key(self, target: Target) -> str:
        """One token for each application, apart from the legacy host's of the same one.

        Whether either host takes the other's is not said anywhere.
        """
        host = f"{checks.host_of(target, HOST)}/v1.0"
        return checks.token_key(self.spec.platform, host, *_credential(target))

    def token_request(self, target: Target) -> Request:
        """``POST /v1.0/oauth2/accessToken``; id and secret go into the body."""
        app, secret = _credential(target)
        return Request(
            "POST",
            f"{checks.host_of(target, HOST)}/v1.0/oauth2/accessToken",
            payload={"appKey": app, "appSecret": secret},
            proxy=checks.proxy_of(target),
        )

    def read_token(self, reply: Reply) -> Token | Verdict:
        """The token, good for ``expireIn`` seconds, or why there is none."""
        payload = _answer(reply)
        if payload is None:
            return replies.unusable(reply, UNREADABLE)  # this call sends nothing
        kind = _kind(payload)
        if kind != "ok":
            return Verdict("busy" if kind == "busy" else "failed", payload)
        return replies.token_of(reply, payload, "accessToken", "expireIn")

    def post(self, target: Target, path: str, token: str, payload: dict[str, Any]) -> Request:
        """A call of *path*; the token is read from the header alone."""
        return Request(
            "POST",
            checks.host_of(target, HOST) + path,
            payload=payload,
            proxy=checks.proxy_of(target),
            headers={TOKEN_HEADER: token},
        )


def _credential(target: Target) -> tuple[str, str]:
    return str(target.get("app_key")).strip(), target.reveal("app_secret").strip()


def read(reply: Reply) -> Verdict:
    """What *reply* means, by its ``code``; ``ok`` if it is a success of whatever content."""
    payload = _answer(reply)
    if payload is None:
        return replies.unusable(reply, replies.lost_by(reply))
    return Verdict(_kind(payload), payload)


def _answer(reply: Reply) -> dict[str, Any] | None:
    """The reply's object, if it is an error with its code, or came with HTTP 2xx."""
    payload = reply.json_object()
    if payload is None or REDIRECTS <= reply.status < REFUSALS:
        return None
    good = OK <= reply.status < REDIRECTS
    return payload if good or replies.code_of(payload) else None


def _kind(payload: dict[str, Any]) -> Literal["ok", "refresh", "busy", "unknown", "failed"]:
    # A path that is not there is answered in the legacy host's form, with HTTP 200.
    name = replies.code_of(payload)
    if not name:
        return "ok"
    if name in REFRESH:
        return "refresh"
    return "busy" if name in BUSY else "unknown" if name in LOST else "failed"
