"""Questions to the person in front of the notebook, and what is told in between."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from notebook_notify.reports import one_line
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.fields import Field


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
