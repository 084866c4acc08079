"""WeCom's group chats: made, read and changed by the application that owns them."""

import pytest

USERS = ["zhangwei", "lisi"]


def _create(caller, **fields):
    return caller.json(
        "POST",
        "/cgi-bin/appchat/create",
        {"name": "组", "owner": "lisi", "userlist": USERS} | fields,
        access_token=caller.wecom_token(),
    )


def _get(caller, **query):
    return caller.json("GET", "/cgi-bin/appchat/get", access_token=caller.wecom_token(), **query)


def _update(caller, chat_id, **fields):
    body = {"chatid": chat_id} | fields
    token = caller.wecom_token()
    return caller.json("POST", "/cgi-bin/appchat/update", body, access_token=token)


def test_a_chat_is_made_read_and_written_to(caller, sandbox):
    """Create answers with an id, get shows the chat, and a message to it arrives."""
    made = _create(caller)
    assert set(made) == {"errcode", "errmsg", "chatid"}
    assert (made["errcode"], len(made["chatid"])) == (0, 32)
    assert _get(caller, chatid=made["chatid"])["chat_info"] == {
        "chatid": made["chatid"],
        "name": "组",
        "owner": "lisi",
        "userlist": USERS,
        "chat_type": 0,
    }
    assert caller.appchat(chatid=made["chatid"])["errcode"] == 0
    assert sandbox.inbox[0]["to"] == made["chatid"]


def test_an_id_of_ones_own_makes_it_repeatable(caller):
    """A wished-for chat id is kept, and a second create with it is 86215."""
    assert _create(caller, chatid="research1")["chatid"] == "research1"
    assert _create(caller, chatid="research1")["errcode"] == 86215
    assert _get(caller, chatid="research1")["errcode"] == 0


def test_what_may_be_left_out(caller):
    """Without an owner one of the members is; a long name is cut; spelling of ids does not matter."""
    body = {"userlist": ["ZhangWei", "LISI"], "name": "长" * 60}
    made = caller.json("POST", "/cgi-bin/appchat/create", body, access_token=caller.wecom_token())
    info = _get(caller, chatid=made["chatid"])["chat_info"]
    assert info["owner"] in info["userlist"] == USERS
    assert info["name"] == "长" * 50


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"userlist": None}, 86204),
        ({"userlist": []}, 86204),
        ({"userlist": "zhangwei|lisi"}, 40031),
        ({"userlist": ["zhangwei", 7]}, 40031),
        ({"userlist": ["zhangwei", "nobody"]}, 40031),
        ({"userlist": ["lisi"]}, 86006),
        ({"userlist": ["lisi", "LiSi"]}, 86006),
        ({"userlist": [f"u{n}" for n in range(2001)]}, 86006),
        ({"owner": "zhaomin"}, 86207),
        ({"owner": 7}, 86005),
        ({"name": 7}, 86004),
        ({"chatid": "with space"}, 86001),
        ({"chatid": 12}, 86001),
        ({"chatid": "x" * 33}, 86205),
    ],
)
def test_create_refuses(caller, fields, errcode):
    """Every mistake in a new chat has the platform's code, and there is no chat then."""
    reply = _create(caller, **fields)
    assert reply["errcode"] == errcode
    assert "chatid" not in reply


@pytest.mark.parametrize(
    ("query", "errcode"),
    [({}, 86201), ({"chatid": "with space"}, 86001), ({"chatid": "nosuchchat"}, 86003)],
)
def test_get_names_what_is_wrong_with_the_id(caller, query, errcode):
    """A chat id that is missing, malformed or unknown has its own code each."""
    assert _get(caller, **query)["errcode"] == errcode


def test_a_chat_is_changed_as_a_whole(caller):
    """An update renames, adds, removes and hands over; what it refuses leaves the chat as it was."""
    chat_id = _create(caller)["chatid"]
    changed = _update(
        caller,
        chat_id,
        name="新",
        owner="zhaomin",
        add_user_list=["zhaomin"],
        del_user_list=["lisi"],
    )
    assert changed == {"errcode": 0, "errmsg": "ok"}
    info = _get(caller, chatid=chat_id)["chat_info"]
    assert (info["name"], info["owner"]) == ("新", "zhaomin")
    assert info["userlist"] == ["zhangwei", "zhaomin"]
    assert _update(caller, chat_id, del_user_list=["zhangwei"])["errcode"] == 86006
    assert _update(caller, chat_id, owner="lisi", name="X")["errcode"] == 86207
    refused = _update(caller, chat_id, del_user_list=["zhaomin"], add_user_list=["lisi"])
    assert refused["errcode"] == 86207
    assert _update(caller, chat_id, add_user_list=["nobody"])["errcode"] == 40031
    assert _get(caller, chatid=chat_id)["chat_info"] == info


def test_another_applications_chat_is_out_of_reach(caller, sandbox):
    """It is 86008 to read, to change and to write to, and its id cannot be taken."""
    other = sandbox.wecom.other_app.chat_id
    assert _get(caller, chatid=other)["errcode"] == 86008
    assert _update(caller, other, name="mine")["errcode"] == 86008
    assert caller.appchat(chatid=other)["errcode"] == 86008
    assert _create(caller, chatid=other)["errcode"] == 86215


def test_without_the_root_department_there_are_no_chats(caller, sandbox):
    """An application that does not see the root department gets 60011 for all of appchat."""
    chat_id = sandbox.wecom.app.chat_id
    sandbox.wecom.app.root_visible = False
    assert _create(caller)["errcode"] == 60011
    assert _get(caller, chatid=chat_id)["errcode"] == 60011
    assert _update(caller, chat_id)["errcode"] == 60011
    assert caller.appchat()["errcode"] == 60011
    assert caller.app_message()["errcode"] == 0


def test_methods_and_token_are_checked_first(caller):
    """Reading wants GET, making wants POST, and neither works without a token."""
    assert caller.json("POST", "/cgi-bin/appchat/get", {})["errcode"] == 43001
    assert caller.json("GET", "/cgi-bin/appchat/create")["errcode"] == 43002
    assert caller.json("GET", "/cgi-bin/appchat/get", chatid="x")["errcode"] == 41001
