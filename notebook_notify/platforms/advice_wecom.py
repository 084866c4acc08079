"""WeCom's error codes: what each means, and what to do.

Codes on chats and people: ``advice_wecom_chats.py``.

Page: developer.work.weixin.qq.com/document/path/90313.
"""

from __future__ import annotations

from notebook_notify.platforms.advice_rows import Row, Words

TABLE: tuple[Row, ...] = (
    # Not our fault: try again.
    Row(
        (-1,),
        Words("企业微信系统繁忙", "过一会儿再发。"),
        Words("WeCom is busy", "Send again in a moment."),
    ),
    Row(
        (6000,),
        Words("数据版本冲突，群可能正被修改", "过一会儿再发；避免同时修改这个群。"),
        Words(
            "data version conflict, the chat is perhaps being changed",
            "Send again in a moment; avoid changing the chat meanwhile.",
        ),
    ),
    Row(
        (45033,),
        Words("同时进行的调用过多", "过几秒再发；减少同时发送的任务。"),
        Words(
            "too many calls at the same moment",
            "Send again in a few seconds; have fewer sends run side by side.",
        ),
    ),
    Row(
        (45009,),
        Words(
            "调用次数超限",
            "至少等 1 分钟再发（小时或当日超限则更久），并把多条消息合成一条。"
            "群机器人每分钟最多 20 条；反复用错误的 Secret 也会触发。",
        ),
        Words(
            "call limit reached",
            "Wait at least a minute (longer for the hourly or daily limit) and merge messages. A "
            "group robot may send 20 a minute; a wrong Secret used over and over also leads here.",
        ),
    ),
    # The credential.
    Row(
        (40001,),
        Words(
            "Secret 不对，或应用已停用",
            "管理后台 → 应用管理 → 该应用，重新复制 Secret，用 %notify_setup 名称 --secret 换上；"
            "并确认它与企业ID 属于同一企业、应用已启用。",
        ),
        Words(
            "wrong Secret, or the app is disabled",
            "Admin console → App Management (应用管理) → the app: copy Secret again, and put it in "
            "with %notify_setup NAME --secret; check that it belongs to this corp id and that the "
            "app is enabled.",
        ),
    ),
    Row(
        (40013, 2000002),
        Words("企业ID 无效", "管理后台 → 我的企业 → 企业信息，复制企业ID 到 corp_id。"),
        Words(
            "the corp id is not valid",
            "Admin console → My Company (我的企业) → Company Info (企业信息): copy Company ID "
            "(企业ID) into corp_id.",
        ),
    ),
    Row(
        (41002,),
        Words("缺少企业ID", "填写 corp_id：管理后台 → 我的企业 → 企业信息 → 企业ID。"),
        Words(
            "the corp id is missing",
            "Fill in corp_id: admin console → My Company (我的企业) → Company Info (企业信息) → "
            "Company ID (企业ID).",
        ),
    ),
    Row(
        (41004,),
        Words("缺少 Secret", "填写 corp_secret：管理后台 → 应用管理 → 该应用 → Secret。"),
        Words(
            "the Secret is missing",
            "Fill in corp_secret: admin console → App Management (应用管理) → app → Secret.",
        ),
    ),
    Row(
        (45031,),
        Words(
            "Secret 被判定为有泄露风险",
            "管理后台 → 应用管理 → 该应用，重置 Secret，写入 corp_secret。",
        ),
        Words(
            "WeCom considers the Secret unsafe",
            "Admin console → App Management (应用管理) → the app: reset Secret, then write it "
            "into corp_secret.",
        ),
    ),
    Row(
        (40014, 42001),
        Words(
            "令牌无效或已过期，换新令牌后仍被拒绝",
            "再发一次；若一直如此，确认 Secret 是自建应用的 Secret，且应用没有刚被重置。",
        ),
        Words(
            "the token is not accepted, and neither is a new one",
            "Send again; if it stays so, check that Secret is a self-built app's and was not reset "
            "just now.",
        ),
    ),
    Row(
        (42009,),
        Words("这是第三方应用的令牌", "改用自建应用：管理后台 → 应用管理 → 自建 → 创建应用。"),
        Words(
            "this is a third-party app's token",
            "Use a self-built app: admin console → App Management (应用管理) → self-built (自建) → "
            "Create App (创建应用).",
        ),
    ),
    Row(
        (41001,),
        Words("请求中没有令牌", "检查代理是否去掉了网址中的参数；没有代理则请报告此问题。"),
        Words(
            "the request had no token",
            "See whether a proxy strips the query from addresses; without one, please report it.",
        ),
    ),
    Row(
        (93000,),
        Words(
            "群机器人的 webhook 无效",
            "群 → 消息推送（群机器人）→ 该机器人，重新复制 Webhook 地址；"
            "机器人已被移除时重新添加一个。",
        ),
        Words(
            "the group robot's webhook is not valid",
            "The group → Message Push (消息推送, group robot) → the robot: copy its webhook "
            "address again; if the robot was removed, add a new one.",
        ),
    ),
    # The application.
    Row(
        (60020,),
        Words(
            "{ip} 不在企业可信 IP 中",
            "管理员：管理后台 → 应用管理 → 该应用 → 企业可信IP → 添加 {ip}（约 1 分钟生效；"
            "须先设置可信域名或接收消息服务器）。\n出口 IP 不固定时，给目标设 proxy。\n"
            "不想等：用 %notify_setup 名称 改用群机器人，它不查 IP。",
        ),
        Words(
            "{ip} is not among the app's trusted IPs",
            "Administrator: admin console → App Management (应用管理) → the app → Trusted IPs "
            "(企业可信IP) → add {ip} (takes about a minute; needs a trusted domain or a "
            "message-receiving URL first).\nIf the address changes, set proxy in the target.\n"
            "No time to wait: use a group robot, which asks for no IP (%notify_setup NAME).",
        ),
    ),
    Row(
        (40056,),
        Words("AgentId 无效", "管理后台 → 应用管理 → 该应用，复制 AgentId 到 agent_id。"),
        Words(
            "the AgentId is not valid",
            "Admin console → App Management (应用管理) → the app: copy AgentId into agent_id.",
        ),
    ),
    Row(
        (41011,),
        Words("缺少 AgentId", "填写 agent_id：管理后台 → 应用管理 → 该应用 → AgentId。"),
        Words(
            "the AgentId is missing",
            "Fill in agent_id: admin console → App Management (应用管理) → app → AgentId.",
        ),
    ),
    Row(
        (301002,),
        Words("AgentId 与 Secret 不是同一个应用的", "从同一个应用的页面复制 AgentId 和 Secret。"),
        Words(
            "AgentId and Secret are of different apps",
            "Copy AgentId and Secret from one and the same app's page.",
        ),
    ),
    Row(
        (48002, 60011),
        Words(
            "应用没有权限",
            "须为自建应用；发群消息时，管理后台 → 应用管理 → 该应用 → 可见范围 "
            "须设为根部门（全公司）。没有管理员时：用 %notify_setup 名称 改用群机器人。",
        ),
        Words(
            "the app has no permission for this",
            "It must be a self-built app; for group chats, admin console → App Management "
            "(应用管理) → the app → visible scope (可见范围) must be the root department (whole "
            "company). Without an administrator: use a group robot (%notify_setup NAME).",
        ),
    ),
    Row(
        (48005,),
        Words("企业微信已停用这个接口", "换一个通道，例如群机器人：%notify_setup 名称。"),
        Words(
            "WeCom no longer offers this call",
            "Use another channel, such as a group robot: %notify_setup NAME.",
        ),
    ),
    Row(
        (50003,),
        Words("应用已停用", "管理后台 → 应用管理 → 该应用 → 启用。"),
        Words(
            "the app is disabled",
            "Admin console → App Management (应用管理) → the app → enable it.",
        ),
    ),
    Row(
        (301007,),
        Words("企业已解散或被封禁", "联系企业管理员。"),
        Words("the enterprise is dissolved or banned", "Ask the enterprise's administrator."),
    ),
    # The text.
    Row(
        (44004,),
        Words("消息内容为空", "发送非空的文本。"),
        Words("the message is empty", "Send a text that is not empty."),
    ),
    Row(
        (45002,),
        Words("消息过长", "文本最多 2048 字节（约 682 个汉字），请缩短。"),
        Words("the message is too long", "A text has 2,048 bytes at most: shorten it."),
    ),
    Row(
        (85002,),
        Words("消息含敏感词", "修改措辞后再发。"),
        Words("the message has forbidden words", "Reword it, then send again."),
    ),
    Row(
        (40058,),
        Words("消息过长", "原文的 errmsg 写明上限：请缩短，或用 --as file 作为文件发送。"),
        Words(
            "the message is too long",
            "The reply's errmsg names the limit: shorten it, or send it as a file (--as file).",
        ),
        "exceed max length",
    ),
    Row(
        (40008, 40035, 40063),
        Words("有参数不合要求", "原文的 errmsg 会指出是哪个字段；在目标中改正。"),
        Words(
            "a parameter is not acceptable",
            "The reply's errmsg names the field: correct it in the target.",
        ),
    ),
    Row(
        (40058,),
        Words(
            "有参数不合要求",
            "原文的 errmsg 会指出是哪个字段；在目标中改正。不能撤回的，是超过 24 小时的消息，"
            "或别的应用发的消息。",
        ),
        Words(
            "a parameter is not acceptable",
            "The reply's errmsg names the field: correct it in the target. What cannot be taken "
            "back is older than 24 hours, or another app's.",
        ),
    ),
    # What goes along.
    Row(
        (40004, 40005, 40123),
        Words("企业微信不接受这种文件或图片", "图片用 PNG 或 JPEG；其他文件打包成 zip 再发。"),
        Words(
            "WeCom does not take this kind of file or picture",
            "Make pictures PNG or JPEG; pack other files into a zip.",
        ),
    ),
    Row(
        (40006, 40009, 45001),
        Words(
            "文件或图片的大小不符",
            "文件须大于 5 字节、最大 20 MB；图片最大 10 MB（群机器人 2 MB）。压缩后再发，"
            "或发送它的链接。",
        ),
        Words(
            "a file or picture is too large, or empty",
            "A file has more than 5 bytes and 20 MB at most, a picture 10 MB at most (2 MB for a "
            "group robot): make it smaller, or send a link to it.",
        ),
    ),
    Row(
        (40007, 41006),
        Words("media_id 缺失、无效或已过期（3 天）", "重启内核后再发：文件会重新上传。"),
        Words(
            "the upload's media_id is missing, not valid, or older than 3 days",
            "Restart the kernel and send again: the file is then uploaded anew.",
        ),
    ),
    Row(
        (44001, 301019),
        Words(
            "上传的文件到达时是空的或不完整",
            "检查文件是否为空、代理是否改动了请求；文件名改用字母数字再试。",
        ),
        Words(
            "the uploaded file arrived empty or damaged",
            "See whether the file is empty, or a proxy changes requests; try a file name of Latin "
            "letters and digits.",
        ),
    ),
    # What should not happen, unless something between here and WeCom rewrites requests.
    Row(
        (43001, 43002),
        Words("企业微信没有读懂请求", "检查 base_url 和代理是否改动了请求；都没有则请报告此问题。"),
        Words(
            "WeCom could not make sense of the request",
            "See whether base_url or a proxy changes requests; if not, please report it.",
        ),
    ),
)
