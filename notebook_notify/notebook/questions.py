"""Lines that end in a question mark, which IPython takes for calls for help."""

from __future__ import annotations

import re

from IPython.core.inputtransformer2 import make_tokens_by_line

_QUESTION = re.compile(r"(\s*)%(notify\w*)\s+(.*\?)\s*")


def keep_questions(lines: list[str]) -> list[str]:
    """Keep IPython from taking a text that ends in ``?`` for a call for help on its last word."""
    found = {
        row: match for row, line in enumerate(lines, 1) if (match := _QUESTION.fullmatch(line))
    }
    if not found:
        return lines
    kept = list(lines)
    for tokens in make_tokens_by_line(lines):  # not what stands within a longer string
        rows = [token.start[0] for token in tokens if token.string.strip()]
        if rows and rows[0] in found:
            indent, name, text = found[rows[0]].groups()
            kept[rows[0] - 1] = f"{indent}get_ipython().run_line_magic({name!r}, {text!r})\n"
    return kept
