"""What WeCom and DingTalk's legacy host have in common: ``errcode`` in the reply decides.

Of an application, id and secret go into the query of the token call, the token into the query of
every other; a file is uploaded before it is sent. A robot's calls: ``platforms/webhooks.py``.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from notebook_notify.delivery.transport import Request, Upload
from notebook_notify.platforms import checks, replies
from notebook_notify.platforms.base import Call, Channel, Media, Verdict
from notebook_notify.platforms.media import kind_of

if TYPE_CHECKING:
    from notebook_notify.delivery.transport import Reply
    from notebook_notify.messages import Attachment
    from notebook_notify.platforms.base import Token, Words
    from notebook_notify.targets import Target


class ErrcodeChannel(Channel):
    """A channel of such a host."""

    #: scheme and host, unless the target names another.
    host: ClassVar[str]
    #: codes that ask to try again, and codes that call for a new token.
    busy: ClassVar[frozenset[int]]
    refresh: ClassVar[frozenset[int]] = frozenset()
    #: the key of the message's id in a reply; empty if it has none.
    message_id: ClassVar[str] = ""

    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if a field is missing or not of its kind."""
        checks.check_fields(target, self.spec)

    def read_token(self, reply: Reply) -> Token | Verdict:
        """The token, good for ``expires_in`` seconds, or why there is none."""
        return replies.read_token(reply, busy=self.busy)

    def read_upload(self, reply: Reply) -> Verdict:
        """By ``errcode``; the media id is in ``message_id``."""
        return replies.read_upload(reply, busy=self.busy, refresh=self.refresh)

    def read(self, reply: Reply) -> Verdict:
        """By ``errcode``; ``partial`` if the reply lists people whom it did not reach."""
        verdict = replies.read(reply, busy=self.busy, refresh=self.refresh)
        if verdict.kind != "ok":
            return verdict
        refused = replies.refused(verdict.payload)
        message_id = verdict.payload.get(self.message_id)
        return Verdict(
            "partial" if refused else "ok",
            verdict.payload,
            refused,
            str(message_id) if message_id else None,
        )

    @abstractmethod
    def markdown_body(self, words: Words) -> dict[str, str]:
        """What stands under ``markdown`` in a message."""

    def wire(self, content: Words | Media) -> dict[str, Any]:
        """``msgtype`` and what belongs to it."""
        if isinstance(content, Media):
            return {"msgtype": content.kind, content.kind: {"media_id": content.media_id}}
        if content.markdown:
            return {"msgtype": "markdown", "markdown": self.markdown_body(content)}
        return {"msgtype": "text", "text": {"content": content.text}}


class AppChannel(ErrcodeChannel):
    """A channel that uses an application's token."""

    #: what stands before ``/gettoken`` and ``/media/upload``.
    root: ClassVar[str]
    #: the application's id and its secret: query key of the token call, field of the target.
    app: ClassVar[tuple[str, str]]
    secret: ClassVar[tuple[str, str]]

    def token_key(self, target: Target) -> str:
        """One token for each pair of id and secret, which is one application."""
        host, app = checks.host_of(target, self.host), self._app(target)
        return checks.token_key(self.spec.platform, host, app, self._secret(target))

    def token_request(self, target: Target) -> Request:
        """``GET …/gettoken``; id and secret go into the query, a body is not read."""
        return Request(
            "GET",
            f"{checks.host_of(target, self.host)}{self.root}/gettoken",
            {self.app[0]: self._app(target), self.secret[0]: self._secret(target)},
            proxy=checks.proxy_of(target),
        )

    def upload_request(self, target: Target, attachment: Attachment, token: str) -> Request:
        """``POST …/media/upload``, the file in the part ``media``."""
        return Request(
            "POST",
            f"{checks.host_of(target, self.host)}{self.root}/media/upload",
            {"access_token": token, "type": kind_of(attachment)},
            proxy=checks.proxy_of(target),
            upload=Upload("media", attachment.name, attachment.data),
        )

    def post(self, target: Target, path: str, token: str, payload: dict[str, Any]) -> Request:
        """A call of *path*; the token is read from the query only."""
        url = checks.host_of(target, self.host) + path
        return Request("POST", url, {"access_token": token}, payload, checks.proxy_of(target))

    def call(
        self, path: str, query: dict[str, str] | None = None, payload: dict[str, Any] | None = None
    ) -> Call:
        """A call of *path*, read by ``errcode``: ``POST`` if it has a *payload*, else ``GET``."""

        def request(target: Target, token: str) -> Request:
            return Request(
                "GET" if payload is None else "POST",
                checks.host_of(target, self.host) + path,
                {"access_token": token, **(query or {})},
                payload,
                checks.proxy_of(target),
            )

        return Call(request, partial(replies.read, busy=self.busy, refresh=self.refresh))

    def _app(self, target: Target) -> str:
        return str(target.get(self.app[1])).strip()

    def _secret(self, target: Target) -> str:
        return target.reveal(self.secret[1]).strip()
