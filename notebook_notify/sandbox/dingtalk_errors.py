"""DingTalk's error codes on the older host, with the texts that come with them.

Document: open.dingtalk.com/document/development/server-api-error-codes-1, and those of the calls.
Errors of the gateway in front of the API come inside errcode 88, the real code being a string.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.sandbox.wire import read_object

if TYPE_CHECKING:
    from notebook_notify.sandbox.wire import Call, Json

WRAPPED = 88

ERRMSG = {
    -1: "系统繁忙",
    22: "不合法的ApiName",
    404: "请求的URI地址不存在",
    1002: "组织建群超出上限",
    33001: "无效的企业ID",
    33012: "无效的USERID",
    34001: "无效的会话id",
    34002: "无效的会话消息的发送者",
    34004: "无效的会话消息的类型",
    34008: "图片消息的内容为空",
    34009: "链接消息的内容为空",
    34010: "文件消息的内容为空",
    34013: "找不到群会话对象",
    34014: "会话消息的json结构无效或不完整",
    34015: "发送群会话消息失败",
    34016: "会话消息的内容超长",
    40000: "access_token is blank",
    40001: "获取access_token时Secret错误，或者access_token无效",
    40004: "不合法的媒体文件类型",
    40005: "不合法的文件类型",
    40006: "不合法的文件大小",
    40007: "不合法的媒体文件id",
    40008: "不合法的消息类型",
    40014: "不合法的access_token",
    40016: "不合法的会话ID",
    40031: "不合法的UserID列表",
    40035: "缺少参数",
    40078: "不存在的临时授权码",
    40089: "不合法的corpid或corpsecret",
    40096: "不合法的appKey或appSecret",
    40104: "无效的手机号",
    41001: "缺少access_token参数",
    41028: "禁止给全员发送消息",
    41044: "禁止发送消息",
    41049: "包含违禁内容",
    41101: "消息体超过4096个字符",
    42001: "access_token超时",
    43001: "需要GET请求",
    43002: "需要POST请求",
    43004: "无效的HTTP HEADER Content-Type",
    43005: "需要上传文件",
    43007: "需要授权",
    43008: "参数需要multipart类型",
    43009: "POST参数需要json类型",
    44001: "多媒体文件为空",
    44002: "POST的数据包为空",
    44004: "文本消息内容为空",
    45002: "数据内容过长",
    45009: "接口调用超过限制",
    47001: "解析JSON内容错误",
    48002: "Api禁用",
    49000: "缺少chatid",
    49005: "群人数超过人数限制",
    49006: "群成员列表必须包含群主",
    49007: "超过创建群的个数上限",
    49008: "不合法的群类型",
    49009: "企业群不能添加外部联系人，群主只能为企业员工",
    49010: "群成员不能为空",
    49011: "群成员长度超限",
    49012: "群外部联系人列表超长",
    49013: "群主不能为空",
    49014: "非法的群主类型",
    49015: "不合法的群名称",
    49016: "查询企业员工不存在",
    49017: "查询企业外部联系人不存在",
    49018: "群主非企业员工",
    49019: "群主非企业外部通讯录人员",
    49020: "某人处于勿扰模式，拒绝加入群聊",
    49021: "非好友建立群聊，超过一天的人数",
    49022: "某人拒绝加入群聊",
    49023: "某人处于勿扰模式，拒绝加入群聊",
    50002: "员工不在授权范围",
    50003: "应用已停用",
    50004: "部门不在授权范围",
    60003: "部门不存在",
    60011: "没有调用该接口的权限",
    60020: "访问ip不在白名单之中,request ip=127.0.0.1",
    60022: "包含敏感内容，请检查修改后重试！",
    60121: "找不到该用户",
    70001: "企业不存在或者已经被解散",
    90001: "您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了",
    90002: "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了",
    90003: "您的企业调用钉钉开放平台所有接口的请求都被暂时禁用了",
    90004: "您当前使用的CorpId及CorpSecret被暂时禁用了",
    90005: "您的企业调用当前接口次数过多，请求被暂时禁用了",
    90006: "您当前使用的CorpId及CorpSecret调用当前接口次数过多，请求被暂时禁用了",
    90017: "此IP使用CorpId及CorpSecret调用接口的CorpId个数超过限制",
    90018: "您的服务器调用钉钉开放平台当前接口的请求触发限流",
    90020: "当月调用量已用尽",
    400001: "系统错误",
    400002: "参数错误",
    1430000: "接收者为空",
}


class RefusedError(Exception):
    """Ends the checks of a call: with an errcode, or with 88 around a sub_code."""

    def __init__(
        self, errcode: int = WRAPPED, *, errmsg: str | None = None, sub_code: str | None = None
    ) -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.errmsg = errmsg
        self.sub_code = sub_code


def refusal(errcode: int, errmsg: str | None = None, sub_code: str | None = None) -> Json:
    """Return the reply for an errcode, or for 88 around a sub_code, which is a string."""
    if sub_code is None:
        return {"errcode": errcode, "errmsg": errmsg or ERRMSG.get(errcode, "未知错误")}
    sub_msg = errmsg or ERRMSG.get(int(sub_code) if sub_code.isdecimal() else 0, "未知错误")
    return {
        "errcode": errcode,
        "sub_code": sub_code,
        "sub_msg": sub_msg,
        "errmsg": f"ding talk error[subcode={sub_code},submsg={sub_msg}]",
    }


def read_json(call: Call) -> Json:
    """Return a call's body, which must be a JSON object and say so."""
    if call.content_type.partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(43004)
    if not call.body:
        raise RefusedError(44002)
    body = read_object(call.body)
    if body is None:
        raise RefusedError(47001)
    return body
