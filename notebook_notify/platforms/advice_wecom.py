"""WeCom's error codes: what each means, and what to do.

Only codes that ``gettoken``, ``appchat/send``, ``message/send`` and a robot's ``webhook/send``
answer are here.

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
            "too many calls at the same moment", "Send again in seconds; send less side by side."
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
            "Wait at least a minute (longer for the hourly or daily limit) and merge messages. "
            "A group robot may send 20 a minute; a wrong Secret used over and over also leads "
            "here.",
        ),
    ),
    # The credential.
    Row(
        (40001,),
        Words(
            "Secret 不对，或应用已停用",
            "管理后台 → 应用管理 → 该应用，重新复制 Secret，并确认它与企业ID 属于同一企业、"
            "应用已启用。",
        ),
        Words(
            "wrong Secret, or the app is disabled",
            "Admin console → 应用管理 → the app: copy Secret again; check that it belongs to this "
            "corp id and that the app is enabled.",
        ),
    ),
    Row(
        (40013, 2000002),
        Words("企业ID 无效", "管理后台 → 我的企业 → 企业信息，复制企业ID 到 corp_id。"),
        Words(
            "the corp id is not valid",
            "Admin console → 我的企业 → 企业信息: copy 企业ID into corp_id.",
        ),
    ),
    Row(
        (41002,),
        Words("缺少企业ID", "填写 corp_id：管理后台 → 我的企业 → 企业信息 → 企业ID。"),
        Words(
            "the corp id is missing",
            "Fill in corp_id: admin console → 我的企业 → 企业信息 → 企业ID.",
        ),
    ),
    Row(
        (41004,),
        Words("缺少 Secret", "填写 corp_secret：管理后台 → 应用管理 → 该应用 → Secret。"),
        Words(
            "the Secret is missing", "Fill in corp_secret: admin console → 应用管理 → app → Secret."
        ),
    ),
    Row(
        (45031,),
        Words(
            "Secret 被判定为有泄露风险", "管理后台 → 应用管理 → 该应用，重置 Secret 并更新配置。"
        ),
        Words(
            "WeCom considers the Secret unsafe",
            "Admin console → 应用管理 → the app: reset Secret, then update the configuration.",
        ),
    ),
    Row(
        (40014, 42001),
        Words(
            "令牌无效或已过期，换新令牌后仍被拒绝",
            "再发一次；若一直如此，确认 Secret 是自建应用的 Secret，且应用没有刚被重置。",
        ),
        Words(
            "the token is not accepted, a new one neither",
            "Send again; if it stays so, check that Secret is a self-built app's and was not "
            "reset just now.",
        ),
    ),
    Row(
        (42009,),
        Words("这是第三方应用的令牌", "改用自建应用：管理后台 → 应用管理 → 自建 → 创建应用。"),
        Words(
            "this is a third-party app's token",
            "Use a self-built app: admin console → 应用管理 → 自建 → 创建应用.",
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
            "The group → 消息推送 (group robot) → the robot: copy its webhook address again; if "
            "the robot was removed, add a new one.",
        ),
    ),
    # The application.
    Row(
        (60020,),
        Words(
            "{ip} 不在企业可信 IP 中",
            "管理员：管理后台 → 应用管理 → 该应用 → 企业可信IP → 添加 {ip}（约 1 分钟生效；"
            "须先设置可信域名或接收消息服务器）。出口 IP 不固定时，给目标设 proxy。"
            "不想等：用 %notify_setup 改用群机器人，它不查 IP。",
        ),
        Words(
            "{ip} is not among the app's trusted IPs",
            "Administrator: admin console → 应用管理 → the app → 企业可信IP → add {ip} (takes "
            "about a minute; needs a trusted domain or a message-receiving URL first). If the "
            "address changes, set proxy in the target. No time to wait: take a group robot, "
            "which asks for no IP, by %notify_setup.",
        ),
    ),
    Row(
        (40056,),
        Words("AgentId 无效", "管理后台 → 应用管理 → 该应用，复制 AgentId 到 agent_id。"),
        Words("the AgentId is not valid", "Admin console → 应用管理 → the app: copy AgentId."),
    ),
    Row(
        (41011,),
        Words("缺少 AgentId", "填写 agent_id：管理后台 → 应用管理 → 该应用 → AgentId。"),
        Words(
            "the AgentId is missing", "Fill in agent_id: admin console → 应用管理 → app → AgentId."
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
            "须设为根部门（全公司）。",
        ),
        Words(
            "the app has no permission for this",
            "It must be a self-built app; for group chats, admin console → 应用管理 → the app → "
            "可见范围 must be the root department (whole company).",
        ),
    ),
    Row(
        (48005,),
        Words("企业微信已停用这个接口", "换一个渠道，例如应用消息。"),
        Words(
            "WeCom no longer offers this call", "Use another channel, such as application messages."
        ),
    ),
    Row(
        (50003,),
        Words("应用已停用", "管理后台 → 应用管理 → 该应用 → 启用。"),
        Words("the app is disabled", "Admin console → 应用管理 → the app → enable it."),
    ),
    Row(
        (301007,),
        Words("企业已解散或被封禁", "联系企业管理员。"),
        Words("the enterprise is dissolved or banned", "Ask the enterprise's administrator."),
    ),
    # Who is to get it.
    Row(
        (81013,),
        Words(
            "收件人全部无效，或都不在可见范围内",
            "核对 users、parties、tags，以及管理后台 → 应用管理 → 该应用 → 可见范围。",
        ),
        Words(
            "no recipient is valid, or none within the app's scope",
            "Check users, parties and tags, and admin console → 应用管理 → the app → 可见范围.",
        ),
    ),
    Row(
        (82001,),
        Words("没有收件人", "在目标中填写 users、parties 或 tags。"),
        Words("no recipient is given", "Fill in users, parties or tags in the target."),
    ),
    Row(
        (82002, 82003),
        Words("部门或标签过多", "每次最多 100 个部门、100 个标签，拆成几个目标。"),
        Words("too many departments or tags", "100 of each at most: make several targets."),
    ),
    Row(
        (40003, 60111, 40031),
        Words(
            "成员账号无效",
            "填管理后台 → 通讯录 → 成员 的「账号」，不是姓名；并确认成员在应用可见范围内。",
        ),
        Words(
            "a member's account is not valid",
            "Use 账号 from admin console → 通讯录 → member, not the display name; the member must "
            "be within the app's scope.",
        ),
    ),
    Row(
        (50002,),
        Words("成员不在应用可见范围内", "管理后台 → 应用管理 → 该应用 → 可见范围，加入该成员。"),
        Words(
            "a member is outside the app's scope",
            "Admin console → 应用管理 → the app → 可见范围: add the member.",
        ),
    ),
    # The chat.
    Row(
        (86001, 86201, 86205, 86206),
        Words(
            "群聊 id 无效",
            "核对 chat_id：它是该应用调用 appchat/create 时返回的 chatid（最多 32 个字母数字）。"
            "客户端里建的群没有这个 id。",
        ),
        Words(
            "the chat id is not valid",
            "Check chat_id: appchat/create answered it as chatid (32 letters and digits at most). "
            "Groups made in the client have none.",
        ),
    ),
    Row(
        (86003,),
        Words("群聊不存在", "核对 chat_id；群已解散时，用同一应用调用 appchat/create 重新建群。"),
        Words(
            "there is no such chat",
            "Check chat_id; a dissolved chat must be made anew by the same app (appchat/create).",
        ),
    ),
    Row(
        (86008,),
        Words("这个群由另一个应用创建", "改用创建该群的应用的 Secret，或用本应用重新建群。"),
        Words(
            "another app created this chat",
            "Use the Secret of the app that created it, or create a chat with this app.",
        ),
    ),
    Row(
        (86216, 86217),
        Words("群里有无效成员，或发送者不在群里", "检查群成员是否仍在企业内、在应用可见范围内。"),
        Words(
            "a member of the chat is not valid, or the sender is not in it",
            "See whether its members are still in the enterprise and within the app's scope.",
        ),
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
)
