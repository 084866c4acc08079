"""DingTalk's application robot on its way: two hosts, two tokens, and codes that are words."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from notebook_notify.ledger import Ledger
from notebook_notify.ledger_file import path_of
from notebook_notify.messages import File, Image, Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.sender import BOOKKEEPING, post
from notebook_notify.targets import Target

TOKEN, UPLOAD = "/v1.0/oauth2/accessToken", "/media/upload"
SEND, RECALL = "/v1.0/robot/groupMessages/send", "/v1.0/robot/groupMessages/recall"
NOTICE = "/topapi/message/corpconversation/asyncsend_v2"
HEADER = "x-acs-dingtalk-access-token"
GIF = b"GIF89a and so on"


class Host:
    """Answers for both hosts: what is scripted for a path, in turn, then what is good."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict, bytes]] = []
        self.scripted: dict[str, list] = {}
        self._lock = threading.Lock()
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._answer()

            def do_GET(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, content = host.answer(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_args: object) -> None:
                pass  # a caller that gave up

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, path, headers, body) -> tuple[int, bytes]:
        """The status and the body of the answer to a call."""
        bare = path.partition("?")[0]
        with self._lock:
            self.calls.append((path, dict(headers), body))
            number = len(self.calls)
            waiting = self.scripted.get(bare, [])
            status, payload = waiting.pop(0) if waiting else (200, self._good(bare, number))
        return status, payload if isinstance(payload, bytes) else json.dumps(payload).encode()

    def _good(self, path: str, number: int) -> dict:
        return {
            TOKEN: {"accessToken": f"new-{number}", "expireIn": 7200},
            "/gettoken": {"errcode": 0, "access_token": f"legacy-{number}", "expires_in": 7200},
            UPLOAD: {"errcode": 0, "media_id": f"@m{number}"},
            SEND: {"processQueryKey": f"key-{number}"},
            RECALL: {"successResult": ["key"], "failedResult": {}},
            NOTICE: {"errcode": 0, "errmsg": "ok", "task_id": number},
        }[path]

    def paths(self) -> list[str]:
        """What was called."""
        return [path.partition("?")[0] for path, _, _ in self.calls]

    def stop(self) -> None:
        """Close it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def host():
    """Both of DingTalk's hosts, at one address."""
    one = Host()
    yield one
    one.stop()


@pytest.fixture
def robot(host):
    """The target of a robot there."""
    fields = {
        "app_key": "dingabc",
        "app_secret": "s3cr3t-of-the-app",
        "open_conversation_id": "cid==",
        "base_url": host.url,
    }
    return Target("dingtalk_app_robot", fields, "ding")


def refusal(code, status=400, message="…"):
    """An error in the new host's form."""
    return status, {"code": code, "message": message, "requestid": "r-1"}


def test_a_text(quick, host, robot, sent):
    """One token, one message; the token is in its header and nowhere else."""
    result = sent(quick, robot)
    assert (result.outcome, result.message_ids) == ("sent", ("key-2",))
    assert host.paths() == [TOKEN, SEND]
    path, headers, body = host.calls[1]
    assert headers[HEADER] == "new-1"
    assert path == SEND
    assert b"new-1" not in body
    assert sent(quick, robot).outcome == "sent"
    assert host.paths() == [TOKEN, SEND, SEND]


def test_what_goes_along(quick, host, robot):
    """Uploads go with the legacy token, messages with the new one, one token of each kind."""
    message = Message("look", (Image(GIF, "a.gif"), File(b"%PDF-1.7", "b.pdf")))
    (result,) = quick.send([(robot, message)]).results
    assert (result.outcome, result.images, result.files) == ("sent", 1, 1)
    paths = host.paths()
    assert sorted(paths) == sorted(["/gettoken", UPLOAD, UPLOAD, TOKEN, SEND, SEND, SEND])
    for path, headers, _ in host.calls:
        if path.startswith(UPLOAD):
            assert "access_token=legacy-" in path
            assert HEADER not in headers
        elif path == SEND:
            assert headers[HEADER].startswith("new-")
    sends = [json.loads(body) for path, _, body in host.calls if path == SEND]
    assert [one["msgKey"] for one in sends] == ["sampleText", "sampleImageMsg", "sampleFile"]
    assert json.loads(sends[1]["msgParam"])["photoURL"].startswith("@m")


def test_an_upload_refreshes_its_own_token(quick, host, robot):
    """An expired legacy token is fetched anew for the upload; the new host's is left alone."""
    host.scripted[UPLOAD] = [(200, {"errcode": 42001, "errmsg": "access_token expired"})]
    (result,) = quick.send([(robot, Message("look", (Image(GIF, "a.gif"),)))]).results
    assert result.outcome == "sent"
    assert host.paths().count("/gettoken") == 2
    assert host.paths().count(TOKEN) == 1


def test_no_upload_no_picture(quick, host, robot):
    """If the legacy host refuses the upload, the text goes out and says so."""
    host.scripted["/gettoken"] = [(200, {"errcode": 40096, "errmsg": "bad appKey"})] * 2
    (result,) = quick.send([(robot, Message("look", (Image(GIF, "a.gif"),)))]).results
    assert result.outcome == "partial"
    assert "40096: bad appKey" in result.notes[0]
    assert "Not attached: a.gif" in host.calls[-1][2].decode()


def test_the_token_is_refreshed_once(quick, host, robot, sent):
    """A refused token is fetched anew, once; refused again it is a failure."""
    host.scripted[SEND] = [refusal("InvalidAuthentication")]
    assert sent(quick, robot).outcome == "sent"
    assert host.paths() == [TOKEN, SEND, TOKEN, SEND]
    host.scripted[SEND] = [refusal("InvalidAuthentication")] * 2
    result = sent(quick, robot)
    assert (result.outcome, result.code) == ("failed", "InvalidAuthentication")


def test_busy(quick, host, robot, sent):
    """The limit of a second, which comes as HTTP 403, is waited for."""
    busy = refusal("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", 403)
    host.scripted[SEND] = [busy, refusal("system.busy", 429)]
    assert sent(quick, robot).outcome == "sent"
    assert host.paths().count(SEND) == 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_refusal_is_shown_as_it_is(quick, host, robot, sent, monkeypatch, language):
    """The platform's dict is shown whole, with what to do, and kept in the history."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    status, payload = refusal("invalidParameter.robotCode.auth", message="robotCode不匹配")
    host.scripted[SEND] = [(status, payload)]
    result = sent(quick, robot)
    assert (result.outcome, result.error) == ("failed", payload)
    assert result.seed_answer() == payload
    head, todo, see, raw = result.lines()
    assert "invalidParameter.robotCode.auth" in head[1]
    assert "robot_code" in head[1]
    assert "RobotCode" in todo[1]
    assert see[1].startswith("https://open.dingtalk.com/")
    assert raw[1] == repr(payload)

    host.scripted[SEND] = [(status, payload)]
    post([(robot, Message("x"))])
    BOOKKEEPING.flush()
    assert Ledger(path_of()).recent(1)[0].code == "invalidParameter.robotCode.auth"


def test_the_host_does_not_know(quick, host, robot, sent):
    """What the platform itself does not know is unknown, and is not sent a second time."""
    host.scripted[SEND] = [refusal("unknown.send.result", 500)]
    result = sent(quick, robot)
    assert (result.outcome, result.code) == ("unknown", "unknown.send.result")
    assert "first" in result.advice.todo
    assert host.paths().count(SEND) == 1


def test_a_gateways_page(quick, host, robot, sent):
    """After a gateway's page the message may have arrived: unknown, and no second one."""
    host.scripted[SEND] = [(502, b"<html>Bad Gateway</html>")]
    result = sent(quick, robot)
    assert (result.outcome, result.code) == ("unknown", -1003)
    assert host.paths().count(SEND) == 1


def test_a_blocked_address(quick, host, robot, sent):
    """A blocked address is told how long to wait."""
    host.scripted[SEND] = [(403, {"status": 1111, "wait": 5, "punish": "deny"})]
    result = sent(quick, robot)
    assert (result.outcome, result.code) == ("failed", -1004)
    assert "5 minutes" in result.advice.todo


def test_a_lost_token_is_not_a_lost_message(quick, host, robot, sent):
    """If the call for the token, a POST, is not answered, nothing may have arrived."""
    host.answer = lambda *_: (threading.Event().wait(2), b"")
    result = sent(quick, robot, timeout=0.5)
    assert result.outcome == "failed"
    assert result.code in (-1001, -1005)


def test_the_credential_is_proved(quick, host, robot):
    """A check fetches a token and posts nothing; a wrong secret is told by the host's own code."""
    assert quick.check(robot).outcome == "partial"
    assert host.paths() == [TOKEN]
    quick.renew()
    host.scripted[TOKEN] = [refusal("invalidClientIdOrSecret")]
    result = quick.check(robot)
    assert (result.outcome, result.code) == ("failed", "invalidClientIdOrSecret")
    assert "app_secret" in result.advice.todo
    assert " · invalidClientIdOrSecret · wrong Client ID (AppKey) or " in result.lines()[0][1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_notice_is_accepted_not_delivered(quick, host, robot, sent, monkeypatch, language):
    """Of a work notice the report says once that DingTalk delivers it later; not if it failed."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    told = CHANNELS["dingtalk_notice"].caveat[language == "en"]
    fields = {**robot.fields, "agent_id": 7, "users": ["zhangwei"]}
    del fields["open_conversation_id"]
    notice = Target("dingtalk_notice", fields, "notice")
    result = sent(quick, notice, "长" * 1500)
    assert (result.outcome, len(result.message_ids)) == ("sent", 3)
    assert result.notes == (told,)
    assert result.message_ids[0].isdigit()
    host.scripted[NOTICE] = [(200, {"errcode": 60011, "errmsg": "no"})]
    assert sent(quick, notice).notes == ()


def test_taking_it_back(quick, host, robot):
    """Text and picture are taken back by their keys; what the platform keeps is told."""
    report = quick.send([(robot, Message("look", (Image(GIF, "a.gif"),)))])
    keys = report.results[0].message_ids
    assert len(keys) == 2
    back = report.recall()
    assert repr(back).startswith("✓ taken back ding (DingTalk app robot) · 2 of 2 · ")
    asked = [json.loads(body) for path, _, body in host.calls if path == RECALL]
    assert [one["processQueryKeys"] for one in asked] == [[key] for key in keys]
    assert host.paths().count(TOKEN) == 1

    kept = (200, {"successResult": [], "failedResult": {keys[0]: "SYSTEM_ERROR"}})
    host.scripted[RECALL] = [kept]
    back = report.recall()
    assert back.outcome == "partial"
    assert "◐ taken back in part ding (DingTalk app robot) · 1 of 2" in repr(back)
    assert back.results[0].notes == (f"{keys[0]} was not taken back (SYSTEM_ERROR)",)
    host.scripted[RECALL] = [kept, kept]
    (result,) = report.recall().results
    assert (result.outcome, result.code) == ("failed", "SYSTEM_ERROR")
    assert result.error == kept[1]
    assert "SYSTEM_ERROR" in result.lines()[0][1]
