"""What goes along with a text is uploaded first, once for all targets of an application."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from notebook_notify.delivery.store import MemoryStore
from notebook_notify.delivery.tokens import Tokens
from notebook_notify.errors import TransportError
from notebook_notify.platforms.base import Media
from notebook_notify.platforms.media import UnfitError, fit, kind_of, safe_name
from notebook_notify.sending.outcomes import RefusedError, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notebook_notify.delivery.transport import Transport
    from notebook_notify.messages import Attachment
    from notebook_notify.platforms.base import Verdict
    from notebook_notify.sending.attempts import Attempts
    from notebook_notify.sending.outcomes import Delivery

#: How long an upload's id is used again, in seconds; WeCom's are good for three days.
MEDIA_LIFE = 3600.0


class Uploads:
    """Uploads attachments and remembers their ids. Thread-safe.

    Args:
        transport: what carries them.
        attempt: the sender's way to make a call with a token, and again where it helps.
    """

    def __init__(
        self,
        transport: Transport,
        attempt: Attempts,
    ) -> None:
        self._transport = transport
        self._attempt = attempt
        self._ids = Tokens(MemoryStore())

    def __call__(
        self, delivery: Delivery, key: str, attachments: Iterable[Attachment]
    ) -> Iterator[Media]:
        """Upload what can be, and note the rest. Half of the time is kept for the text."""
        channel, target = delivery.channel, delivery.target
        now = time.monotonic()
        until = now + (delivery.deadline - now) / 2
        for given in attachments:
            try:
                left = until - time.monotonic()
                attachment, note = fit(given, channel.media_for(target), seconds=left)
                media = channel.carried(target, attachment, max(0.0, until - time.monotonic()))
                if media is None:
                    media_id = self._id_of(delivery, key, attachment, until)
                    media = Media(kind_of(attachment), media_id, attachment.name)
            except UnfitError as unfit:
                delivery.missing.append(safe_name(given.name))
                delivery.notes.append(str(unfit))
                continue
            except (TransportError, RefusedError) as error:
                delivery.miss(safe_name(given.name), verdict_of(error), uploading=True)
                continue
            if note:
                delivery.notes.append(note)
            yield media

    def _id_of(self, delivery: Delivery, key: str, attachment: Attachment, until: float) -> str:
        """The platform's id of *attachment*, uploaded once for all targets of an application."""
        channel, target = delivery.channel.uploader(delivery.target)
        if channel is not delivery.channel:  # with a token of its own
            delivery = replace(delivery, channel=channel, target=target)
            key = channel.token_key(target)

        def upload(token: str) -> Verdict:
            request = channel.upload_request(target, attachment, token)
            check = delivery.flight.check
            return channel.read_upload(
                self._transport.perform(request, deadline=until, depart=check, told=delivery.told)
            )

        def fetch() -> tuple[str, float]:
            verdict = self._attempt(delivery, key, upload, until)
            if verdict.kind != "ok" or not verdict.message_id:
                raise RefusedError(verdict)
            return verdict.message_id, MEDIA_LIFE

        digest = hashlib.sha256(attachment.data).hexdigest()
        name = f"{key}:{kind_of(attachment)}:{attachment.name}:{digest}"
        return self._ids.get(name, fetch, deadline=until)
