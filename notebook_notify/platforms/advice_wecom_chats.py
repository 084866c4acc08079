"""WeCom's error codes on group chats and people: what each means, and what to do.

Page: developer.work.weixin.qq.com/document/path/90313.
"""

from __future__ import annotations

from notebook_notify.platforms.advice_rows import Row, Words

TABLE: tuple[Row, ...] = (
    # Who is to get it.
    Row(
        (81013,),
        Words(
            "收件人全部无效，或都不在可见范围内",
            "核对 users、parties、tags，以及管理后台 → 应用管理 → 该应用 → 可见范围。",
        ),
        Words(
            "no recipient is valid, or none within the app's scope",
            "Check users, parties and tags, and admin console → App Management (应用管理) → the "
            "app → visible scope (可见范围).",
        ),
    ),
    Row(
        (82001,),
        Words("没有有效的收件人", "在目标中填写 users、parties 或 tags。"),
        Words("there is no recipient", "Fill in users, parties or tags in the target."),
    ),
    Row(
        (82002, 82003),
        Words("部门或标签过多", "每次最多 100 个部门、100 个标签，拆成几个目标。"),
        Words(
            "too many departments or tags",
            "One message goes to 100 departments and 100 tags at most: make several targets.",
        ),
    ),
    Row(
        (40003, 60111, 40031),
        Words(
            "成员账号无效",
            "填管理后台 → 通讯录 → 成员 的「账号」，不是姓名；并确认成员在应用可见范围内。",
        ),
        Words(
            "a member's account is not valid",
            "Use account (账号) from admin console → Contacts (通讯录) → member, not the display "
            "name; the member must be within the app's scope.",
        ),
    ),
    Row(
        (50002,),
        Words("成员不在应用可见范围内", "管理后台 → 应用管理 → 该应用 → 可见范围，加入该成员。"),
        Words(
            "a member is outside the app's scope",
            "Admin console → App Management (应用管理) → the app → visible scope (可见范围): add "
            "the member.",
        ),
    ),
    # Which chat.
    Row(
        (86001, 86205, 86206),
        Words(
            "群聊 id 无效",
            "核对 chat_id：建群时企业微信返回的 chatid，最多 32 个字母数字。"
            "客户端里建的群没有这个 id：改用群机器人（%notify_setup 名称）。",
        ),
        Words(
            "the chat id is not valid",
            "Check chat_id: WeCom gave it as chatid when the chat was made, 32 letters and digits "
            "at most. A group made in the client has none: use a group robot (%notify_setup NAME).",
        ),
    ),
    Row(
        (86201,),
        Words(
            "缺少群聊 id", "在目标中填写 chat_id；还没有群时，%notify_setup 名称 会建群并保存它。"
        ),
        Words(
            "the chat id is missing",
            "Fill in chat_id in the target; if there is no chat yet, %notify_setup NAME makes one "
            "and saves its id.",
        ),
    ),
    Row(
        (86003, 40050),
        Words("群聊不存在", "核对 chat_id；群已解散时，用 %notify_setup 名称 以同一应用重新建群。"),
        Words(
            "there is no such chat",
            "Check chat_id; if the chat was dissolved, have %notify_setup NAME make a new one with "
            "the same app.",
        ),
    ),
    Row(
        (86008,),
        Words(
            "这个群由另一个应用创建",
            "改用创建该群的应用的 Secret，或用 %notify_setup 名称 以本应用重新建群。",
        ),
        Words(
            "another app created this chat",
            "Use the Secret of the app that created it, or have %notify_setup NAME make a chat "
            "with this app.",
        ),
    ),
    Row(
        (86215,),
        Words(
            "这个群聊 id 已被使用",
            "群可能已经建好：用 get_chat(chat_id) 查看并直接使用；不是您的群就换一个 chat_id。",
        ),
        Words(
            "the chat id is taken",
            "The chat is perhaps there already: look with get_chat(chat_id) and use it; if it is "
            "not yours, choose another chat_id.",
        ),
    ),
    # What it is called, and who is in it.
    Row(
        (86004, 86202),
        Words("群名缺失或无效", "填写 name：最多 50 个字。"),
        Words("the chat's name is missing or not valid", "Fill in name: 50 characters at most."),
    ),
    Row(
        (86005, 86203, 86207),
        Words(
            "群主缺失、无效，或不在成员列表里",
            "owner 填管理后台 → 通讯录 → 成员 的「账号」，并把它也写进 users。",
        ),
        Words(
            "the owner is missing, not valid, or not among the members",
            "Give as owner the account (账号) from admin console → Contacts (通讯录) → member, and "
            "name it in users as well.",
        ),
    ),
    Row(
        (40032,),
        Words("成员太多", "一条应用消息最多发给 1000 人，一个群最多 2000 人：拆成几个目标或群。"),
        Words(
            "too many members",
            "An application's message goes to 1,000 people at most, a chat has 2,000: make "
            "several.",
        ),
    ),
    Row(
        (86006, 86204),
        Words("群成员人数不符", "users 须有 2 到 2000 名不同的成员，群主计算在内。"),
        Words(
            "the number of members does not fit",
            "Give 2 to 2,000 different members in users, the owner included.",
        ),
    ),
    Row(
        (86007, 86216),
        Words(
            "群里有无效成员",
            "核对 users：须是在职成员的「账号」，且在 管理后台 → 应用管理 → 该应用 → 可见范围 内。",
        ),
        Words(
            "a member of the chat is not valid",
            "Check users: each is the account (账号) of someone still in the enterprise, within "
            "admin console → App Management (应用管理) → the app → visible scope (可见范围).",
        ),
    ),
    Row(
        (86217,),
        Words("发送者不在群里", "请群主把发送者加入该群，再发。"),
        Words("the sender is not in the chat", "Ask its owner to add the sender, then send again."),
    ),
    Row(
        (86101,),
        Words("只有群主可以这样做", "请群主操作；或用 update_chat 的 owner 更换群主。"),
        Words(
            "only the chat's owner may do this",
            "Ask the owner to do it; or change the owner, by owner of update_chat.",
        ),
    ),
    # A robot's group.
    Row(
        (93004,),
        Words("群机器人已停用", "群 → 消息推送（群机器人）→ 该机器人：启用它，或重新添加一个。"),
        Words(
            "the group robot is disabled",
            "The group → Message Push (消息推送, group robot) → the robot: enable it, or add a new "
            "one.",
        ),
    ),
    Row(
        (93006, 93008),
        Words(
            "群机器人不在这个群里，或群 id 无效",
            "群 → 消息推送（群机器人）：重新添加一个，把它的 Webhook 地址写入 webhook。",
        ),
        Words(
            "the group robot is not in the group, or the group's id is not valid",
            "The group → Message Push (消息推送, group robot): add a robot again, and write its "
            "webhook address into webhook.",
        ),
    ),
)
