"""The legacy host's error codes on groups and people: what each means, and what to do.

Answered by ``chat/send``, ``chat/create``, ``chat/get``, the contacts' calls and work notices.

Page: open.dingtalk.com, server-api-error-codes-1.
"""

from __future__ import annotations

from notebook_notify.platforms.advice_rows import Row, Words

TABLE: tuple[Row, ...] = (
    # Which group.
    Row(
        (34001, 40016),
        Words(
            "群会话 id 无效",
            "核对 chat_id：建群时钉钉返回的 chatid。普通群没有它：改用群机器人"
            "（%notify_setup 名称）。",
        ),
        Words(
            "the chat id is not valid",
            "Check chat_id: DingTalk gave it as chatid when the group was made. An ordinary group "
            "has none: use a group robot (%notify_setup NAME).",
        ),
    ),
    Row(
        (49000,),
        Words(
            "缺少群会话 id", "在目标中填写 chat_id；没有这个 id 时，用 %notify_setup 名称 设置。"
        ),
        Words(
            "the chat id is missing",
            "Fill in chat_id in the target; if you have none, set one up with %notify_setup NAME.",
        ),
    ),
    Row(
        (34013,),
        Words("群不存在", "核对 chat_id；群已解散时，用 %notify_setup 名称 重新建群。"),
        Words(
            "there is no such group",
            "Check chat_id; if the group was dissolved, have %notify_setup NAME make a new one.",
        ),
    ),
    # Making one.
    Row(
        (49013, 49014, 49018, 49019, 49006),
        Words(
            "群主缺失、不是本组织成员，或不在成员列表里",
            "owner 填本组织成员的 userid（管理后台 → 通讯录），并把它也写进 users。",
        ),
        Words(
            "the owner is missing, not of this organisation, or not among the members",
            "Give as owner the userid of one of its people (admin console → Contacts (通讯录)), "
            "and name it in users as well.",
        ),
    ),
    Row(
        (40031, 49010, 49016),
        Words(
            "成员列表为空，或其中有无效的 userid",
            "核对 users：管理后台 → 通讯录 中的 userid，不是姓名或手机号。",
        ),
        Words(
            "the list of members is empty, or has userids that are not valid",
            "Check users: userids from admin console → Contacts (通讯录), not names or mobile "
            "numbers.",
        ),
    ),
    Row(
        (49005, 49011),
        Words("群成员太多", "一次最多 40 人、一个群最多 1000 人：减少 users。"),
        Words(
            "too many members for a group",
            "Give 40 at most in one call, 1,000 in a group: name fewer in users.",
        ),
    ),
    Row(
        (49009, 49012, 49017, 49021),
        Words("群里的外部联系人不符合要求", "从 users 中去掉本组织以外的人。"),
        Words(
            "people from outside do not fit into the group",
            "Take those who are not of this organisation out of users.",
        ),
    ),
    Row(
        (49020, 49022, 49023),
        Words(
            "有成员拒绝入群，或处于勿扰模式", "从 users 中去掉该成员（见原文），请他以后自行入群。"
        ),
        Words(
            "a member refuses to be added, or is not to be disturbed",
            "Take that member (see the reply) out of users, and have him join later.",
        ),
    ),
    Row(
        (49008, 49015),
        Words("群名或群类型无效", "name 须为 1 到 20 个字，去掉特殊字符。"),
        Words(
            "the group's name or kind is not valid",
            "Give a name of 1 to 20 characters, without special ones.",
        ),
    ),
    Row(
        (1002, 49007),
        Words(
            "建群数量已达上限",
            "使用已有的群，或解散不用的群；也可在已有的群里添加群机器人（%notify_setup 名称）。",
        ),
        Words(
            "no more groups can be made",
            "Use a group that is there, or dissolve one; or add a robot to an existing group "
            "(%notify_setup NAME).",
        ),
    ),
    # People.
    Row(
        (34002, 33012, 60121),
        Words(
            "找不到这个成员",
            "核对 userid 或手机号（管理后台 → 通讯录），并确认他仍在本组织内。",
        ),
        Words(
            "there is no such member",
            "Check the userid or mobile number (admin console → Contacts (通讯录)); the person "
            "must still be in this organisation.",
        ),
    ),
    Row(
        (40104,),
        Words("手机号无效", "填写成员在本组织登记的手机号，11 位数字。"),
        Words(
            "the mobile number is not valid",
            "Give the mobile number that the organisation has of the member, 11 digits.",
        ),
    ),
    Row(
        (60003,),
        Words("部门不存在", "核对部门编号：管理后台 → 通讯录 → 部门；最上级部门是 1。"),
        Words(
            "there is no such department",
            "Check the department's number: admin console → Contacts (通讯录) → the department; "
            "the uppermost is 1.",
        ),
    ),
    Row(
        (1430000,),
        Words("没有有效的接收人", "在目标中填写 users 或 parties，并确认他们仍在本组织内。"),
        Words(
            "there is no recipient",
            "Fill in users or parties in the target; they must still be in this organisation.",
        ),
    ),
    Row(
        (50002, 50004),
        Words(
            "成员或部门不在应用的授权范围内",
            "开发者后台 → 该应用 → 版本管理与发布：扩大可见范围。",
        ),
        Words(
            "a member or department is outside the app's scope",
            "Developer console → the app → Versions (版本管理与发布): widen the visible scope.",
        ),
    ),
)
