"""Secrets: a type that masks itself everywhere, and :func:`scrub`, which masks them in text."""

from __future__ import annotations

import hmac
import os
import re
import threading
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from notebook_notify.errors import SecretError
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: What stands in the place of a secret.
MASK = "••••"
#: Shorter strings are not remembered: masking them would riddle ordinary text with holes.
SHORTEST = 6
#: So many secrets are remembered; the oldest are forgotten first.
MOST = 1_000

_SALT = os.urandom(16)


class Secret:
    """A secret that masks itself in every text form and never pickles its value.

    It is either a literal or a reference (``env:NAME``, ``keyring:SERVICE/USER``); what a
    reference stands for is looked up anew at each :meth:`reveal`.

    >>> Secret("hunter22"), Secret.of("env:OPS_SECRET")
    (Secret('••••'), Secret(env:OPS_SECRET))
    """

    __slots__ = ("__weakref__", "_literal", "_reference")

    _literal: Callable[[], str] | None
    _reference: str | None

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise SecretError(
                say(
                    f"密钥应为字符串，却是 {type(value).__name__}",
                    f"a secret is a string, not {type(value).__name__}",
                )
            )
        # In a closure, so that tools which walk attributes and state do not meet it.
        self._literal = lambda: value
        self._reference = None
        remember(value)

    @classmethod
    def of(cls, text: str) -> Secret:
        """The secret that *text* means: ``env:NAME``, ``keyring:SERVICE/USER``, else a literal.

        Raises:
            SecretError: *text* begins like a reference and is none.
        """
        scheme, colon, rest = text.strip().partition(":")
        if not colon or scheme not in ("env", "keyring"):
            return cls(text)
        service, _, user = rest.rpartition("/")
        # What is no variable's name is not repeated: it may be the secret itself.
        good = service and user if scheme == "keyring" else re.fullmatch(r"[^\W\d]\w*", rest)
        if not good:
            raise SecretError(
                say(
                    "密钥引用应写作 env:变量名 或 keyring:服务/用户",
                    "a reference is written env:NAME or keyring:SERVICE/USER",
                )
            )
        secret = cls.__new__(cls)
        secret._literal = None  # noqa: SLF001 - its own
        secret._reference = f"{scheme}:{rest}"  # noqa: SLF001 - its own
        return secret

    @property
    def reference(self) -> str | None:
        """``env:NAME`` or ``keyring:SERVICE/USER``; ``None`` for a literal."""
        return self._reference

    def reveal(self, environ: Mapping[str, str] = os.environ) -> str:
        """The value, which :func:`scrub` masks from now on.

        Args:
            environ: where ``env:`` variables are looked up. White space around such a value,
                which files and shells like to leave there, is cut.

        Raises:
            SecretError: the variable or keyring entry is missing, or cannot be read.
        """
        if self._literal is not None:
            value = self._literal()
        else:
            scheme, _, rest = (self._reference or "").partition(":")
            value = _from_environ(rest, environ) if scheme == "env" else _from_keyring(rest)
        remember(value)
        return value

    def __repr__(self) -> str:
        return f"Secret({self._reference})" if self._reference else f"Secret('{MASK}')"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __bool__(self) -> bool:
        return self._literal is None or bool(self._literal())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        if self._literal is None or other._literal is None:
            return self._reference is not None and self._reference == other._reference
        return hmac.compare_digest(_bytes(self._literal()), _bytes(other._literal()))

    def __hash__(self) -> int:
        # Salted: the plain hash of a string would let anyone who sees it check a guess.
        value = self._reference or (self._literal() if self._literal else "")
        return hash(hmac.digest(_SALT, _bytes(value), "sha256"))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> tuple[Callable[[str], Secret], tuple[str]]:
        if self._reference is None:
            _refuse_pickling()
        return Secret.of, (self._reference,)

    def __dask_tokenize__(self) -> tuple[str]:
        """As it travels; Dask itself would hide the refusal behind one that names no way out."""
        return self.__reduce_ex__(None)[1]

    def __dir__(self) -> list[str]:
        return ["of", "reference", "reveal"]


def _refuse_pickling() -> NoReturn:
    raise SecretError(
        say(
            "明文密钥不会被保存（pickle）；请改用引用：env:变量名 或 keyring:服务/用户",
            "a literal secret is not pickled; keep it in the environment or the keyring, "
            "and refer to it by env:NAME or keyring:SERVICE/USER",
        )
    )


def _from_environ(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise SecretError(
            say(
                f"环境变量 {name} 没有设置；请设置后重启内核，或运行 %notify_setup 改用其他方式",
                f"the environment variable {name} is not set; set it and restart the kernel, "
                "or run %notify_setup to keep the secret elsewhere",
            )
        )
    return value


def _from_keyring(entry: str) -> str:
    service, _, user = entry.rpartition("/")
    problem = None
    value = None
    try:
        import keyring

        value = keyring.get_password(service, user)
    except ImportError:
        problem = say(
            "没有安装 keyring；请运行 pip install keyring",
            "keyring is not installed; run pip install keyring",
        )
    except Exception as error:  # noqa: BLE001 - backends raise what they like
        kind = type(error).__name__
        problem = say(
            f"系统钥匙串打不开（{kind}）；请解锁，或改用 env:",
            f"the keyring cannot be opened ({kind}); unlock it, or use env: instead",
        )
    if problem is None and not value:
        problem = say(
            f"钥匙串里没有这一项；请运行 keyring set {service} {user}",
            f"the keyring has no such entry; run keyring set {service} {user}",
        )
    # Raised here, so that its __context__ holds nothing of the backend's.
    if problem is not None or not value:
        raise SecretError(f"keyring:{entry} · {problem}")
    return value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# ── what is known ────────────────────────────────────────────────────────────────────────────

_lock = threading.Lock()
#: Each known secret with the other forms in which it may stand in a text; oldest first.
_known: dict[str, tuple[str, ...]] = {}


def _new_lock() -> None:
    global _lock  # noqa: PLW0603 - a forked child may have inherited it locked
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)


def remember(value: str) -> None:
    """Have :func:`scrub` mask *value* from now on: a token, a password, a webhook's URL.

    Of a URL, the longer values in its query are remembered as well. Strings of fewer than
    ``SHORTEST`` characters are ignored. Thread-safe; the ``MOST`` newest are kept.
    """
    values = [value]
    if "://" in value:
        values += re.findall(r"[?&][^=&#]*=([^&#]{16,})", value)
    with _lock:
        for one in values:
            # What is masked already is no secret, and masking it could only add to a text.
            if len(one) < SHORTEST or MASK in one:
                continue
            _known[one] = _known.pop(one, ()) or _forms(one)
        while len(_known) > MOST:
            del _known[next(iter(_known))]


def _forms(value: str) -> tuple[str, ...]:
    """*value* as it stands in plain text, URLs, JSON, Python's ``repr`` and HTML."""
    import json
    from html import escape
    from urllib.parse import quote, quote_plus

    quoted = [
        quote(value, safe=safe, errors="surrogatepass") for safe in ("", "/", "/:?=&,;@!$'()*+")
    ]
    quoted.append(quote_plus(value, errors="surrogatepass"))
    quoted += [re.sub("%[0-9A-F]{2}", lambda hexes: hexes[0].lower(), one) for one in quoted]
    escaped = [json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)]
    escaped += [one.replace("/", "\\/") for one in escaped]
    forms = {value, value.strip(), *quoted, *escaped, repr(value)[1:-1], escape(value)}
    return tuple(one for one in forms if len(one) >= SHORTEST)


# ── what looks like one ──────────────────────────────────────────────────────────────────────

# Every pattern is linear: what it repeats ends where its next match could begin, and how many
# backslashes may stand before a quote (JSON in JSON) is bounded.
_NOT_A_VALUE = rf"(?!(?:Secret\()?(?:env:|keyring:)|Secret\('{MASK}'\))"
_ASSIGNED = r"""\\{0,4}["']?[ \t]*(?:=>|:=|={1,3}(?!=)|:(?!:))[ \t]*"""
_VALUE = rf"""
    (?: (?P<q>\\{{0,4}}["'])  {_NOT_A_VALUE}  (?P<quoted> (?: (?!(?P=q)) (?:\\.|[^\\\n]) )+ )
    |   {_NOT_A_VALUE}
        (?P<bare> (?: [^\s&"'<>,;)\]}}\\，。；、）】] | \\(?!["'])
                    | [,;)\]}}] (?! \s | $ | [,;)\]}}"'\\] | [\w.-]+[ \t]*[=:] ) )+ )
    )"""


@cache
def _shapes() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    """What secrets look like, after the words of which a text must hold one, case folded.

    The last group that took part in a match is the secret. The words spare most texts the
    patterns; they do without the letter i, of which ``IGNORECASE`` knows more forms than folding.
    """
    words = (
        *(("://",), ("pass", "pwd", "token", "key", "secret"), ("author", "bearer")),
        *(("key=",), ("sign",), ("sec",)),
    )
    patterns = (
        re.compile(r"""://[^\s/:@"'<>\\]*:(?P<password>[^\s/"'<>\\]+)@"""),
        re.compile(
            rf"""(?: password | passwd | passphrase | pwd | token | api[_-]?key
                  |  secret (?: [_-]?(?:access)?[_-]?key )? ) {_ASSIGNED} {_VALUE}""",
            re.IGNORECASE | re.VERBOSE,
        ),
        re.compile(
            rf"""authorization {_ASSIGNED} (?:\\{{0,4}}["'])? (?:[a-z]+[ ]+)?
                 (?P<credentials> [^\s"'\\,]+ )
              |  \bbearer[ ]+ (?P<bearer> [\w.~+/=-]{{16,}} )""",
            re.IGNORECASE | re.VERBOSE,
        ),
        re.compile(r"[?&;]key=(?P<key>[A-Za-z0-9_-]{16,})"),
        re.compile(r"""\bsign["']?[ \t]*[=:][ \t]*["']?(?P<sign>[A-Za-z0-9+/%=_-]{16,})"""),
        re.compile(r"(?P<robot>SEC[0-9a-fA-F]{40,})"),
    )
    return tuple(zip(words, patterns, strict=True))


def scrub(text: str) -> str:
    """*text* with every known secret, and what looks like one, replaced by ``••••``.

    Looks like one: the password in ``scheme://user:password@host``; what follows
    ``password=``, ``secret:``, ``"token":`` and their like; the key in a webhook's URL;
    ``Authorization: …``; a DingTalk robot's ``SEC…``. References (``env:NAME``) stay.
    """
    spans = sorted([*_known_spans(text), *_shaped_spans(text)]) if text else []
    if not spans:
        return text
    pieces = []
    done = 0
    start, end = spans[0]
    # Overlapping secrets are one hole; what one of them leaves of another would be a leak.
    for first, last in [*spans[1:], (len(text) + 1, 0)]:
        if first <= end:
            end = max(end, last)
            continue
        pieces += [text[done:start], MASK]
        done, start, end = end, first, last
    pieces.append(text[done:])
    return "".join(pieces)


def _known_spans(text: str) -> Iterator[tuple[int, int]]:
    with _lock:
        known = {form for forms in _known.values() for form in forms}
    for form in known:
        at = text.find(form)
        while at >= 0:
            yield at, at + len(form)
            at = text.find(form, at + 1)


@cache
def _hint() -> re.Pattern[str]:
    """Finds the first of all those words: one look, which is the last for most texts."""
    return re.compile("|".join(re.escape(word) for words, _ in _shapes() for word in words))


def _shaped_spans(text: str) -> Iterator[tuple[int, int]]:
    folded = text.casefold()
    if not _hint().search(folded):
        return
    for words, shape in _shapes():
        if any(word in folded for word in words):
            for match in shape.finditer(text):
                yield match.span(match.lastgroup or 0)
