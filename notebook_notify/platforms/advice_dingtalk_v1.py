"""The error codes of DingTalk's new host, which are words: what each means, and what to do.

Pages on open.dingtalk.com: obtain-the-access-token-of-an-internal-app,
the-robot-sends-a-group-message, how-to-process-api-throttling.
"""

from __future__ import annotations

from notebook_notify.platforms.advice_dingtalk import (
    ADDRESS,
    GARBLED,
    OLD_TOKEN,
    TOO_QUICK,
    USED_UP,
)
from notebook_notify.platforms.advice_rows import Row, Words

TABLE: tuple[Row, ...] = (
    # Not our fault: try again.
    Row(
        ("system.busy", "system.error", "unknownError"),
        Words("钉钉系统繁忙或出错", "过一会儿再发；一直如此则核对凭证属于哪个组织。"),
        Words(
            "DingTalk is busy or in trouble",
            "Send again in a moment; if it stays so, check which organisation the credential is "
            "of.",
        ),
    ),
    Row(
        (
            "Forbidden.AccessDenied.QpsLimitForApi",
            "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
            "qps.exceed.limit",
            "request.overlimit",
        ),
        *TOO_QUICK,
    ),
    Row(
        (
            "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi",
            "send.too.fast",
            "send.byToken.tooFast",
        ),
        Words("发送过快，被限流", "过一分钟再发，并把多条消息合成一条。"),
        Words("too many messages a minute", "Send again in a minute, and merge messages."),
    ),
    Row(
        ("Forbidden.AccessDenied.ApiCountLimitForOrg",),
        *USED_UP,
    ),
    Row(
        ("unknown.send.result",),
        Words("钉钉也不知道是否已发出", "先看群里有没有；没有再发一次。"),
        Words(
            "DingTalk does not know whether it was sent",
            "Look in the group first; send again only if it is not there.",
        ),
    ),
    # The credential.
    Row(
        ("invalidClientIdOrSecret",),
        Words(
            "Client ID（AppKey）或 Client Secret（AppSecret）不对",
            "开发者后台 → 该应用 → 凭证与基础信息，重新复制到 app_key 和 app_secret。",
        ),
        Words(
            "wrong Client ID (AppKey) or Client Secret (AppSecret)",
            "Developer console → the app → Credentials (凭证与基础信息): copy them again into "
            "app_key and app_secret.",
        ),
    ),
    Row(
        ("InvalidAuthentication", "accesstoken.expired"),
        *OLD_TOKEN,
    ),
    Row(
        ("AuthenticationFailed.MissingParameter",),
        Words("请求中没有令牌", "检查代理是否去掉了请求头；没有代理则请报告此问题。"),
        Words(
            "the request had no token",
            "See whether a proxy strips headers from requests; without one, please report it.",
        ),
    ),
    # The application.
    Row(
        (
            "Forbidden.AccessDenied.AccessTokenPermissionDenied",
            "apiPermissionDenied",
            "permession.checkFailed",  # as DingTalk spells it
        ),
        Words(
            "应用没有调用这个接口的权限",
            "开发者后台 → 该应用 → 权限管理，申请原文 message 中写的权限"
            "（发群消息为 qyapi_robot_sendmsg）；或用 %notify_setup 名称 "
            "改用群机器人，它不需要权限。",
        ),
        Words(
            "the app has no permission for this call",
            "Developer console → the app → Permissions (权限管理): apply for the permission named "
            "in the reply (for messages to a group, qyapi_robot_sendmsg); or use a group robot, "
            "which needs none (%notify_setup NAME).",
        ),
    ),
    Row(
        ("Forbidden.AccessDenied.IpNotInWhiteList",),
        *ADDRESS,
    ),
    Row(
        ("Forbidden.AccessDenied",),
        Words("钉钉不允许这次调用", "见原文的 message；检查该应用的权限管理和安全设置。"),
        Words(
            "DingTalk does not allow the call",
            "See message in the reply; check the app's Permissions (权限管理) and Security "
            "(安全设置).",
        ),
    ),
    # The robot and its group.
    Row(
        ("invalidParameter.robotCode.auth",),
        Words(
            "robot_code 与 app_key 不属于同一个应用",
            "开发者后台 → 该应用 → 机器人，复制 RobotCode；或删去 robot_code，默认即 app_key。",
        ),
        Words(
            "robot_code and app_key are of different apps",
            "Developer console → the app → Robots (机器人): copy RobotCode; or leave robot_code "
            "out, which means app_key.",
        ),
    ),
    Row(
        ("invalidParameter.robotCode",),
        Words(
            "robot_code 不对，或机器人还没有发布",
            "开发者后台 → 该应用 → 添加应用能力 → 机器人，并在 版本管理与发布 中发布应用。",
        ),
        Words(
            "robot_code is wrong, or the robot is not published",
            "Developer console → the app → Add Abilities (添加应用能力) → Robots (机器人); then "
            "publish the app under Versions (版本管理与发布).",
        ),
    ),
    Row(
        (
            "invalid.openConversationId",
            "miss.openConversationId",
            "conversation.org.notMatch",
            "invalideChatId",  # as DingTalk spells it
            "resource.not.found",
        ),
        Words(
            "找不到这个群，或机器人不在群里",
            "核对 open_conversation_id（须为本组织的内部群）；群设置 → 机器人，添加该机器人。",
        ),
        Words(
            "there is no such group, or the robot is not in it",
            "Check open_conversation_id, an internal group of this organisation; add the robot "
            "under the group's settings → Robots (机器人).",
        ),
    ),
    Row(
        ("group.disbanded",),
        Words("群已解散", "换一个群：用 %notify_setup 名称 重新设置。"),
        Words("the group is dissolved", "Use another group: set it up with %notify_setup NAME."),
    ),
    Row(
        ("bot.stopped",),
        Words("机器人已停用", "群设置 → 机器人：启用它，或重新添加。"),
        Words(
            "the robot is stopped", "Group settings → Robots (机器人): enable it, or add it again."
        ),
    ),
    Row(
        ("bot.forbidden.sendMessage",),
        Words("机器人被禁言", "请群主解除对它的禁言，再发。"),
        Words("the robot is muted", "Ask the group's owner to unmute it, then send again."),
    ),
    Row(
        ("keywords.not.match",),
        Words(
            "消息里没有机器人的自定义关键词",
            "群设置 → 机器人 → 该机器人 → 安全设置：查看关键词，写进消息。",
        ),
        Words(
            "the message has none of the robot's keywords",
            "Group settings → Robots (机器人) → the robot → Security (安全设置): see the keywords, "
            "and write one into the message.",
        ),
    ),
    Row(
        ("sign.not.match",),
        Words("机器人的签名不对", "群设置 → 机器人 → 该机器人 → 安全设置：核对加签。"),
        Words(
            "the robot's signature does not match",
            "Group settings → Robots (机器人) → the robot → Security (安全设置): check Sign "
            "(加签).",
        ),
    ),
    Row(
        ("ip.not.match",),
        Words(
            "{ip} 不在机器人允许的 IP 中",
            "群设置 → 机器人 → 该机器人 → 安全设置 → IP 地址（段），添加 {ip}。",
        ),
        Words(
            "{ip} is not among the robot's addresses",
            "Group settings → Robots (机器人) → the robot → Security (安全设置) → Addresses (IP "
            "地址（段）): add {ip}.",
        ),
    ),
    Row(
        ("too.many.group", "too.many.people"),
        Words("一次发送的群或人太多", "减少目标后再发。"),
        Words("too many groups or people at once", "Send to fewer targets."),
    ),
    Row(
        ("invalid.processQueryKey",),
        Words("这条消息不能撤回", "只有同一机器人在同一群里发的消息能撤回：在群里手动撤回。"),
        Words(
            "the message cannot be taken back",
            "Only what the same robot sent to the same group can: take it back by hand there.",
        ),
    ),
    # The text.
    Row(
        ("contain.unsafe",),
        Words("消息含不安全的链接", "去掉链接后再发。"),
        Words("the message has an unsafe link", "Remove the link, then send again."),
    ),
    Row(
        ("contain.notAllowed.picture",),
        Words("消息含不合适的图片", "去掉图片（--no-images）后再发。"),
        Words("the message has an unsuitable picture", "Send it without pictures (--no-images)."),
    ),
    Row(
        ("contain.notAllowed",),
        Words("消息含违禁内容", "修改措辞后再发。"),
        Words("the message has forbidden content", "Reword it, then send again."),
    ),
    Row(
        ("invalidParameter.msgParam.tooLong",),
        Words("消息过长", "一条消息最多 15000 字节：请缩短，或用 --as file 作为文件发送。"),
        Words(
            "the message is too long",
            "A message has 15,000 bytes at most: shorten it, or send it as a file (--as file).",
        ),
    ),
    # What should not happen, unless something between here and DingTalk rewrites requests.
    Row(
        (
            *("invalidParameter", "parameter.invalid", "miss.param", "miss.chatbotId"),
            *("InvalidAction", "Missingbody", "MissingappKey", "MissingappSecret"),
        ),
        *GARBLED,
    ),
)
