"""Faults on demand: each is used up by the next platform request that it matches.

Whether the message arrives is part of what a fault is:

| kind | what the caller meets | delivered |
|---|---|---|
| `errcode` | the given errcode, errmsg, sub_code | no |
| `code` | DingTalk's new host's answer with the given `code`, errmsg and `status` | no |
| `expired` | the call's token expires, and the answer says so; a robot is said to be gone | no |
| `hang`, `deliver_hang` | the request is read, no answer comes for `seconds` | no, yes |
| `reset_before`, `reset` | the connection is reset before, or after, the body is read | no |
| `drip` | the true answer, one byte each `seconds` (1) | yes |
| `half` | half of the true answer, then the connection closes | yes |
| `errcode_string` | the true answer, its errcode a string | yes |
| `partial` | the true answer with `invaliduser` (`body`) | yes |
| `html` | `body`, or a gateway's error page, with `status` (200) | no |
| `array`, `no_errcode`, `huge` | a JSON array; throttling without errcode; 10 MB | no |
| `empty_404`, `redirect` | HTTP 404 without a body; HTTP 301 to the same path | no |
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from notebook_notify.sandbox.wire import Answer, answer_json

DELIVERED = frozenset({"deliver_hang", "drip", "half", "errcode_string", "partial"})
CANNED = frozenset({"html", "array", "no_errcode", "huge", "empty_404", "redirect"})
KINDS = DELIVERED | CANNED | {"errcode", "code", "expired", "hang", "reset_before", "reset"}

HUGE_BYTES = 10 * 1024 * 1024
WRAPPED = 88
"""DingTalk's errcode around a sub_code (open.dingtalk.com, "server API error codes")."""

_GATEWAY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, waiting for a request whose path contains `path` (None: any)."""

    kind: str
    errcode: int = WRAPPED
    errmsg: str | None = None
    sub_code: str | None = None
    code: str = ""
    path: str | None = None
    seconds: float | None = None
    status: int | None = None
    body: str | None = None

    def matches(self, path: str, *, token_request: bool) -> bool:
        """Tell whether a request to this path meets the fault."""
        if self.kind == "expired" and token_request:
            return False
        return self.path is None or self.path in path

    def canned(self, location: str) -> Answer:
        """Return the answer of a fault that needs no platform; `location` is where 301 leads."""
        match self.kind:
            case "html":
                body = _GATEWAY_PAGE if self.body is None else self.body
                return Answer(body.encode(), self.status or 200, "text/html; charset=utf-8")
            case "array":
                return answer_json([{"errcode": 0, "errmsg": "ok"}])
            case "no_errcode":
                return answer_json({"status": 1111, "wait": 5, "punish": "deny"})
            case "huge":
                return answer_json({"errcode": -1, "errmsg": "x" * HUGE_BYTES})
            case "redirect":
                return Answer(b"", 301, "text/html", {"Location": location})
        return Answer(b"", 404, "text/plain")


class Faults:
    """The faults that wait, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: str | None,
        *,
        errcode: int | None,
        errmsg: str | None,
        sub_code: str | int | None,
        code: str | None,
        path: str | None,
        count: int,
        seconds: float | None,
        status: int | None,
        body: str | None,
    ) -> None:
        """Queue a fault for the next `count` matching requests; ValueError if it makes no sense."""
        if kind is None:
            kind = "errcode" if errcode is not None or sub_code is not None else "html"
            kind = "code" if code is not None else kind
            if kind == "html" and status is None and body is None:
                raise ValueError("fail_next needs a kind, an errcode, a code, a status or a body")
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r}; one of {', '.join(sorted(KINDS))}")
        if kind == "errcode" and errcode is None and sub_code is None:
            raise ValueError("kind 'errcode' needs errcode")
        if kind == "code" and not code:
            raise ValueError("kind 'code' needs code")
        _check_types(
            numbers={"errcode": errcode, "count": count, "status": status},
            texts={"errmsg": errmsg, "code": code, "path": path, "body": body},
        )
        if seconds is not None and not isinstance(seconds, int | float):
            raise ValueError("seconds must be a number")
        fault = Fault(
            kind=kind,
            errcode=WRAPPED if errcode is None else errcode,
            errmsg=errmsg,
            sub_code=None if sub_code is None else str(sub_code),
            code=code or "",
            path=path,
            seconds=seconds,
            status=status,
            body=body,
        )
        with self._lock:
            self._waiting += [fault] * count

    def take(self, path: str, *, token_request: bool) -> Fault | None:
        """Remove and return the oldest fault that this request meets."""
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if fault.matches(path, token_request=token_request):
                    return self._waiting.pop(index)
        return None


def _check_types(*, numbers: dict[str, int | None], texts: dict[str, str | None]) -> None:
    """Raise ValueError for a field that came, over HTTP, as something else."""
    for name, number in numbers.items():
        if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
            raise ValueError(f"{name} must be an integer")
    for name, text in texts.items():
        if text is not None and not isinstance(text, str):
            raise ValueError(f"{name} must be a string")
