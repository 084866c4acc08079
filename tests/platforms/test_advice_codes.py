"""Every code of the platforms' tables, answered by the sandbox, as the reader of a report meets it."""

from __future__ import annotations

import re

import pytest

from notebook_notify import texts
from notebook_notify.errors import PlatformError
from notebook_notify.messages import Message
from notebook_notify.platforms import (
    advice_dingtalk,
    advice_dingtalk_groups,
    advice_dingtalk_robot,
    advice_dingtalk_v1,
    advice_wecom,
    advice_wecom_chats,
    dingtalk,
    dingtalk_admin,
    dingtalk_v1,
    wecom,
    wecom_admin,
)
from notebook_notify.platforms.advice import advise
from notebook_notify.reports import SendReport
from notebook_notify.sandbox import Sandbox, dingtalk_errors, dingtalk_v1_errors, wecom_errors
from notebook_notify.sending.dispatch import Sender
from notebook_notify.targets import Target

#: The calls that are refused: target, part of the path, and what is asked if it is no message.
CALLS = {
    "gettoken": ("wecom_chat", "/cgi-bin/gettoken", None),
    "appchat": ("wecom_chat", "/appchat/send", None),
    "message": ("wecom_app", "/message/send", None),
    "webhook": ("wecom_robot", "/webhook/send", None),
    "appchat/create": (
        "wecom_chat",
        "/appchat/create",
        wecom_admin.create(wecom_admin.group("a", "li", ["li", "wu"]), "a1"),
    ),
    "ding/gettoken": ("dingtalk_chat", "/gettoken", None),
    "chat/send": ("dingtalk_chat", "/chat/send", None),
    "notice": ("dingtalk_notice", "asyncsend_v2", None),
    "robot": ("dingtalk_robot", "/robot/send", None),
    "chat/create": (
        "dingtalk_chat",
        "/chat/create",
        dingtalk_admin.create_legacy(dingtalk_admin.group("a", "li", ["li"])),
    ),
    "listsub": ("dingtalk_chat", "/department/listsub", dingtalk_admin.departments(1)),
    "mobile": ("dingtalk_chat", "/user/getbymobile", dingtalk_admin.user_id("13800000000")),
    "accessToken": ("dingtalk_app_robot", "/oauth2/accessToken", None),
    "group": ("dingtalk_app_robot", "/groupMessages/send", None),
    "group/create": (
        "dingtalk_app_robot",
        "/im/group/create",
        dingtalk_admin.create(dingtalk_admin.group("a", "li", ["li"])),
    ),
}
#: Call and codes; then what must be read in what happened and in what to do, in both languages.
#: A code that DingTalk's gateway answers is wrapped into 88.
WECOM = """
appchat -1 | busy | again in a moment | 系统繁忙 | 过一会儿
appchat 6000 | version conflict | changing the chat | 版本冲突 | 避免同时修改
webhook 45033 | at the same moment | side by side | 同时进行 | 减少同时
appchat 45009 | call limit | at least a minute | 次数超限 | 至少等 1 分钟
gettoken 40001 | wrong Secret | copy Secret again | Secret 不对 | 重新复制 Secret
gettoken 40013 2000002 | corp id is not | into corp_id | 企业ID 无效 | 到 corp_id
gettoken 41002 | corp id is missing | Fill in corp_id | 缺少企业ID | 填写 corp_id
gettoken 41004 | Secret is missing | Fill in corp_secret | 缺少 Secret | 填写 corp_secret
gettoken 45031 | unsafe | reset Secret | 泄露风险 | 重置 Secret
appchat 40014 42001 | token is not accepted | self-built | 换新令牌后 | 自建应用
appchat 42009 | third-party | Create App | 第三方应用 | 创建应用
appchat 41001 | had no token | a proxy strips | 没有令牌 | 代理是否
webhook 93000 | webhook is not valid | copy its webhook | webhook 无效 | 重新复制
webhook 93004 | robot is disabled | enable it | 机器人已停用 | 启用它
webhook 93006 93008 | not in the group | add a robot again | 不在这个群里 | 重新添加
appchat 60020 | IP 127.0.0.1 is not among the app's trusted | add 127.0.0.1 | 可信 IP | 添加 127.0.0.1
message 40056 | AgentId is not | into agent_id | AgentId 无效 | 到 agent_id
message 41011 | AgentId is missing | Fill in agent_id | 缺少 AgentId | 填写 agent_id
message 301002 | different apps | one and the same | 不是同一个应用 | 同一个应用
appchat 48002 60011 | no permission | root department | 没有权限 | 根部门
appchat 48005 | no longer offers | another channel | 已停用这个接口 | 换一个通道
message 50003 | app is disabled | enable it | 应用已停用 | 启用
message 301007 | dissolved or banned | administrator | 解散或被封禁 | 管理员
message 81013 | no recipient is valid | users, parties | 全部无效 | users、parties
message 82001 | is no recipient | Fill in users | 没有有效的收件人 | 填写 users
message 82002 82003 | departments or tags | several targets | 部门或标签过多 | 几个目标
message 40003 60111 40031 | account is not valid | display name | 账号无效 | 不是姓名
message 40032 | too many members | 1,000 people | 成员太多 | 1000 人
message 50002 | outside the app's scope | add the member | 不在应用可见范围 | 加入该成员
appchat 86001 86205 86206 | chat id is not valid | gave it as chatid | id 无效 | 返回的 chatid
appchat 86201 | chat id is missing | Fill in chat_id | 缺少群聊 id | 填写 chat_id
appchat 86003 40050 | no such chat | dissolved | 群聊不存在 | 重新建群
appchat 86008 | another app created | Secret of the app | 另一个应用创建 | 的 Secret
appchat/create 86215 | id is taken | get_chat | 已被使用 | get_chat
appchat/create 86004 86202 | name is missing | 50 characters | 群名缺失 | 50 个字
appchat/create 86005 86203 86207 | the owner is | in users as well | 群主缺失 | 也写进 users
appchat/create 86006 86204 | number of members | 2 to 2,000 | 成员人数 | 2 到 2000
appchat/create 86007 86216 | member of the chat is not | visible scope | 无效成员 | 可见范围
appchat 86217 | sender is not in | add the sender | 发送者不在群 | 发送者加入
appchat/create 86101 | only the chat's owner | update_chat | 只有群主 | update_chat
appchat 44004 | message is empty | not empty | 内容为空 | 非空
appchat 45002 | too long | 2,048 bytes | 消息过长 | 2048 字节
appchat 85002 | forbidden words | Reword | 敏感词 | 修改措辞
appchat 40008 40035 40063 | parameter is not | names the field | 参数不合 | 哪个字段
message 40058 | parameter is not | 24 hours | 参数不合 | 24 小时
appchat 40004 40005 40123 | kind of file | into a zip | 不接受这种文件 | 打包成 zip
appchat 40006 40009 45001 | too large, or empty | 20 MB | 大小不符 | 20 MB
appchat 40007 41006 | media_id is missing | uploaded anew | media_id 缺失 | 重新上传
appchat 44001 301019 | empty or damaged | file name | 不完整 | 文件名
appchat 43001 43002 | make sense | report it | 没有读懂 | 报告此问题
"""
DINGTALK = """
chat/send -1 400001 | DingTalk is busy | in a moment | 系统繁忙 | 过一会儿
chat/send 34015 | could not send it | in a moment | 发送群消息失败 | 过一会儿
chat/send 90001 90002 90003 90004 90005 90006 90017 90018 | too many calls | seconds | 限流 | 几秒
chat/send 45009 | call limit | merge | 次数超限 | 合成一条
chat/send 90020 | calls for this month | next month | 当月 | 下月恢复
ding/gettoken 40096 40089 | wrong AppKey | Client ID (AppKey) | AppKey 或 | 重新复制 Client ID
ding/gettoken 40001 | wrong AppSecret, or a token | check Client Secret | 令牌无效 | 核对 Client Secret
chat/send 40014 42001 | token is not accepted | internal app | 换新令牌后 | 企业内部应用
chat/send 40000 41001 | had no token | a proxy strips | 没有令牌 | 代理是否
chat/send 33001 | organisation is not valid | top right | 组织无效 | 右上角
chat/send 70001 | gone or dissolved | administrator | 不存在或已解散 | 管理员
chat/send 60020 | 127.0.0.1 is not on the app's list | add 127.0.0.1 | 白名单 | 添加 127.0.0.1
chat/send 60011 | no permission | Permissions | 没有调用这个接口的权限 | 权限管理
chat/send 43007 | authorisation | strip the query | 需要授权 | 网址中的参数
chat/send 48002 | not open to the app | dingtalk_app_robot | 没有向该应用开放 | dingtalk_app_robot
chat/send 50003 | app is disabled | enable it | 应用已停用 | 启用
notice 50002 50004 | outside the app's scope | widen | 授权范围 | 扩大可见范围
notice 41028 41044 | sending is not allowed | whole staff | 不允许发送 | 禁言
chat/send 34001 40016 | chat id is not valid | gave it as chatid | 会话 id 无效 | 返回的 chatid
chat/send 49000 | chat id is missing | Fill in chat_id | 缺少群会话 id | 填写 chat_id
chat/send 34013 | no such group | dissolved | 群不存在 | 重新建群
chat/create 49013 49014 49018 49019 49006 | owner is missing | users as well | 群主缺失 | 也写进 users
chat/create 40031 49010 49016 | list of members is empty | userids | 列表为空 | 不是姓名
chat/create 49005 49011 | too many members | 40 at most | 成员太多 | 最多 40 人
chat/create 49009 49012 49017 49021 | from outside | out of users | 外部联系人 | 本组织以外
chat/create 49020 49022 49023 | refuses to be added | join later | 拒绝入群 | 自行入群
chat/create 49008 49015 | name or kind | 1 to 20 | 群名或群类型 | 1 到 20
chat/create 1002 49007 | no more groups | dissolve one | 达上限 | 已有的群
mobile 34002 33012 60121 | no such member | mobile number | 找不到这个成员 | 手机号
mobile 40104 | mobile number is not valid | 11 digits | 手机号无效 | 11 位
listsub 60003 | no such department | uppermost | 部门不存在 | 最上级
notice 1430000 | is no recipient | users or parties | 没有有效的接收人 | users 或 parties
chat/send 44002 44004 | message is empty | not empty | 内容为空 | 非空
chat/send 34016 45002 41101 | too long | 2,048 bytes | 消息过长 | 2048 字节
chat/send 41049 60022 | forbidden content | Reword | 违禁内容 | 修改措辞
notice 40035 400002 | parameter is missing | names the field | 缺少参数 | 哪个字段
chat/send 40004 40005 | kind of file | into a zip | 不接受这种文件 | 打包成 zip
chat/send 40006 | too large, or empty | 20 MB | 大小不符 | 20 MB
chat/send 40007 | media_id is not valid | uploaded anew | media_id 无效 | 重新上传
chat/send 34008 34009 34010 44001 | link or file is empty | goes along | 是空的 | 附带的文件
chat/send 22 404 34004 34014 40008 40078 | make sense | report it | 没有读懂 | 报告此问题
chat/send 43001 43002 43004 43005 43008 43009 47001 | make sense | report | 没有读懂 | 报告
robot 400105 | make sense | report it | 没有读懂 | 报告此问题
chat/send 88 | without its cause | errmsg | 没有给出具体原因 | errmsg
robot 310000 | security settings | check keywords | 安全设置 | 核对关键词
robot 300001 300005 400101 | access_token is not | webhook address | access_token 无效 | Webhook 地址
robot 400013 | group is dissolved | new group | 群已解散 | 新的群
robot 400102 400106 | stopped or removed | enable it | 停用或已被移除 | 启用它
robot 410100 130101 660026 | 20 messages a minute | 10 minutes | 每分钟最多 20 | 10 分钟
robot 430101 | unsafe link | Remove the link | 不安全的链接 | 去掉链接
robot 430102 430104 | unsuitable text | Reword | 不合适的文字 | 修改措辞
robot 430103 | unsuitable picture | --no-images | 不合适的图片 | --no-images
robot 460101 101002 | too long | 20,000 bytes | 消息过长 | 20000 字节
"""
#: ``D.`` stands for ``Forbidden.AccessDenied.``
V1 = """
group system.busy system.error unknownError | busy or in trouble | in a moment | 繁忙或出错 | 过一会儿
group D.QpsLimitForApi D.QpsLimitForAppkeyAndApi | too many calls | few seconds | 调用过快 | 几秒
group qps.exceed.limit request.overlimit | too many calls | few seconds | 调用过快 | 几秒
group D.QpmLimitForAppkeyAndApi | messages a minute | in a minute | 发送过快 | 过一分钟
group send.too.fast send.byToken.tooFast | messages a minute | in a minute | 发送过快 | 过一分钟
group D.ApiCountLimitForOrg | calls for this month | next month | 当月 | 下月恢复
group unknown.send.result | whether it was sent | Look in the group first | 是否已发出 | 先看群里
accessToken invalidClientIdOrSecret | wrong Client ID | into app_key | Client Secret | app_key
group InvalidAuthentication accesstoken.expired | not accepted | internal app | 换新令牌后 | 内部应用
group AuthenticationFailed.MissingParameter | had no token | strips headers | 没有令牌 | 请求头
group D.AccessTokenPermissionDenied apiPermissionDenied | no permission | apply | 权限 | 权限管理
group/create permession.checkFailed | no permission | apply | 权限 | 权限管理
group D.IpNotInWhiteList | list of addresses | Server IPs | 白名单 | 服务器出口IP
group Forbidden.AccessDenied | does not allow | Security | 不允许 | 安全设置
group invalidParameter.robotCode.auth | different apps | leave robot_code out | 同一个 | 删去 robot_code
group invalidParameter.robotCode.notExsit | not published | publish | 没有发布 | 发布应用
group invalidParameter.robotCode.empty invalidParameter.robotCode | not published | publish | 发布 | 发布
group invalid.openConversationId miss.openConversationId | robot is not in | add | 不在群里 | 添加
group conversation.org.notMatch resource.not.found | robot is not in | add | 不在群里 | 添加
group/create invalideChatId | no such group | open_conversation_id | 找不到 | open_conversation_id
group group.disbanded | is dissolved | another group | 已解散 | 换一个群
group bot.stopped | robot is stopped | enable it | 已停用 | 启用它
group bot.forbidden.sendMessage | muted | unmute | 被禁言 | 解除
group keywords.not.match | none of the robot's keywords | see the keywords | 关键词 | 查看关键词
group sign.not.match | signature | check Sign | 签名不对 | 核对加签
group ip.not.match | robot's addresses | Addresses | 允许的 IP | IP 地址（段）
group too.many.group too.many.people | groups or people | fewer targets | 太多 | 减少目标
group invalid.processQueryKey | cannot be taken back | by hand | 不能撤回 | 手动撤回
group contain.unsafe.url contain.unsafe | unsafe link | Remove the link | 不安全的链接 | 去掉链接
group contain.notAllowed.picture | unsuitable picture | --no-images | 图片 | --no-images
group contain.notAllowed.text contain.notAllowed.content | forbidden | Reword | 违禁 | 修改措辞
group contain.notAllowed | forbidden content | Reword | 违禁内容 | 修改措辞
group invalidParameter.msgParam.tooLong | too long | 15,000 bytes | 消息过长 | 15000 字节
group invalidParameter.msgKey.invalid invalidParameter.msgParam.invalid | sense | report | 读懂 | 报告
group invalidParameter parameter.invalid miss.param miss.chatbotId | sense | report | 读懂 | 报告
group InvalidAction.NotFound InvalidAction | make sense | report it | 没有读懂 | 报告此问题
accessToken Missingbody MissingappKey MissingappSecret | sense | report | 没有读懂 | 报告此问题
"""
#: Codes of DingTalk's gateway, which come inside 88.
WRAPPED = {22, 40000, 40014, 43007, 60011, 60020, *range(90001, 90007), 90017, 90018, 90020}
#: Those after which one more call is made, with a new token.
REFRESHED = wecom.REFRESH | dingtalk.REFRESH | dingtalk_v1.REFRESH


def _cases():
    for table in (WECOM, DINGTALK, V1):
        for line in table.strip().splitlines():
            head, *words = [cell.strip() for cell in line.split(" | ")]
            call, *codes = head.replace("D.", "Forbidden.AccessDenied.").split(" ")
            for code in codes:
                number = re.fullmatch(r"-?\d+", code)
                meant = int(code) if number else code
                yield pytest.param(call, meant, words, id=f"{call} {code}")


CASES = list(_cases())
#: The rows of each platform.
ANSWERED = {
    "wecom": [*advice_wecom.TABLE, *advice_wecom_chats.TABLE],
    "dingtalk": [
        *(*advice_dingtalk.TABLE, *advice_dingtalk_groups.TABLE),
        *(*advice_dingtalk_robot.TABLE, *advice_dingtalk_v1.TABLE),
    ],
}


@pytest.fixture(scope="module")
def box():
    """One sandbox for all codes."""
    with Sandbox() as running:
        yield running


def refused(box, call, code):
    """The report of a message, or of another call, that the sandbox refused with *code*."""
    name, path, asked = CALLS[call]
    fields = dict(box.targets[f"sandbox-{name}"])
    target = Target(fields.pop("channel"), fields, name="ops")
    again = code in REFRESHED and not call.endswith(("token", "Token"))
    kind = {"code": code} if isinstance(code, str) else {"errcode": code}
    if code in WRAPPED and name.startswith("dingtalk"):
        kind = {"sub_code": code}
    box.fail_next(**kind, path=path, count=2 if again else 1)
    sender = Sender(pauses=())
    try:
        if asked is None:
            return sender.send([(target, Message("loss 0.1"))])
        with pytest.raises(PlatformError) as caught:
            sender.ask(target, asked)
        return SendReport((caught.value.result,))
    finally:
        sender.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("call", "code", "words"), CASES)
def test_whoever_is_refused_reads_why_and_what_to_do(box, lang, call, code, words):
    """The code, what happened and the next step stand in the report, in the reader's language."""
    with texts.speaking(lang):
        report = refused(box, call, code)
        (result,) = report.results
        (_, head), *rest = result.lines()
        told = dict(rest)
    assert result.outcome == ("unknown" if code == "unknown.send.result" else "failed")
    assert str(code) in head
    what, todo = words[:2] if lang == "en" else words[2:]
    assert what in head
    step = told["what to do" if lang == "en" else "怎么办"]
    assert todo in step
    assert step.endswith("." if lang == "en" else "。")
    assert told["see" if lang == "en" else "说明"].startswith("https://open.")
    assert str(code) in told["reply" if lang == "en" else "原文"]
    assert_spoken(lang, head)
    assert_spoken(lang, step)
    shown = repr(report) + report._repr_html_()
    kept = ("corp_secret", "app_secret", "webhook", "secret")
    assert not any(one[key] in shown for one in box.targets.values() for key in kept if key in one)


def assert_spoken(lang, text):
    """In English there is Chinese in brackets alone, a menu's name; in Chinese no English phrase."""
    chinese = "[\u3000-\u9fff\uff00-\uffef]"
    if lang == "en":
        assert not re.search(chinese, re.sub(rf"\([^()]*{chinese}[^()]*\)", "", text))
    else:
        assert re.search(chinese, text)
        assert not re.search(r"[A-Za-z']{2,}(?:[ ,]+[A-Za-z']{2,}){2,}", text)


def test_whatever_the_sandbox_answers_is_explained():
    """No code that the sandbox has a text for is told as one that this package does not know."""
    v1 = [{"code": code, "message": text} for code, (_, text) in dingtalk_v1_errors.ERRORS.items()]
    answers = {
        "wecom": [wecom_errors.refusal(code) for code in wecom_errors.ERRMSG],
        "dingtalk": [dingtalk_errors.refusal(code) for code in dingtalk_errors.ERRMSG] + v1,
    }
    for platform, payloads in answers.items():
        for payload in payloads:
            assert "does not know" not in advise(platform, payload, "en").todo, payload


@pytest.mark.parametrize("platform", ANSWERED)
def test_every_row_is_driven(platform):
    """No code that advice is written for goes unread here."""
    driven = {
        code
        for call, code, _ in (one.values for one in CASES)
        if CALLS[call][0].startswith(platform)
    }
    assert {code for row in ANSWERED[platform] for code in row.codes} - driven == set()
