"""What the Set-up tab calls channels and fields, and which field a platform's code is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.platforms import SPECS
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.fields import Field, Spec

_Pair = tuple[str, str]

PLATFORMS: dict[str, _Pair] = {"wecom": ("企业微信", "WeCom"), "dingtalk": ("钉钉", "DingTalk")}
#: What each channel is for, and what it takes to use it.
ABOUT: dict[str, _Pair] = {
    "wecom_robot": (
        "发到一个群。在群里添加机器人即可，不需要管理员。",
        "To one group. A robot is added in the group itself; no administrator is needed.",
    ),
    "wecom_chat": (
        "发到应用自己建的群；群可以在这里建。需要自建应用和企业可信 IP。",
        (
            "To a group that the application made, which can be done here. It takes a self-built "
            "app and a trusted IP address."
        ),
    ),
    "wecom_app": (
        "由应用发给成员、部门或标签。需要自建应用和企业可信 IP。",
        (
            "From the application to people, departments or tags. It takes a self-built app and a "
            "trusted IP address."
        ),
    ),
    "dingtalk_robot": (
        "发到一个群。在群设置里添加机器人即可，不需要管理员。",
        "To one group. A robot is added in the group's settings; no administrator is needed.",
    ),
    "dingtalk_app_robot": (
        "由应用的机器人发到群，能发图片和文件，能撤回；群可以在这里建。",
        (
            "From the application's robot to a group, which can be made here. It sends pictures "
            "and files, and can take messages back."
        ),
    ),
    "dingtalk_notice": (
        "工作通知：由应用发给成员或部门。",
        "Work notices: from the application to people or departments.",
    ),
    "dingtalk_chat": (
        "旧的群会话接口。钉钉不再向新应用开放；新应用请选“钉钉应用机器人”。",
        (
            "The older call for groups, which DingTalk opens to no new application: choose the "
            "application's robot instead."
        ),
    ),
}
#: What fields are called; a secret is never typed here, only what refers to it.
_LABELS: dict[str, _Pair] = {
    "corp_id": ("企业ID", "Company ID"),
    "corp_secret": ("应用 Secret 的引用", "Reference to the app's Secret"),
    "chat_id": ("群 ID", "Group id"),
    "agent_id": ("应用的 AgentId", "The app's AgentId"),
    "users": ("成员", "People"),
    "parties": ("部门", "Departments"),
    "tags": ("标签", "Tags"),
    "safe": ("保密消息", "Confidential messages"),
    "webhook": ("Webhook 地址的引用", "Reference to the webhook address"),
    "secret": ("加签密钥的引用", "Reference to the signing secret"),
    "keyword": ("关键词", "Keyword"),
    "image_url": ("存图函数", "Function that stores pictures"),
    "app_key": ("Client ID", "Client ID"),
    "app_secret": ("Client Secret 的引用", "Reference to the Client Secret"),
    "open_conversation_id": ("群会话 ID", "Group's conversation id"),
    "robot_code": ("RobotCode", "RobotCode"),
    "media_url": ("上传地址", "Address for uploads"),
    "base_url": ("API 地址", "API address"),
    "proxy": ("代理", "Proxy"),
    "alert": ("出错时改发给", "Failures go to"),
    "mention": ("出错时提醒", "Mention on failure"),
    "unknown": ("结果未知时", "When the outcome is unknown"),
}
#: Optional ones that most people have a use for.
_COMMON = frozenset({"secret", "keyword", "users"})

#: What a platform's code is about: a field of the target, or ``owner`` and ``name`` of a group.
_CODES: dict[str, dict[str, tuple[int | str, ...]]] = {
    "wecom": {
        "corp_id": (40013, 41002, 2000002),
        "corp_secret": (40001, 41004, 42009, 45031, 50003),
        "agent_id": (40056, 41011, 301002),
        "chat_id": (86001, 86201, 86205, 86206, 86003, 40050, 86008),
        "webhook": (93000, 93004, 93006, 93008),
        "users": (*(40003, 40031, 40032, 50002, 60111, 81013, 82001, 86006, 86007, 86204, 86216),),
        "parties": (82002,),
        "tags": (82003,),
        "owner": (86005, 86203, 86207),
        "name": (86004, 86202),
    },
    "dingtalk": {
        "app_secret": (40001, 40089, 40096, "invalidClientIdOrSecret"),
        "robot_code": ("invalidParameter.robotCode.auth", "invalidParameter.robotCode"),
        "chat_id": (34001, 34013, 40016, 49000),
        "open_conversation_id": (
            *("invalid.openConversationId", "miss.openConversationId", "invalideChatId"),
            *("conversation.org.notMatch", "resource.not.found", "group.disbanded"),
        ),
        "webhook": (300001, 300005, 400013, 400101, 400102, 400106),
        "users": (
            *(33012, 34002, 40031, 40104, 49005, 49009, 49010, 49011, 49012, 49016, 49017),
            *(49020, 49021, 49022, 49023, 50002, 60121, 1430000),
        ),
        "owner": (49006, 49013, 49014, 49018, 49019),
        "name": (49008, 49015),
    },
}


def label(one: Field) -> _Pair:
    """What *one* is called; with its own name, which errors and the config file use."""
    if one.name not in _LABELS:
        return one.name, one.name
    zh, en = _LABELS[one.name]
    return f"{zh}（{one.name}）", f"{en} ({one.name})"


def common(one: Field) -> bool:
    """Whether *one* is asked for at once, and not among what few people need."""
    return one.required or one.name in _COMMON


def at_fault(platform: str, code: int | str | None) -> str | None:
    """The name of what *code* is about, or ``None``: it is about nothing that is filled in."""
    for name, codes in _CODES[platform].items():
        if code in codes:
            return name
    return None


def offered(platform: str) -> list[tuple[str, str]]:
    """The channels of *platform* as (title, kind), the robots first: they need least."""
    specs = [spec for spec in SPECS.values() if spec.platform == platform]
    specs.sort(key=lambda spec: sum(one.required for one in spec.fields))
    return [(say(*spec.title), spec.kind) for spec in specs]


def by_default(spec: Spec) -> str:
    """What the box says that makes a target the default."""
    return say(f"设为 %%notify_{spec.magic} 的默认目标", f"The default of %%notify_{spec.magic}")
