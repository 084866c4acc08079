"""Questions to the person in front of the notebook, and what is told in between."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING, TypeVar

from notebook_notify.errors import NotifyError, SecretError, TargetError
from notebook_notify.reports import one_line
from notebook_notify.secret import Secret
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.fields import Field

#: How often one question is asked at most.
TRIES = 3

_T = TypeVar("_T")


def tell(text: str) -> None:
    """Say one line; nothing in it breaks out of it, and secrets are masked."""
    print(one_line(text))  # noqa: T201 - a dialogue


def ask(question: str, old: str = "") -> str:
    """The answer, without white space at its ends; *old*, which is shown, if it is empty."""
    shown = f"[{one_line(old)}] " if old else ""
    return input(question + shown).strip() or old


def ask_unseen(one: Field, hint: str = "") -> str:
    """The answer for a secret field, typed without echo."""
    unseen = say("不回显；也可填 env:变量名", "not echoed; env:NAME works too")
    where = say(*one.where) + (say(f"；{hint}", f"; {hint}") if hint else "")
    return getpass.getpass(f"{one.name} — {where} ({unseen}): ").strip()


def yes(question: str) -> bool:
    """Whether the answer is a yes."""
    return input(question).strip().lower() in ("y", "yes", "是")


def words(answer: str) -> list[str]:
    """The words of an answer, between commas of either kind or spaces."""
    return [word for word in answer.replace("，", ",").replace(",", " ").split() if word]


def until(question: Callable[[], _T], check: Callable[[_T], object]) -> _T:
    """The answer to *question*, which is asked again while *check* raises, ``TRIES`` times at most.

    Raises:
        TargetError: the last answer was no better.
    """
    for left in reversed(range(TRIES)):
        answer = question()
        try:
            check(answer)
            return answer
        except NotifyError as error:
            problem = str(error)
        if left:
            tell(f"✗ {problem}")
    raise TargetError(problem)


def filled(answer: object) -> None:
    """Raise ``TargetError`` if *answer* is empty."""
    if not answer:
        raise TargetError(say("不能留空", "this cannot be left empty"))


def readable(answer: str) -> None:
    """Raise ``SecretError`` if *answer* refers to a secret that is not there."""
    secret = Secret.of(answer)
    scheme, _, name = (secret.reference or "").partition(":")
    if scheme == "env" and not os.environ.get(name, "").strip():
        # Its own words: while it is asked, nothing can be set in this kernel.
        raise SecretError(
            say(
                f"内核里没有设置环境变量 {name}；请填密钥本身，或别的引用",
                f"the variable {name} is not set in this kernel; type the secret itself, or "
                "another reference",
            )
        )
    secret.reveal()
