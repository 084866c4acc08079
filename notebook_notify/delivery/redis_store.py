"""The store of many machines' kernels: Redis, or Valkey, by its URL."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from notebook_notify.errors import StoreError
from notebook_notify.secret import remember, scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from redis import Redis

#: What an address looks like; ``rediss`` is with TLS. A password in it would be masked.
EXAMPLE = "redis://host:6379/0"
#: What addresses begin with; Valkey's are of the same form.
_SCHEMES = ("redis", "rediss", "unix", "valkey", "valkeys")
#: How long connecting may take, and how long a call, in seconds. There is no second try: the
#: library looks whether the server has closed the connection before it uses it.
CALL = 0.4
#: What stands before our keys.
PREFIX = "notebook_notify:"
#: The server's clock is asked for once in so many seconds.
ASK_TIME = 60.0
#: Whether what is there was ``ARGV[1]``, and so became ``ARGV[2]`` for ``ARGV[3]`` ms; an empty
#: text means absent.
_COMPARE_AND_SET = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1"""


class RedisStore:
    """The server at *url*; processes, threads and machines may share it.

    Every method but ``close`` raises ``StoreError`` if the server cannot be used. A value is a
    text that is not empty.

    Args:
        url: ``redis://…``, ``rediss://…`` or ``unix://…``; a password in it is never shown.

    Raises:
        StoreError: *url* is no such address, or the extra ``redis`` is not installed.
    """

    def __init__(self, url: str) -> None:
        remember(url)
        self._shown = "redis"
        try:
            parts = urlsplit(url)
            remember(unquote(parts.password or ""))
            self._shown = scrub(parts.netloc.rpartition("@")[2] or parts.path) or "redis"
            self._client = _client(_of_redis(url, parts.scheme))
        except ImportError:
            why = say("没有安装 redis；请运行 pip install redis", "run pip install redis")
        except ValueError:
            why = say(f"不是 Redis 地址，应如 {EXAMPLE}", f"no Redis address, such as {EXAMPLE}")
        else:
            self._change = self._client.register_script(_COMPARE_AND_SET)
            self._lock = threading.Lock()
            self._ahead, self._asked = 0.0, float("-inf")
            return
        # Raised here: its __context__ must not hold the URL.
        raise self._unusable(why)

    def get(self, key: str) -> str | None:
        """See :meth:`Store.get`."""
        return cast("str | None", self._call(lambda: self._client.get(PREFIX + key)))

    def compare_and_set(self, key: str, old: str | None, new: str | None, ttl: float) -> bool:
        """See :meth:`Store.compare_and_set`."""
        lasts = int(ttl * 1000)
        given: list[str | int] = [old or "", (new or "") if lasts > 0 else "", max(1, lasts)]
        return bool(self._call(lambda: self._change(keys=[PREFIX + key], args=given)))

    def now(self) -> float:
        """See :meth:`Store.now`: the server's clock; those of the machines may differ."""
        here = time.monotonic()
        with self._lock:
            if here - self._asked < ASK_TIME:
                return here + self._ahead
        seconds, micros = self._call(self._client.time)
        with self._lock:
            self._asked = time.monotonic()
            self._ahead = seconds + micros / 1e6 - self._asked
            return self._asked + self._ahead

    def close(self) -> None:
        """See :meth:`Store.close`."""
        self._client.close()

    def _call(self, call: Any) -> Any:
        from redis import RedisError

        try:
            return call()
        except (RedisError, OSError, ValueError) as error:  # ValueError: a value in no UTF-8
            why = _why(error)
        # Raised here: what the library raises may quote what it was given.
        raise self._unusable(why)

    def _unusable(self, why: str) -> StoreError:
        return StoreError(
            say(f"{self._shown} 用不了（{why}）", f"{self._shown} cannot be used ({why})")
        )


def _of_redis(url: str, scheme: str) -> str:
    """*url* as the library knows it, whether that is installed or not; or ``ValueError``."""
    if scheme not in _SCHEMES:
        raise ValueError(scheme)
    return scheme.replace("valkey", "redis") + url[len(scheme) :]


def _why(error: Exception) -> str:
    """What happened, in our words: the library's may quote a key or a password."""
    from redis import exceptions

    match error:
        case exceptions.AuthenticationError() | exceptions.NoPermissionError():
            return say("密码或账号不对", "the password or user is not accepted")
        case exceptions.TimeoutError() | TimeoutError():
            return say("没有及时应答", "no answer in time")
        case exceptions.ReadOnlyError():
            return say("它是只读副本", "it is a read-only replica")
        case exceptions.ConnectionError() | OSError():
            return say("连不上", "cannot be reached")
    return say(f"应答异常：{type(error).__name__}", f"a bad answer: {type(error).__name__}")


def _client(url: str) -> Redis:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=CALL,
        socket_connect_timeout=CALL,
        retry=Retry(NoBackoff(), 0),
    )
