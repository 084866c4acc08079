"""The error codes of DingTalk's new host, which are words: what each means, and what to do.

Pages on open.dingtalk.com: obtain-the-access-token-of-an-internal-app,
the-robot-sends-a-group-message, how-to-process-api-throttling.
"""

from __future__ import annotations

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
        Words("调用过快，被限流", "过几秒再发；减少同时发送的任务，合并消息。"),
        Words(
            "too many calls in a short time", "Send again in seconds; send less at once, or merge."
        ),
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
        Words(
            "本组织当月的接口调用量已用完",
            "下月恢复；或由管理员在开发者后台购买调用量、升级版本。",
        ),
        Words(
            "the organisation's calls for this month are used up",
            "They return next month, or an administrator buys more in the developer console.",
        ),
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
            "Developer console → the app → 凭证与基础信息: copy them again into app_key and "
            "app_secret.",
        ),
    ),
    Row(
        ("InvalidAuthentication", "accesstoken.expired"),
        Words(
            "令牌无效或已过期，换新令牌后仍被拒绝",
            "再发一次；若一直如此，核对 AppKey 是否属于这个组织的企业内部应用。",
        ),
        Words(
            "the token is not accepted, a new one neither",
            "Send again; if it stays so, check that the AppKey is an internal app's of this "
            "organisation.",
        ),
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
            "（发群消息为 qyapi_robot_sendmsg）。",
        ),
        Words(
            "the app has no permission for this call",
            "Developer console → the app → 权限管理: apply for the permission named in the reply "
            "(for messages to a group, qyapi_robot_sendmsg).",
        ),
    ),
    Row(
        ("Forbidden.AccessDenied.IpNotInWhiteList",),
        Words(
            "{ip} 不在应用的 IP 白名单中",
            "开发者后台 → 该应用 → 安全设置 → 服务器出口IP → 添加 {ip}。"
            "出口 IP 不固定时，给目标设 proxy，或改用群机器人（dingtalk_robot）。",
        ),
        Words(
            "{ip} is not on the app's list of addresses",
            "Developer console → the app → 安全设置 → 服务器出口IP → add {ip}. If the address "
            "changes, set proxy in the target, or use a group robot (dingtalk_robot).",
        ),
    ),
    Row(
        ("Forbidden.AccessDenied",),
        Words("钉钉不允许这次调用", "见原文的 message；检查该应用的权限管理和安全设置。"),
        Words(
            "DingTalk does not allow the call",
            "See message in the reply; check the app's 权限管理 and 安全设置.",
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
            "Developer console → the app → 机器人: copy RobotCode; or leave robot_code out, which "
            "means app_key.",
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
            "Developer console → the app → 添加应用能力 → 机器人; then publish the app under "
            "版本管理与发布.",
        ),
    ),
    Row(
        (
            "invalid.openConversationId",
            "miss.openConversationId",
            "conversation.org.notMatch",
            "resource.not.found",
        ),
        Words(
            "找不到这个群，或机器人不在群里",
            "核对 open_conversation_id（须为本组织的内部群）；群设置 → 机器人，添加该机器人。",
        ),
        Words(
            "there is no such group, or the robot is not in it",
            "Check open_conversation_id, an internal group of this organisation; add the robot "
            "under the group's settings → 机器人.",
        ),
    ),
    Row(
        ("group.disbanded", "bot.stopped", "bot.forbidden.sendMessage"),
        Words(
            "群已解散，或机器人已停用、被禁言",
            "请群主检查该群和其中的机器人；群已解散则换一个群。",
        ),
        Words(
            "the group is dissolved, or the robot is stopped or muted",
            "Ask the group's owner about the group and its robot; if it is dissolved, use another "
            "group.",
        ),
    ),
    Row(
        ("keywords.not.match", "sign.not.match", "ip.not.match"),
        Words("没有通过机器人的安全设置", "群设置 → 机器人 → 该机器人 → 安全设置，核对各项。"),
        Words(
            "the message did not pass the robot's security settings",
            "Group settings → 机器人 → the robot → 安全设置: check each of them.",
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
        ("contain.notAllowed", "contain.unsafe"),
        Words("消息含违禁内容或不安全的链接", "去掉链接或修改措辞后再发。"),
        Words(
            "the message has forbidden content or an unsafe link",
            "Remove links or reword it, then send again.",
        ),
    ),
    Row(
        ("invalidParameter.msgParam.tooLong",),
        Words("消息过长", "请缩短，或作为文件发送。"),
        Words("the message is too long", "Shorten it, or send it as a file."),
    ),
    # What should not happen, unless something between here and DingTalk rewrites requests.
    Row(
        ("invalidParameter", "parameter.invalid", "miss.param", "InvalidAction", "Missingbody"),
        Words(
            "钉钉没有读懂请求",
            "检查 base_url 和代理是否改动了请求；都没有则请报告此问题，附上原文。",
        ),
        Words(
            "DingTalk could not make sense of the request",
            "See whether base_url or a proxy changes requests; if not, please report it together "
            "with the reply.",
        ),
    ),
)
