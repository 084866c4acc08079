"""What ``argparse`` says of a line, in the reader's language."""

from __future__ import annotations

import re

from notebook_notify.texts import language, say

#: How ``argparse`` says it, and how we do; it has no other way to be asked.
_REFUSALS = (
    (r"unrecognized arguments: (.+)", "不认识 {}", "not understood: {}"),
    (r"the following arguments are required: (.+)", "还缺 {}", "also needed: {}"),
    (r"argument (\S+): expected .*argument.*", "{} 后面缺少值", "{} needs a value"),
    (
        r"argument (\S+): invalid choice: '(.*)' \(choose from (.+)\)",
        "{} 不能是 {}，可选：{}",
        "{} cannot be {}; it is one of {}",
    ),
    (
        r"argument (\S+): invalid (?:int|float) value: '(.*)'",
        "{} 应是数字，不是 {}",
        "{} is a number, not {}",
    ),
    (r"argument (\S+): ignored explicit argument .*", "{} 后面不带值", "{} takes no value"),
    (r"ambiguous option: (\S+) could match (.+)", "{} 不明确：{}", "{} may mean {}"),
    (r"argument (\S+): (.+)", "{}：{}", "{}: {}"),
)
_HEADINGS = (
    (r"(?m)^usage: ", "用法："),
    (r"(?m)^positional arguments:$", "参数："),
    (r"(?m)^options:$", "选项："),
    (r"(?m)^commands:$", "命令："),
)


def refusal(message: str) -> str:
    """An error of ``argparse``'s in words of ours; what is not known stays as it is."""
    for pattern, zh, en in _REFUSALS:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found is not None:
            words = (word.replace("'", "") for word in found.groups())
            return say(zh, en).format(*words)
    return message


def manual(text: str) -> str:
    """A help text of ``argparse``'s with its headings in the reader's language."""
    if language() == "zh":
        for pattern, words in _HEADINGS:
            text = re.sub(pattern, words, text)
    return text
