"""DingTalk's error codes: what each means, and what to do.

Codes of the legacy host that calls and robots answer; most also come wrapped into code 88. On
groups and people: ``advice_dingtalk_groups.py``; a robot's own: ``advice_dingtalk_robot.py``.

Page: open.dingtalk.com, server-api-error-codes-1. 40096 is not on it, but is what a wrong
AppKey or AppSecret is answered.
"""

from __future__ import annotations

from notebook_notify.platforms.advice_rows import Row, Words

_NO_TOKEN = (
    Words("请求中没有令牌", "检查代理是否去掉了网址中的参数；没有代理则请报告此问题。"),
    Words(
        "the request had no token",
        "See whether a proxy strips the query from addresses; without one, please report it.",
    ),
)

#: What both of DingTalk's hosts refuse: in Chinese and in English.
TOO_QUICK = (
    Words("调用过快，被限流", "过几秒再发；减少同时发送的任务，合并消息。"),
    Words(
        "too many calls in a short time",
        "Send again in a few seconds; have fewer sends run side by side, or merge messages.",
    ),
)
USED_UP = (
    Words(
        "本组织当月的接口调用量已用完",
        "下月恢复；或由管理员在开发者后台购买调用量、升级版本。此前可试群机器人"
        "（%notify_setup 名称）：钉钉没有说明它是否也计入。",
    ),
    Words(
        "the organisation's calls for this month are used up",
        "They return next month, or an administrator buys more in the developer console. Until "
        "then try a group robot (%notify_setup NAME): DingTalk does not say whether its "
        "messages count.",
    ),
)
OLD_TOKEN = (
    Words(
        "令牌无效或已过期，换新令牌后仍被拒绝",
        "再发一次；若一直如此，核对 AppKey 是否属于这个组织的企业内部应用。",
    ),
    Words(
        "the token is not accepted, and neither is a new one",
        "Send again; if it stays so, check that the AppKey is an internal app's of this "
        "organisation.",
    ),
)
ADDRESS = (
    Words(
        "{ip} 不在应用的 IP 白名单中",
        "开发者后台 → 该应用 → 安全设置 → 服务器出口IP → 添加 {ip}。\n"
        "出口 IP 不固定时，给目标设 proxy，或用 %notify_setup 名称 改用群机器人。",
    ),
    Words(
        "{ip} is not on the app's list of addresses",
        "Developer console → the app → Security (安全设置) → Server IPs (服务器出口IP) → add "
        "{ip}.\nIf the address changes, set proxy in the target, or use a group robot "
        "(%notify_setup NAME).",
    ),
)
GARBLED = (
    Words(
        "钉钉没有读懂请求",
        "检查 base_url 和代理是否改动了请求；都没有则请报告此问题，附上原文。",
    ),
    Words(
        "DingTalk could not make sense of the request",
        "See whether base_url or a proxy changes requests; if not, please report it together "
        "with the reply.",
    ),
)

TABLE: tuple[Row, ...] = (
    # Not our fault: try again.
    Row(
        (-1, 400001),
        Words("钉钉系统繁忙", "过一会儿再发。"),
        Words("DingTalk is busy", "Send again in a moment."),
    ),
    Row(
        (34015,),
        Words("钉钉发送群消息失败", "过一会儿再发。"),
        Words("DingTalk could not send it to the group", "Send again in a moment."),
    ),
    Row(
        (90001, 90002, 90003, 90004, 90005, 90006, 90017, 90018),
        *TOO_QUICK,
    ),
    Row(
        (45009,),
        Words("调用次数超限", "过一会儿再发，并把多条消息合成一条。"),
        Words("call limit reached", "Send again later, and merge messages."),
    ),
    Row(
        (90020,),
        *USED_UP,
    ),
    # The credential.
    Row(
        (40096, 40089),
        Words(
            "AppKey 或 AppSecret 不对",
            "开发者后台 → 该应用 → 凭证与基础信息，重新复制 Client ID（AppKey）和 "
            "Client Secret（AppSecret）。",
        ),
        Words(
            "wrong AppKey or AppSecret",
            "Developer console → the app → Credentials (凭证与基础信息): copy Client ID (AppKey) "
            "and Client Secret (AppSecret) again.",
        ),
    ),
    Row(
        (40001,),
        Words(
            "AppSecret 不对，或令牌无效",
            "开发者后台 → 该应用 → 凭证与基础信息，核对 Client Secret（AppSecret）。",
        ),
        Words(
            "wrong AppSecret, or a token that is not valid",
            "Developer console → the app → Credentials (凭证与基础信息): check Client Secret "
            "(AppSecret).",
        ),
    ),
    Row(
        (40014, 42001),
        *OLD_TOKEN,
    ),
    Row((40000, 41001), *_NO_TOKEN),
    Row(
        (33001,),
        Words("组织无效", "核对 AppKey 属于哪个组织：开发者后台右上角切换组织。"),
        Words(
            "the organisation is not valid",
            "Check which organisation the AppKey belongs to (top right of the developer console).",
        ),
    ),
    Row(
        (70001,),
        Words("组织不存在或已解散", "联系组织管理员。"),
        Words("the organisation is gone or dissolved", "Ask the organisation's administrator."),
    ),
    # The application.
    Row(
        (60020,),
        *ADDRESS,
    ),
    Row(
        (60011,),
        Words(
            "应用没有调用这个接口的权限",
            "开发者后台 → 该应用 → 权限管理，申请原文 errmsg 中写的权限；"
            "或用 %notify_setup 名称 改用群机器人，它不需要权限。",
        ),
        Words(
            "the app has no permission for this call",
            "Developer console → the app → Permissions (权限管理): apply for the permission named "
            "in errmsg; or use a group robot, which needs none (%notify_setup NAME).",
        ),
    ),
    Row(
        (43007,),
        Words("需要授权", "开发者后台 → 该应用 → 权限管理：检查权限；代理不能去掉网址中的参数。"),
        Words(
            "authorisation is needed",
            "Developer console → the app → Permissions (权限管理): check the permissions; a proxy "
            "must not strip the query from addresses.",
        ),
    ),
    Row(
        (48002,),
        Words(
            "这个接口没有向该应用开放",
            "chat/send 自 2022-09-23 起不再向新应用开放。运行 %notify_setup 名称："
            "选应用机器人（dingtalk_app_robot），把 chat_id 换成 "
            "open_conversation_id（convertToOpenConversationId）；或选群机器人（dingtalk_robot）。",
        ),
        Words(
            "this call is not open to the app",
            "chat/send is closed to new apps since 2022-09-23. Run %notify_setup NAME: choose the "
            "app's robot (dingtalk_app_robot) and have chat_id turned into open_conversation_id "
            "(convertToOpenConversationId), or choose a group robot (dingtalk_robot).",
        ),
    ),
    Row(
        (50003,),
        Words("应用已停用", "开发者后台 → 该应用 → 启用。"),
        Words("the app is disabled", "Developer console → the app → enable it."),
    ),
    Row(
        (41028, 41044),
        Words(
            "不允许发送消息",
            "请群主检查群是否禁言；发给全员时，请管理员允许该应用，或改为指定 users。",
        ),
        Words(
            "sending is not allowed",
            "Ask the group's owner whether the group is muted; to reach the whole staff, have an "
            "administrator allow it for the app, or name users instead.",
        ),
    ),
    # The text.
    Row(
        (44002, 44004),
        Words("消息内容为空", "发送非空的文本。"),
        Words("the message is empty", "Send a text that is not empty."),
    ),
    Row(
        (34016, 45002, 41101),
        Words("消息过长", "文本最多 2048 字节（约 682 个汉字），请缩短。"),
        Words("the message is too long", "A text has 2,048 bytes at most: shorten it."),
    ),
    Row(
        (41049, 60022),
        Words("消息含违禁内容", "修改措辞后再发。"),
        Words("the message has forbidden content", "Reword it, then send again."),
    ),
    Row((40035,), *_NO_TOKEN, "access_token"),  # a robot's
    Row(
        (40035, 400002),
        Words("缺少参数或参数不合要求", "原文的 errmsg 会指出是哪个字段；在目标中改正。"),
        Words(
            "a parameter is missing or not acceptable",
            "The reply's errmsg names the field: correct it in the target.",
        ),
    ),
    # What goes along.
    Row(
        (40004, 40005),
        Words("钉钉不接受这种文件", "图片用 PNG、JPEG 或 GIF；其他文件打包成 zip 再发。"),
        Words(
            "DingTalk does not take this kind of file",
            "Make pictures PNG, JPEG or GIF; pack other files into a zip.",
        ),
    ),
    Row(
        (40006,),
        Words("文件的大小不符", "文件和图片最大 20 MB，也不能为空：压缩后再发，或发送它的链接。"),
        Words(
            "the file is too large, or empty",
            "Files and pictures have 20 MB at most: make it smaller, or send a link to it.",
        ),
    ),
    Row(
        (40007,),
        Words("media_id 无效", "重启内核后再发：文件会重新上传。"),
        Words(
            "the upload's media_id is not valid",
            "Restart the kernel and send again: the file is then uploaded anew.",
        ),
    ),
    Row(
        (34008, 34009, 34010, 44001),
        Words("图片、链接或文件是空的", "检查要附带的文件是否为空；不为空则请报告此问题。"),
        Words(
            "the picture, link or file is empty",
            "See whether the file that goes along is empty; if not, please report it.",
        ),
    ),
    # What should not happen, unless something between here and DingTalk rewrites requests.
    Row(
        (
            *(22, 404, 34004, 34014, 40008, 40078, 43001, 43002, 43004, 43005, 43008, 43009),
            *(47001, 400105),
        ),
        *GARBLED,
    ),
    Row(
        (88,),
        Words(
            "钉钉返回了错误，但没有给出具体原因",
            "见原文的 errmsg；仍不清楚时，附上原文报告此问题。",
        ),
        Words(
            "DingTalk reports an error without its cause",
            "See errmsg in the reply; if it does not help, please report it together with the "
            "reply.",
        ),
    ),
)
