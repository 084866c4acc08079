"""The form of the advice tables: a row for each kind of error, in Chinese and in English."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """What a reader is told.

    ``{ip}`` becomes this machine's address as the platform saw it, ``{again}`` the seconds until
    a message that was kept back may leave.

    Attributes:
        what: what happened, one phrase.
        todo: what to do next, one or two sentences; ways to choose from are a line each.
    """

    what: str
    todo: str


class Row(NamedTuple):
    """What is said on some codes.

    Attributes:
        codes: ``errcode`` values that mean the same to the reader; of DingTalk's new host words,
            of which one stands for all that begin with it and a dot.
        zh: in Chinese.
        en: in English.
        said: a regular expression, for a code with several causes: the row is for an ``errmsg``
            in which it is found, whatever the case. Rows of one code are looked at in turn.
    """

    codes: tuple[int | str, ...]
    zh: Words
    en: Words
    said: str = ""
