"""The error codes of DingTalk's new host: a word, its HTTP status, and its usual text.

Documents: open.dingtalk.com/document/development/the-robot-sends-a-group-message,
/enterprise-chatbot-withdraws-internal-group-messages, /create-common-group-new-version-v2,
/obtain-group-openconversationid, /obtain-the-access-token-of-an-internal-app, and
/how-to-process-api-throttling (403 for what is too fast).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.sandbox.wire import answer_json, random_text

if TYPE_CHECKING:
    from notebook_notify.sandbox.wire import Answer

DENIED = "Forbidden.AccessDenied."

ERRORS: dict[str, tuple[int, str]] = {
    "invalidClientIdOrSecret": (400, "无效的clientId或者clientSecret"),
    "Missingbody": (400, "body is mandatory for this action."),
    "InvalidAuthentication": (400, "不合法的access_token"),
    "AuthenticationFailed.MissingParameter": (400, "缺少参数 x-acs-dingtalk-access-token"),
    "accesstoken.expired": (400, "access_token已过期"),
    "apiPermissionDenied": (400, "没有调用该接口的权限"),
    "qps.exceed.limit": (400, "接口调用超过限制"),
    "request.overlimit": (400, "请求超过限制"),
    DENIED + "AccessTokenPermissionDenied": (403, "应用尚未开通所需的权限"),
    DENIED + "IpNotInWhiteList": (403, "访问ip不在白名单之中"),
    DENIED + "QpsLimitForApi": (403, "当前接口的请求触发限流"),
    DENIED + "QpsLimitForAppkeyAndApi": (403, "应用调用当前接口的请求触发限流"),
    DENIED + "QpmLimitForAppkeyAndApi": (403, "应用调用当前接口的请求触发每分钟限流"),
    DENIED + "ApiCountLimitForOrg": (403, "企业当月调用量已用尽"),
    "system.busy": (429, "系统繁忙"),
    "system.error": (500, "未知的系统错误"),
    "unknownError": (500, "未知错误"),
    "InvalidAction.NotFound": (404, "Specified api is not found, please check your url."),
    "invalidParameter.robotCode.auth": (400, "此应用appkey和机器人robotCode不匹配"),
    "invalidParameter.robotCode.empty": (400, "机器人robotCode为空"),
    "invalidParameter.robotCode.missing": (400, "缺少robotCode"),
    "invalidParameter.robotCode.notExsit": (400, "机器人不存在"),
    "invalidParameter.msgKey.empty": (400, "缺少msgKey"),
    "invalidParameter.msgKey.invalid": (400, "msgKey无效"),
    "invalidParameter.msgParam.invalid": (400, "msgParam必须是json格式"),
    "invalidParameter.msgParam.tooLong": (400, "消息内容太长"),
    "invalidParameter.msgBody.invalid": (400, "body必须是JSON"),
    "invalidParameter.param.invalid": (400, "参数不合法"),
    "invalidParameter.processQueryKey.missing": (400, "缺少processQueryKey"),
    "invalidParameter.processQueryKeys.overMax": (400, "processQueryKeys超过数量上限20"),
    "invalid.processQueryKey": (400, "无效的processQueryKey"),
    "miss.chatbotId": (400, "缺少robotCode"),
    "miss.openConversationId": (400, "缺少openConversationId"),
    "invalid.openConversationId": (400, "无效的openConversationId"),
    "conversation.org.notMatch": (400, "会话所属组织信息不匹配"),
    "resource.not.found": (400, "资源不存在，可能是机器人不存在"),
    "group.disbanded": (400, "群已经解散"),
    "bot.stopped": (400, "群机器人已经停用"),
    "bot.forbidden.sendMessage": (400, "账户被禁言"),
    "miss.param.contentOfText": (400, "需要text->content属性"),
    "miss.param.markdownTotitle": (400, "需要markdown->title属性"),
    "miss.param.markdownTotext": (400, "需要markdown->text属性"),
    "miss.param.photoTophotoUrl": (400, "需要photo->photoURL属性"),
    "miss.param.file": (400, "消息内容不合法，需要file属性"),
    "send.too.fast": (400, "限流错误"),
    "send.byToken.tooFast": (400, "用TOKEN发送限流错误"),
    "too.many.group": (400, "发送频繁限流"),
    "too.many.people": (400, "发送频繁限流"),
    "keywords.not.match": (400, "关键词不匹配"),
    "sign.not.match": (400, "签名不匹配"),
    "ip.not.match": (400, "IP不匹配"),
    "contain.notAllowed.text": (400, "含有不合适的文本"),
    "contain.notAllowed.picture": (400, "含有不合适的图片"),
    "contain.notAllowed.content": (400, "含有不合适的内容"),
    "contain.unsafe.url": (400, "含有不安全的外链"),
    "unknown.send.result": (400, "未知的发送结果"),
    "parameter.invalid": (400, "输入参数错误"),
    "permession.checkFailed": (400, "权限校验失败"),
    "invalideChatId": (400, "不合法的chatId"),
}


class V1Error(Exception):
    """Ends the checks of a call with one of the codes."""

    def __init__(self, code: str, message: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def v1_refusal(code: str, message: str | None = None, status: int | None = None) -> Answer:
    """Return the answer for a code, with its own status and text unless others are given."""
    own_status, own_message = ERRORS.get(code, (400, "未知错误"))
    parts = (random_text(n, "0123456789ABCDEF") for n in (8, 4, 4, 4, 12))
    body = {"code": code, "message": message or own_message, "requestid": "-".join(parts)}
    return answer_json(body, status or own_status)
