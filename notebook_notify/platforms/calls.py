"""What the calls that set something up share: how they are made, read, and looked at before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_notify.errors import UNKNOWN, UNREADABLE, TargetError
from notebook_notify.platforms import replies
from notebook_notify.platforms.base import Call, Verdict
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_notify.delivery.transport import Reply
    from notebook_notify.platforms.errcode import AppChannel

    #: What is made of a platform's dict; raises ``LookupError``, ``TypeError`` or ``ValueError``
    #: if it is not as the page of the call says.
    Shape = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Group:
    """A group chat as it is to be, or as the platform says it is.

    Attributes:
        name: what it is called.
        owner: the user id of its owner.
        users: the user ids of its members, the owner's among them.
    """

    name: str
    owner: str
    users: tuple[str, ...]


def errcode_call(
    channel: AppChannel,
    path: str,
    shape: Shape,
    *,
    query: dict[str, str] | None = None,
    payload: dict[str, Any] | None = None,
    changes: bool = False,
) -> Call:
    """A call of a host where ``errcode`` decides: a POST of *payload*, else a GET.

    Args:
        channel: whose host, busy codes and token codes.
        path: with the slash that it begins with.
        shape: makes the answer of the platform's dict.
        query: beside the token, of a GET.
        payload: the JSON body.
        changes: as of :class:`Call`.
    """
    call = channel.call(path, query, payload)

    def read(reply: Reply) -> Verdict:
        return answer(reply, call.read(reply), shape, changes=changes)

    return Call(call.request, read, changes)


def answer(reply: Reply, verdict: Verdict, shape: Shape, *, changes: bool) -> Verdict:
    """*verdict* with what *shape* makes of its dict, if it is ``ok``.

    Where an answer cannot be used, what should have been changed may have been: unknown. What
    changes nothing has simply failed.
    """
    if verdict.kind == "ok":
        try:
            return Verdict("ok", shape(verdict.payload))
        except (LookupError, TypeError, ValueError):
            code = UNKNOWN if changes else UNREADABLE
            return replies.unreadable(reply, code, "the answer lacks what was asked for")
    if not changes and verdict.payload.get("errcode") == UNKNOWN:
        return replies.unreadable(reply, UNREADABLE)
    return verdict


def text(found: Mapping[str, Any], key: str) -> str:
    """The text under *key*; ``LookupError`` or ``TypeError`` if there is none."""
    value = found[key]
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def number(found: Mapping[str, Any], key: str) -> int:
    """As :func:`text`, of a whole number."""
    value = found[key]
    if type(value) is not int:
        raise TypeError(key)
    return value


def entries(found: Mapping[str, Any], key: str, kind: type) -> list[Any]:
    """As :func:`text`, of a list whose entries are of *kind*."""
    value = found[key]
    if not isinstance(value, list) or not all(isinstance(one, kind) for one in value):
        raise TypeError(key)
    return value


def group_in(info: Mapping[str, Any], members: str) -> Group:
    """As :func:`text`, of a group whose members' ids stand under *members*."""
    return Group(text(info, "name"), text(info, "owner"), tuple(entries(info, members, str)))


def given(value: object, name: str) -> str:
    """The text that a caller gave as *name*, without blanks around it.

    Raises:
        TargetError: it is none, or empty.
    """
    if not isinstance(value, str) or not value.strip():
        raise TargetError(say(f"{name} 应为非空的文字", f"{name}: expected a text, not empty"))
    return value.strip()


def people(value: Iterable[str], name: str) -> list[str]:
    """The ids that a caller gave as *name*, each once.

    Raises:
        TargetError: it is no list of ids; one text is none, since it would be read by letters.
    """
    whole = isinstance(value, str) or not isinstance(value, Iterable)
    listed = [] if whole else list(value)
    if whole or not all(isinstance(one, str) and one.strip() for one in listed):
        raise TargetError(say(f"{name} 应为账号的列表", f"{name}: expected a list of ids"))
    return list(dict.fromkeys(one.strip() for one in listed))


def outside(owner: str) -> TargetError:
    """The mistake of an owner who is no member."""
    return TargetError(
        say(f"群主 {owner!r} 应在成员之中", f"the owner {owner!r} must be among the members")
    )
