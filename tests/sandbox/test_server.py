"""The server: connections, its own pages, the client, and the shell's door."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from notebook_notify.sandbox import Sandbox, SandboxClient


def test_a_hundred_sends_on_one_connection_are_counted_as_such(caller, sandbox):
    """The platforms' connections and requests are counted, those to the sandbox's own pages are not."""
    token = caller.wecom_token()
    for _ in range(100):
        caller.appchat(token=token)
    SandboxClient(sandbox.url).inbox  # noqa: B018 - the call is the point
    assert sandbox.stats == {"connections": 1, "requests": 101, "token_requests": 1, "uploads": 0}
    assert caller.json("GET", "/stats.json") == sandbox.stats
    assert len(sandbox.inbox) == 100


def test_targets_are_complete_and_real_in_form(sandbox):
    """Each target names its channel, its fields, and this sandbox, in the platforms' own forms."""
    chat, people, ding, notice, robot, signed, worded, app_robot = sandbox.targets.values()
    assert list(sandbox.targets) == [
        "sandbox-wecom_chat",
        "sandbox-wecom_app",
        "sandbox-dingtalk_chat",
        "sandbox-dingtalk_notice",
        "sandbox-wecom_robot",
        "sandbox-dingtalk_robot",
        "sandbox-dingtalk_robot-keyword",
        "sandbox-dingtalk_app_robot",
    ]
    assert set(chat) == {"channel", "corp_id", "corp_secret", "chat_id", "base_url"}
    assert set(people) == {"channel", "corp_id", "corp_secret", "agent_id", "users", "base_url"}
    assert set(ding) == {"channel", "app_key", "app_secret", "chat_id", "base_url"}
    assert re.fullmatch("ww[0-9a-f]{16}", chat["corp_id"])
    assert len(chat["corp_secret"]) == 43
    assert re.fullmatch("[0-9a-zA-Z]{32}", chat["chat_id"])
    assert (people["agent_id"], people["users"]) == (1000002, ["zhangwei", "lisi"])
    assert re.fullmatch("ding[0-9a-z]{16}", ding["app_key"])
    assert len(ding["app_secret"]) == 64
    assert re.fullmatch("chat[0-9a-f]{32}", ding["chat_id"])
    assert set(notice) == {"channel", "app_key", "app_secret", "agent_id", "users", "base_url"}
    assert notice["users"] == ["zhangwei", "lisi"]
    assert set(app_robot) == {
        "channel",
        "app_key",
        "app_secret",
        "robot_code",
        "open_conversation_id",
        "base_url",
    }
    assert app_robot["app_key"] == app_robot["robot_code"] == ding["app_key"]
    assert re.fullmatch("cid[0-9a-zA-Z+/]{22}==", app_robot["open_conversation_id"])
    assert set(robot) == {"channel", "webhook", "base_url"}
    assert uuid.UUID(robot["webhook"]).version == 4
    assert set(signed) == {"channel", "webhook", "secret", "base_url"}
    assert re.fullmatch("[0-9a-f]{64}", signed["webhook"])
    assert re.fullmatch("SEC[0-9a-f]{64}", signed["secret"])
    assert set(worded) == {"channel", "webhook", "keyword", "base_url"}
    assert {target["base_url"] for target in sandbox.targets.values()} == {sandbox.url}


def test_two_sandboxes_share_no_credential(sandbox):
    """Credentials are made for each sandbox, so that none can be written into code."""
    with Sandbox() as other:
        assert other.wecom.corp_id != sandbox.wecom.corp_id
        assert other.dingtalk.app_secret != sandbox.dingtalk.app_secret


def test_the_inbox_is_in_order_and_has_local_times(caller, clock, sandbox):
    """Messages stand oldest first, each with an ISO 8601 time that has an offset."""
    for n in range(3):
        clock.now += 1
        caller.appchat(str(n))
    assert [message["content"] for message in sandbox.inbox] == ["0", "1", "2"]
    assert datetime.fromisoformat(sandbox.inbox[2]["time"]).timestamp() == clock.now
    assert caller.json("GET", "/inbox.json") == sandbox.inbox


def test_parallel_sends_all_arrive(sandbox, caller):
    """Nothing is lost or doubled when sixteen threads send at once."""
    token = caller.wecom_token()
    chat_id = sandbox.wecom.app.chat_id

    def send(n):
        body = json.dumps(
            {"chatid": chat_id, "msgtype": "text", "text": {"content": str(n)}}
        ).encode()
        url = f"{sandbox.url}/cgi-bin/appchat/send?access_token={token}"
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=5) as response:
            return json.load(response)["errcode"]

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(80))) == {0}
    assert sorted(int(message["content"]) for message in sandbox.inbox) == list(range(80))


def test_the_client_is_the_sandbox_seen_over_http(caller, sandbox, monkeypatch):
    """SandboxClient offers the same surface, and no proxy of the environment stands between."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client = SandboxClient(sandbox.url + "/")
    assert client.url == sandbox.url
    assert client.targets == sandbox.targets
    client.fail_next(errcode=45009, path="send")
    assert caller.appchat()["errcode"] == 45009
    assert caller.appchat()["errcode"] == 0
    assert client.inbox == sandbox.inbox
    assert client.stats == sandbox.stats
    token = caller.wecom_token()
    client.expire_tokens()
    assert caller.appchat(token=token)["errcode"] == 42001
    client.clear()
    assert client.inbox == sandbox.inbox == []


def test_the_client_says_where_nothing_answers():
    """A sandbox that is not there is an OSError."""
    with Sandbox() as gone:
        client = SandboxClient(gone.url)
    with pytest.raises(OSError, match="refused"):
        client.inbox  # noqa: B018 - the call is the point


def test_too_large_a_body_is_refused_unread(sandbox):
    """More than 30 MB is HTTP 413 before the body is read, and the connection ends."""
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"), timeout=5)
    connection.putrequest("POST", "/chat/send")
    connection.putheader("Content-Length", str(30 * 1024 * 1024 + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.headers["Connection"]) == (413, "close")
    response.close()
    connection.close()


def test_any_host_name_is_answered(sandbox):
    """With TLS in front the Host is another one, and the sandbox answers all the same."""
    request = urllib.request.Request(
        sandbox.url + "/targets.json", headers={"Host": "chat.example.com"}
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        assert set(json.load(response)) == set(sandbox.targets)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address")
def test_only_loopback_is_bound(sandbox):
    """Nobody else on the network reaches the port."""
    port = int(sandbox.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.2", port)):  # free, so the sandbox does not hold 0.0.0.0
        assert sandbox.url == f"http://127.0.0.1:{port}"


def test_stop_is_quick_and_ends_kept_connections(caller, sandbox):
    """Neither an idle connection nor one that hangs keeps stop() waiting, and no thread is left."""
    caller.wecom_token()
    sandbox.fail_next("hang")
    hanging = http.client.HTTPConnection(sandbox.url.removeprefix("http://"), timeout=5)
    requests = sandbox.stats["requests"]
    hanging.request("GET", "/gettoken")
    _until(lambda: sandbox.stats["requests"] > requests)
    before = threading.active_count()
    started = time.monotonic()
    sandbox.stop()
    assert time.monotonic() - started < 4
    with pytest.raises(http.client.RemoteDisconnected):
        hanging.getresponse()
    hanging.close()
    with pytest.raises((http.client.HTTPException, OSError)):
        caller.wecom_token()
    _until(lambda: threading.active_count() < before)


def _until(done):
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_nothing_is_written_to_stderr(caller, sandbox, capfd):
    """A notebook would show every line: requests, faults and callers that go away stay silent."""
    caller.request("GET", "/nowhere")
    sandbox.fail_next("drip", seconds=0.01)
    caller.connection.request("GET", "/gettoken")
    caller.connection.close()
    time.sleep(0.1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to answer")
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_address_and_ends_cleanly(signum):
    """The first line holds the address at once; SIGTERM and Ctrl-C end it with code 0, silently."""
    command = [sys.executable, "-m", "notebook_notify.sandbox", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        url = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
        assert len(SandboxClient(url).targets) == 8
        process.send_signal(signum)
        assert process.wait(timeout=5) == 0
        assert process.stderr.read() == ""


def test_the_command_says_when_the_port_is_taken(sandbox):
    """A taken port is one line on stderr and exit code 1."""
    port = sandbox.url.rpartition(":")[2]
    command = [sys.executable, "-m", "notebook_notify.sandbox", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert port in done.stderr


def test_the_interpreter_ends_with_a_sandbox_running():
    """A sandbox that nobody stopped does not keep the interpreter alive, nor complain."""
    code = "from notebook_notify.sandbox import Sandbox; print(Sandbox().start().url)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=10, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_needs_the_standard_library_alone():
    """The judge imports nothing of the code that it judges."""
    code = (
        "import sys; import notebook_notify; before = set(sys.modules); import notebook_notify.sandbox; "
        "new = {n for n in set(sys.modules) - before if n.split('.')[0] not in sys.stdlib_module_names}; "
        "print(sorted(n for n in new if not n.startswith('notebook_notify.sandbox')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=10, check=True
    )
    assert done.stdout.strip() == "[]"
