"""An error code becomes a sentence on what happened, and one on what to do.

The tables are plain data, one module a platform; a new code is a new row there.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from typing import TYPE_CHECKING, Any

from notebook_notify import errors
from notebook_notify.platforms import (
    advice_dingtalk,
    advice_dingtalk_groups,
    advice_dingtalk_robot,
    advice_dingtalk_v1,
    advice_wecom,
    advice_wecom_chats,
)
from notebook_notify.platforms.advice_rows import Row, Words
from notebook_notify.platforms.replies import code_of, told_by
from notebook_notify.reports import Advice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OWN: tuple[Row, ...] = (
    Row(
        (errors.NOT_CONNECTED,),
        Words(
            "连不上平台",
            "检查网络、DNS 和代理；须经代理上网时，给目标设 proxy 或设环境变量 HTTPS_PROXY。",
        ),
        Words(
            "cannot reach the platform",
            "Check network, DNS and proxy; if the way out is a proxy, set proxy in the target, or "
            "the variable HTTPS_PROXY.",
        ),
    ),
    Row(
        (errors.TLS_FAILED,),
        Words(
            "无法确认平台的身份（TLS 证书校验失败）",
            "公司代理用自己的证书时，把其 CA 文件写入环境变量 REQUESTS_CA_BUNDLE；"
            "也检查本机时间是否正确。",
        ),
        Words(
            "the platform's identity could not be proved (TLS)",
            "If a company proxy uses its own certificate, name its CA file in the variable "
            "REQUESTS_CA_BUNDLE; check this machine's clock, too.",
        ),
    ),
    Row(
        (errors.UNKNOWN,),
        Words("请求已发出，没有等到回应：可能已送达", "先看群里有没有；没有再发一次。"),
        Words(
            "the request left and no answer came: it may have arrived",
            "Look in the chat first; send again only if it is not there.",
        ),
    ),
    Row(
        (errors.UNREADABLE,),
        Words(
            "钉钉暂时屏蔽了{ip}：调用过于频繁",
            "等 5 分钟再发；同一出口 IP 上的其他程序也要减少调用。",
        ),
        Words(
            "DingTalk blocks {ip} for a while: too many calls",
            "Send again in 5 minutes; other programs behind the same address must call less, too.",
        ),
        r'"status":\s*1111',
    ),
    Row(
        (errors.UNREADABLE,),
        Words(
            "收到的不是平台的回答",
            "多半是代理、网关或上网认证页面：看原文开头，登录网络或更正 proxy、base_url；"
            "再看群里有没有，没有再发。",
        ),
        Words(
            "what came back is not the platform's answer",
            "Most likely a proxy, a gateway or a network's log-in page: see how the reply begins, "
            "log in or correct proxy or base_url; then look in the chat, and send again only if it "
            "is not there.",
        ),
    ),
    Row(
        (errors.OVER_BUDGET,),
        Words("没来得及发出就到了等待时限", "没有发出，可以放心重发；网络慢时加大 timeout。"),
        Words(
            "time was up before it left",
            "Nothing was sent, so it is safe to send again; allow a longer timeout if the network "
            "is slow.",
        ),
    ),
    Row(
        (errors.OVER_RATE,),
        Words(
            "超过平台的频率限制，本机先拦下",
            "{again} 秒后再发；把多条消息合成一条，或换一个机器人。您的其他内核发的也计算在内。",
        ),
        Words(
            "kept back here: more than the platform takes",
            "Send again in {again} s; merge messages, or use another robot. What your other "
            "kernels send counts as well.",
        ),
    ),
)

_DINGTALK_PAGES = "https://open.dingtalk.com/document/development/"
_WECOM_PAGE = "https://open.work.weixin.qq.com/devtool/query?e="

_UNKNOWN_CODE = Row(
    (),
    Words(
        "平台拒绝了这次请求",
        "本软件不认识这个错误码：先看原文中的说明，再到下面的网页查这个码。",
    ),
    Words(
        "the platform refused this",
        "This package does not know the code: read what the reply says, then look the code up on "
        "the page below.",
    ),
)
#: Both platforms name the caller's address in ``errmsg``, each in its way.
_CALLER = re.compile(
    r"(?:from ip:\s*|request ip=\s*|\bip\s+(?=\S+\s+not))([0-9a-f.:]+)", re.IGNORECASE
)


def _by_code(rows: Iterable[Row]) -> dict[int | str, list[Row]]:
    found: dict[int | str, list[Row]] = {}
    for row in rows:
        for code in row.codes:
            found.setdefault(code, []).append(row)
    return found


_OURS = _by_code(_OWN)
_THEIRS = {
    "wecom": _by_code((*advice_wecom.TABLE, *advice_wecom_chats.TABLE)),
    "dingtalk": _by_code(
        (
            *advice_dingtalk.TABLE,
            *advice_dingtalk_groups.TABLE,
            *advice_dingtalk_robot.TABLE,
            *advice_dingtalk_v1.TABLE,
        )
    ),
}
_ROBOT_CODES = {code for row in advice_dingtalk_robot.TABLE for code in row.codes}


def advise(platform: str, payload: Mapping[str, Any], lang: str) -> Advice | None:
    """What *payload* means and what to do about it.

    Args:
        platform: ``"wecom"`` or ``"dingtalk"``.
        payload: the platform's error dict, or ours; DingTalk's code 88 is unwrapped.
        lang: ``"zh"`` or ``"en"``.

    Returns:
        The advice, a general one for a code not in the tables; ``None`` if *payload* has no
        code, or reports no error.
    """
    code = code_of(payload)
    if not code:
        return None
    ours = _OURS.get(code, [])
    told = told_by(payload)
    row = next(
        one
        for one in (*(ours or _rows(platform, code)), _UNKNOWN_CODE)
        if re.search(one.said, told, re.IGNORECASE)
    )
    words = row.zh if lang == "zh" else row.en
    machine = "本机出口 IP" if lang == "zh" else "this machine's public IP"
    address = _caller(told)
    what = words.what.replace("{ip}", f"{machine} {address}".rstrip())
    todo = words.todo.replace("{ip}", address or machine)
    todo = todo.replace("{again}", str(payload.get("retry_after", "?")))
    return Advice(what, todo, None if ours else _page(platform, code))


def _page(platform: str, code: int | str) -> str:
    """Where the platform explains *code*; WeCom's page opens at it."""
    if platform == "wecom":
        return f"{_WECOM_PAGE}{code}"
    if isinstance(code, str):
        return f"{_DINGTALK_PAGES}the-robot-sends-a-group-message"
    robot = code in _ROBOT_CODES
    return _DINGTALK_PAGES + (
        "custom-robots-send-group-messages" if robot else "server-api-error-codes-1"
    )


def _rows(platform: str, code: int | str) -> list[Row]:
    """The rows of *code*; of a word's own beginning, if there are none."""
    rows = _THEIRS[platform]
    while isinstance(code, str) and code not in rows and "." in code:
        code = code.rpartition(".")[0]
    return rows.get(code, [])


def _caller(told: str) -> str:
    """The address of this machine as the platform sees it; empty if *told* names none."""
    found = _CALLER.search(told)
    if found:
        with contextlib.suppress(ValueError):
            return str(ipaddress.ip_address(found[1].rstrip(".:")))
    return ""
