"""The error codes of DingTalk's custom robots: what each means, and what to do.

310000 has four causes, which its text alone tells apart, in English or in Chinese; that of a wrong
signature speaks of the time as well.

Page: open.dingtalk.com, custom-robots-send-group-messages. Not on it, but answered: 300001 and
300005 to a wrong token, 130101 and 660026 to too many messages, 460101 and 101002 to long ones.
"""

from __future__ import annotations

from notebook_notify.platforms.advice_rows import Row, Words

_TOO_FAST = (
    Words(
        "机器人发送过快：每分钟最多 20 条",
        "约 10 分钟后再发，并把多条消息合成一条；很急时换一个机器人。",
    ),
    Words(
        "the robot sends too fast: 20 messages a minute at most",
        "Send again in about 10 minutes, and merge messages; if it is urgent, use another robot.",
    ),
)

TABLE: tuple[Row, ...] = (
    Row(
        (310000,),
        Words(
            "消息里没有机器人的自定义关键词",
            "群设置 → 机器人 → 该机器人 → 安全设置，把其中一个关键词写入目标的 keyword。",
        ),
        Words(
            "the message has none of the robot's keywords",
            "Group settings → Robots (机器人) → the robot → Security (安全设置): write one of its "
            "keywords into keyword of the target.",
        ),
        "keyword|关键词",
    ),
    Row(
        (310000,),
        Words(
            "{ip} 不在机器人允许的 IP 中",
            "群设置 → 机器人 → 该机器人 → 安全设置 → IP 地址（段），添加 {ip}；"
            "出口 IP 不固定时改用加签。",
        ),
        Words(
            "{ip} is not among the robot's addresses",
            "Group settings → Robots (机器人) → the robot → Security (安全设置) → Addresses (IP "
            "地址（段）): add {ip}; if the address changes, use Sign (加签) instead.",
        ),
        r"\bip\b|白名单|whitelist",
    ),
    Row(
        (310000,),
        Words(
            "签名不对",
            "群设置 → 机器人 → 该机器人 → 安全设置 → 加签，重新复制 SEC 开头的密钥到 secret，"
            "并确认它与 webhook 属于同一个机器人。",
        ),
        Words(
            "the signature does not match",
            "Group settings → Robots (机器人) → the robot → Security (安全设置) → Sign (加签): "
            "copy the secret that begins with SEC into secret; it must be of the same robot as the "
            "webhook.",
        ),
        "sign not match|签名不",
    ),
    Row(
        (310000,),
        Words("签名的时间不对", "校准本机时间：与标准时间相差不能超过 1 小时。"),
        Words(
            "the signature's time is off",
            "Set this machine's clock: it may be off by an hour at most.",
        ),
        "timestamp|时间戳",
    ),
    Row(
        (310000,),
        Words(
            "没有通过机器人的安全设置",
            "群设置 → 机器人 → 该机器人 → 安全设置，核对关键词、加签密钥、IP 地址（段）。",
        ),
        Words(
            "the message did not pass the robot's security settings",
            "Group settings → Robots (机器人) → the robot → Security (安全设置): check keywords, "
            "the sign's secret, addresses.",
        ),
    ),
    # The documents once had 300001 for what is too fast; it is answered to a wrong token.
    Row((300001,), *_TOO_FAST, "fast|frequent|exceed|频|限流"),
    Row(
        (300001, 300005, 400101),
        Words(
            "机器人的 access_token 无效",
            "群设置 → 机器人 → 该机器人，重新复制 Webhook 地址到 webhook。",
        ),
        Words(
            "the robot's access_token is not valid",
            "Group settings → Robots (机器人) → the robot: copy its webhook address into webhook "
            "again.",
        ),
    ),
    Row(
        (400013,),
        Words("机器人的群已解散", "在新的群里添加机器人，把它的 Webhook 地址写入 webhook。"),
        Words(
            "the robot's group is dissolved",
            "Add a robot to a new group, and write its webhook address into webhook.",
        ),
    ),
    Row(
        (400102, 400106),
        Words("机器人已停用或已被移除", "群设置 → 机器人：启用它，或重新添加一个。"),
        Words(
            "the robot is stopped or removed",
            "Group settings → Robots (机器人): enable it, or add a new one.",
        ),
    ),
    Row((410100, 130101, 660026), *_TOO_FAST),
    Row(
        (430101,),
        Words("消息含不安全的链接", "去掉链接后再发。"),
        Words("the message has an unsafe link", "Remove the link, then send again."),
    ),
    Row(
        (430102, 430104),
        Words("消息含不合适的文字或内容", "修改措辞后再发。"),
        Words("the message has unsuitable text or content", "Reword it, then send again."),
    ),
    Row(
        (430103,),
        Words("消息含不合适的图片", "去掉图片（--no-images）后再发。"),
        Words("the message has an unsuitable picture", "Send it without pictures (--no-images)."),
    ),
    Row(
        (460101, 101002),
        Words("消息过长", "机器人的一条消息最多 20000 字节，请缩短。"),
        Words("the message is too long", "A robot's message has 20,000 bytes at most: shorten it."),
    ),
)
