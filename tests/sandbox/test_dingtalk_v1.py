"""DingTalk's new host: its own token, its own errors, the robot's messages, groups."""

import json

import pytest

TOKEN = "/v1.0/oauth2/accessToken"
SEND = "/v1.0/robot/groupMessages/send"
RECALL = "/v1.0/robot/groupMessages/recall"
CREATE = "/v1.0/im/group/create"


def test_a_token_is_renewed_for_the_same_application(caller, clock, sandbox):
    """AccessToken answers without errcode; within two hours the same token comes back, renewed."""
    body = {"appKey": sandbox.dingtalk.app_key, "appSecret": sandbox.dingtalk.app_secret}
    status, reply = caller.v1(TOKEN, body)
    assert status == 200
    assert reply == {"accessToken": reply["accessToken"], "expireIn": 7200}
    clock.now += 7000
    assert caller.v1_token() == reply["accessToken"]
    clock.now += 7000
    assert caller.robot_send(token=reply["accessToken"])[0] == 200
    clock.now += 200
    status, refused = caller.robot_send(token=reply["accessToken"])
    assert (status, refused["code"]) == (400, "InvalidAuthentication")


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        ({"appKey": "x", "appSecret": "y"}, "application/json", "invalidClientIdOrSecret"),
        ({"appKey": "x"}, "application/json", "MissingappSecret"),
        (b"appKey=x&appSecret=y", "application/x-www-form-urlencoded", "Missingbody"),
        (b"", "application/json", "Missingbody"),
        (b"{", "application/json", "invalidParameter.msgBody.invalid"),
    ],
)
def test_a_token_is_refused(caller, body, content_type, code):
    """A refusal is HTTP 400 with code, message and requestid, and has no errcode."""
    status, reply = caller.v1(TOKEN, body, content_type=content_type)
    assert (status, reply["code"]) == (400, code)
    assert set(reply) == {"code", "message", "requestid"}


def test_the_token_stands_in_the_header_and_belongs_to_this_host(caller):
    """In the URL it is not seen, and one of the older host opens nothing; nor the other way round."""
    status, _, raw = caller.request("POST", SEND, {}, access_token=caller.v1_token())
    assert (status, json.loads(raw)["code"]) == (400, "AuthenticationFailed.MissingParameter")
    refused = caller.robot_send(token=caller.dingtalk_token())
    assert (refused[0], refused[1]["code"]) == (400, "InvalidAuthentication")
    assert caller.chat_send(token=caller.v1_token())["sub_code"] == "40014"


def test_expire_tokens_reaches_this_host(caller, sandbox):
    """Every token that was handed out is dead, and the next one is another."""
    token = caller.v1_token()
    sandbox.expire_tokens()
    assert caller.robot_send(token=token)[1]["code"] == "InvalidAuthentication"
    assert caller.v1_token() != token


def test_an_unknown_path(caller):
    """Under /v1.0 it is HTTP 404 with a code; without it, errcode 404 in HTTP 200."""
    status, reply = caller.v1("/v1.0/robot/nothing", {}, token=caller.v1_token())
    assert (status, reply["code"]) == (404, "InvalidAction.NotFound")
    assert caller.v1("/oauth2/accessToken", {}) == (
        200,
        {"errcode": 404, "errmsg": "请求的URI地址不存在"},
    )


def test_the_robot_says_a_text(caller, sandbox):
    """The reply has a key and nothing else; the message is in the group as it was written."""
    status, reply = caller.robot_send('完成 "x" \\ 😀\n<b>')
    assert (status, set(reply)) == (200, {"processQueryKey"})
    (message,) = sandbox.inbox
    assert (message["platform"], message["channel"]) == ("dingtalk", "dingtalk_app_robot")
    assert message["to"] == sandbox.dingtalk.chat.open_id
    assert (message["msgtype"], message["content"]) == ("text", '完成 "x" \\ 😀\n<b>')


def test_the_robot_shows_markdown_images_and_files(caller, sandbox):
    """Uploads of the older host serve here, by id; an image may be an address; a file is renamed."""
    picture = caller.dingtalk_upload()["media_id"]
    file = caller.dingtalk_upload("a.xlsx", b"PK12345678", "file")["media_id"]
    caller.robot_send(key="sampleMarkdown", param={"title": "T", "text": "**x**"})
    caller.robot_send(key="sampleImageMsg", param={"photoURL": picture})
    caller.robot_send(key="sampleImageMsg", param={"photoURL": "https://e.com/a.png"})
    named = {"mediaId": file, "fileName": "收益.xlsx", "fileType": "xlsx"}
    caller.robot_send(key="sampleFile", param=named)
    markdown, image, linked, sheet = sandbox.inbox
    assert (markdown["msgtype"], markdown["title"], markdown["content"]) == (
        "markdown",
        "T",
        "**x**",
    )
    assert (image["msgtype"], image["media"]["name"]) == ("image", "plot.png")
    assert (linked["media"], linked["content"]) == (None, "https://e.com/a.png")
    assert (sheet["msgtype"], sheet["media"]["name"]) == ("file", "收益.xlsx")
    assert sandbox.media_bytes(sheet["media"]) == b"PK12345678"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"robotCode": ""}, "invalidParameter.robotCode.missing"),
        ({"robotCode": "dingnone"}, "invalidParameter.robotCode.notExsit"),
        ({"openConversationId": None}, "miss.openConversationId"),
        ({"openConversationId": "cidNone=="}, "invalid.openConversationId"),
        ({"msgKey": ""}, "invalidParameter.msgKey.empty"),
        ({"msgKey": "text"}, "invalidParameter.msgKey.invalid"),
        ({"msgParam": {"content": "an object"}}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "no JSON"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": '"a string"'}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "{}"}, "miss.param.contentOfText"),
        ({"msgParam": '{"content": " "}'}, "miss.param.contentOfText"),
        ({"key": "sampleMarkdown", "param": {"text": "x"}}, "miss.param.markdownTotitle"),
        ({"key": "sampleMarkdown", "param": {"title": "x"}}, "miss.param.markdownTotext"),
        ({"key": "sampleImageMsg", "param": {}}, "miss.param.photoTophotoUrl"),
        (
            {"key": "sampleImageMsg", "param": {"photoURL": "@lADnone"}},
            "invalidParameter.msgParam.invalid",
        ),
        ({"key": "sampleFile", "param": {"mediaId": "@x"}}, "miss.param.file"),
        (
            {"key": "sampleFile", "param": {"mediaId": "@", "fileName": "a", "fileType": "csv"}},
            "invalidParameter.msgParam.invalid",
        ),
    ],
)
def test_the_robot_is_refused(caller, sandbox, fields, code):
    """Every mistake in a robot's message is HTTP 400 with its code, and nothing is delivered."""
    status, reply = caller.robot_send(**fields)
    assert (status, reply["code"]) == (400, code)
    assert sandbox.inbox == []


def test_msg_param_has_15000_bytes(caller, sandbox):
    """The bound is on the JSON text, in bytes of UTF-8."""
    around = len('{"content":""}')
    for size, status in ((15000, 200), (15001, 400)):
        text = "中" * ((size - around) // 3) + "x" * ((size - around) % 3)
        param = json.dumps({"content": text}, ensure_ascii=False, separators=(",", ":"))
        assert len(param.encode()) == size
        got, reply = caller.robot_send(msgParam=param)
        assert got == status
    assert reply["code"] == "invalidParameter.msgParam.tooLong"
    assert len(sandbox.inbox) == 1


def test_the_robot_must_be_this_applications_published_and_in_the_group(caller, sandbox):
    """Another application's robot, an unpublished one, one outside the group: a code for each."""
    org = sandbox.dingtalk
    other = caller.robot_send(robotCode=org.other_robot_code)
    assert other[1]["code"] == "invalidParameter.robotCode.auth"
    org.chat.robot = False
    assert caller.robot_send()[1]["code"] == "resource.not.found"
    org.robot_published = False
    assert caller.robot_send()[1]["code"] == "invalidParameter.robotCode.notExsit"
    org.robot_published = org.chat.robot = org.chat.disbanded = True
    assert caller.robot_send()[1]["code"] == "group.disbanded"
    assert sandbox.inbox == []


def test_permission_and_address_are_forbidden_with_403(caller, sandbox):
    """Both are told after the token and before the parameters, naming what is missing."""
    org = sandbox.dingtalk
    org.permissions.remove("qyapi_robot_sendmsg")
    status, reply = caller.robot_send(msgKey="")
    assert status == 403
    assert reply["code"] == "Forbidden.AccessDenied.AccessTokenPermissionDenied"
    assert "[qyapi_robot_sendmsg]" in reply["message"]
    org.trusted_ips = ["203.0.113.7"]
    status, reply = caller.robot_send()
    assert (status, reply["code"]) == (403, "Forbidden.AccessDenied.IpNotInWhiteList")
    assert "127.0.0.1" in reply["message"]


def test_the_21st_call_of_a_second_is_forbidden(caller, clock, sandbox):
    """Twenty calls a second to one path pass, and a second later the next twenty."""
    token = caller.v1_token()
    statuses = [caller.robot_send(token=token)[0] for _ in range(20)]
    status, reply = caller.robot_send(token=token)
    assert (set(statuses), status) == ({200}, 403)
    assert reply["code"] == "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
    clock.now += 1
    assert caller.robot_send(token=token)[0] == 200
    assert len(sandbox.inbox) == 21


def _recall(caller, **fields):
    app = caller.targets["sandbox-dingtalk_app_robot"]
    body = {
        "robotCode": app["robot_code"],
        "openConversationId": app["open_conversation_id"],
    }
    return caller.v1(RECALL, body | fields, token=caller.v1_token())


def test_messages_are_recalled_by_their_keys(caller, sandbox):
    """What was taken back is marked; a key that is none of this group's is named with a reason."""
    first, second = (caller.robot_send(text)[1]["processQueryKey"] for text in "ab")
    status, reply = _recall(caller, processQueryKeys=[first, "unknown"])
    assert status == 200
    assert (reply["successResult"], list(reply["failedResult"])) == ([first], ["unknown"])
    assert [message["recalled"] for message in sandbox.inbox] == [True, False]
    org = sandbox.dingtalk
    other = org.create_chat("other", "lisi", ["lisi"])
    _, reply = _recall(caller, processQueryKeys=[second], openConversationId=other.open_id)
    assert list(reply["failedResult"]) == [second]
    assert sandbox.inbox[1]["recalled"] is False


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "invalidParameter.processQueryKey.missing"),
        ({"processQueryKeys": "one"}, "invalidParameter.processQueryKey.missing"),
        ({"processQueryKeys": ["x"] * 21}, "invalidParameter.processQueryKeys.overMax"),
        ({"processQueryKeys": ["x"], "robotCode": None}, "miss.chatbotId"),
        ({"processQueryKeys": ["x"], "openConversationId": ""}, "miss.openConversationId"),
    ],
)
def test_a_recall_is_refused(caller, fields, code):
    """Every mistake in a recall is HTTP 400 with its code."""
    status, reply = _recall(caller, **fields)
    assert (status, reply["code"]) == (400, code)


NEW = {"name": "组", "owner": "lisi", "useridlist": ["zhangwei", "lisi"]}


def test_a_new_group_needs_the_robot_added(caller, sandbox):
    """group/create answers with both ids; the robot speaks there once somebody has added it."""
    status, made = caller.v1(CREATE, NEW, token=caller.v1_token())
    assert (status, made["conversationTag"]) == (200, 2)
    info = caller.dingtalk("/chat/get", chatid=made["chatid"])["chat_info"]
    assert (info["name"], info["owner"]) == ("组", "lisi")
    open_id = made["openConversationId"]
    assert caller.robot_send(openConversationId=open_id)[1]["code"] == "resource.not.found"
    sandbox.dingtalk.add_robot(open_id)
    assert caller.robot_send(openConversationId=open_id)[0] == 200
    with pytest.raises(KeyError):
        sandbox.dingtalk.add_robot("cidNone==")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": ""}, "parameter.invalid"),
        ({"name": "长" * 21}, "parameter.invalid"),
        ({"owner": None}, "parameter.invalid"),
        ({"owner": "nobody"}, "permession.checkFailed"),
        ({"owner": "zhaomin"}, "parameter.invalid"),
        ({"useridlist": []}, "parameter.invalid"),
        ({"useridlist": ["lisi", "nobody"]}, "parameter.invalid"),
        ({"ownerType": "boss"}, "parameter.invalid"),
        ({"conversationTag": 0}, "permession.checkFailed"),
    ],
)
def test_a_new_group_is_refused(caller, sandbox, fields, code):
    """Every mistake in a new group is HTTP 400 with its code, and there is no group then."""
    status, reply = caller.v1(CREATE, NEW | fields, token=caller.v1_token())
    assert (status, reply["code"]) == (400, code)
    assert len(sandbox.dingtalk.chats) == 1


def test_an_old_id_becomes_a_new_one(caller, sandbox):
    """That call is the way over from chat/send; an unknown id is refused."""
    path = "/v1.0/im/chat/{}/convertToOpenConversationId"
    org = sandbox.dingtalk
    status, reply = caller.v1(path.format(org.chat_id), b"", token=caller.v1_token())
    assert (status, reply) == (200, {"openConversationId": org.chat.open_id})
    status, reply = caller.v1(path.format("chat0000"), b"", token=caller.v1_token())
    assert (status, reply["code"]) == (400, "invalideChatId")
