"""Texts that may lie where others can read them: readable only to who knows the key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

_NONCE = 16
_TAG = 32


def name(kind: str, key: str) -> str:
    """A name for what belongs to *key*, from which *key* cannot be found."""
    return hmac.digest(key.encode(), f"name {kind}".encode(), "sha256").hex()


def seal(key: str, text: str) -> str:
    """*text*, so that only :func:`unseal` with the same *key* gives it again.

    Encrypted with a stream that SHAKE-256 makes of the key and a nonce, then authenticated by
    HMAC-SHA256. The standard library has no cipher, and one short text in two hours is not worth
    a package of megabytes.

    Args:
        key: as hard to guess as a secret, and stored nowhere.
        text: what to seal.
    """
    nonce = os.urandom(_NONCE)
    body = nonce + _crypt(key, nonce, text.encode())
    return base64.urlsafe_b64encode(_tag(key, body) + body).decode()


def unseal(key: str, sealed: str) -> str | None:
    """What was sealed; ``None`` if it was sealed with another key, or is damaged."""
    try:
        data = base64.urlsafe_b64decode(sealed.encode())
    except ValueError:
        return None
    tag, body = data[:_TAG], data[_TAG:]
    if not hmac.compare_digest(tag, _tag(key, body)):
        return None
    return _crypt(key, body[:_NONCE], body[_NONCE:]).decode()


def _crypt(key: str, nonce: bytes, data: bytes) -> bytes:
    stream = hashlib.shake_256(_derived(key, "stream") + nonce).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, stream, strict=True))


def _tag(key: str, body: bytes) -> bytes:
    return hmac.digest(_derived(key, "tag"), body, "sha256")


def _derived(key: str, use: str) -> bytes:
    return hmac.digest(key.encode(), use.encode(), "sha256")
