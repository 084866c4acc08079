"""The targets that are known, as a table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from IPython.display import display

from notebook_notify import sender
from notebook_notify.platforms import SPECS
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_notify.book import Known


def show() -> None:
    """Show the targets; raises ``ConfigError`` if a config file cannot be used."""
    known = sender.TARGETS.known()
    warnings = sender.TARGETS.config.warnings
    looked = ", ".join(map(str, sender.TARGETS.looked_in))
    if not known:
        hint = say(
            f"还没有目标（找过 {looked}）。%notify_setup 名称 新建一个；%notify_sandbox 不用账号先试",
            f"no target yet (looked in {looked}). Make one with %notify_setup NAME, "
            "or try without an account: %notify_sandbox",
        )
        display({"text/plain": hint}, raw=True)
        return
    rows = [_row(one) for one in known]
    heads = (say("名称", "name"), say("通道", "channel"), say("默认用于", "default of"),
             say("字段", "fields"), say("来源", "from"), say("缺少", "lacks"))
    notes = [scrub(warning) for warning in warnings]
    display({"text/plain": _plain(heads, rows, notes), "text/html": _html(heads, rows, notes)}, raw=True)


def _row(one: Known) -> tuple[str, ...]:
    defaults = ", ".join(f"%%notify_{magic}" for magic in one.default_for)
    fields = ", ".join(f"{key} = {value}" for key, value in one.fields.items())
    title = say(*SPECS[one.channel].title)
    name = one.name or say("（环境变量）", "(environment)")
    return (name, f"{title} {one.channel}", defaults, fields, one.source, "; ".join(one.missing))


def _plain(heads: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> str:
    lines = []
    for row in rows:
        name, *rest = row
        lines.append(name)
        lines += [f"    {head}: {text}" for head, text in zip(heads[1:], rest, strict=True) if text]
    return "\n".join([*lines, *(f"· {note}" for note in notes)])


def _html(heads: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> str:
    style = 'style="text-align:left;vertical-align:top;padding:.25em .75em;overflow-wrap:anywhere"'
    cells: Callable[[str, Sequence[str]], str] = lambda tag, row: "".join(  # noqa: E731
        f"<{tag} {style}>{escape(text)}</{tag}>" for text in row
    )
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    noted = "".join(f"<div>· {escape(note)}</div>" for note in notes)
    return f"<table><thead><tr>{cells('th', heads)}</tr></thead><tbody>{body}</tbody></table>{noted}"
