"""The magic line: what is refused, what is completed, and what loading and unloading leave."""

from __future__ import annotations

import re

import pytest

REFUSED = {
    "--tilte x": "did you mean --title?",
    "--to ops": "ops",
    "--to sandbox-dingtalk_chat": "%%notify_dingtalk",
    "--timeout soon": "--timeout",
    "--on never": "--on",
    "--title": "--title",
    "--title 'open": "quotation mark",
    "-o 2x": "-o 2x",
    "some text": '--title "some text"',
    "some text --to ops": "options go first",
    "--corp-secret {nowhere}": "nowhere",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_bad_line_is_refused_before_the_cell_runs(kernel, box, line):
    """A bad option is a UsageError in one line, which helps, and nothing ran or was sent."""
    shown = kernel.run(f"%%notify_wechat {line}\nprint('ran')")
    assert shown.error.ename == "UsageError"
    assert shown.tracebacks == []
    assert shown.text.startswith("UsageError: ")
    assert shown.text.count("\n") == 1
    assert REFUSED[line] in shown.text
    assert "ran" not in shown.text.replace("ran on", "")
    assert box.inbox == []


def test_a_secret_on_the_line_is_refused_and_not_repeated(kernel, box):
    """A literal secret runs nothing; the error says to renew it, and does not hold it."""
    for secret in ("--corp-secret 'S3CR3T literal'", "--app-secret=S3CR3T"):
        shown = kernel.run(f"%%notify_wechat {secret}\nprint('ran')")
        assert shown.error.ename == "UsageError"
        assert "renew it" in shown.text
        assert "S3CR3T" not in repr(shown.outputs)
        assert "S3CR3T" not in str(shown.error.evalue)
    assert box.inbox == []


def test_an_empty_message_is_refused(kernel, box):
    """A line form without text, and ``--text`` over nothing, are UsageErrors."""
    for cell in (
        "%notify_wechat",
        "%notify_wechat --to sandbox-wecom_chat",
        "%%notify_wechat --text\n \n",
    ):
        assert kernel.run(cell).error.ename == "UsageError"
    assert box.inbox == []


@pytest.mark.parametrize("above", ["", "%%time\n"])
@pytest.mark.parametrize(
    "name", ["notify_wechat", "notify_wechat_app", "notify_dingtalk", "notify"]
)
def test_a_cell_with_nothing_below_the_line(kernel, box, above, name):
    """No message says that nothing was done: every magic refuses it, as `%%time` does, in words."""
    for line, below in ((f"%%{name}", ""), (f"%%{name} --text", "\n  \n\n"), (f"%%{name}", "\n\n")):
        shown = kernel.run(f"{above}{line}{below}")
        assert shown.error.ename == "UsageError"
        assert f"nothing stands below %%{name}: nothing ran, nothing was sent" in shown.text
    assert box.inbox == []


def test_strict_is_told_without_our_frames(kernel, box):
    """Under `--strict` a failed message is one line of error, however the magic was reached."""
    for cell in (
        "%notify_wechat --strict hello",
        "%%notify_wechat --strict\n1",
        "%%time\n%%notify_wechat --strict\n1",
    ):
        box.fail_next(errcode=86003, path="send")
        shown = kernel.run(cell)
        assert shown.error.ename == "SendError"
        assert "86003" in shown.error.evalue
        (told,) = shown.tracebacks
        assert told.startswith("SendError: not sent")
        assert "\n" not in told
        assert "notebook_notify/" not in str(shown.outputs)


def test_a_magic_below_the_first_line_gets_a_hint(kernel, box):
    """IPython does not find a cell magic there; ours tells where it belongs."""
    shown = kernel.run("x = 1\n%%notify_wechat --to ops\nprint(x)")
    assert shown.error.ename == "UsageError"
    hints = [o.data["text/plain"] for o in shown.outputs if o.output_type == "display_data"]
    assert hints == ["notebook_notify: %%notify_wechat belongs on the first line of the cell"]


def test_the_manual(kernel):
    """``%%notify_wechat?`` shows what it does and every option."""
    page = kernel.ask("execute", "%%notify_wechat?")["payload"][0]["data"]["text/plain"]
    for word in (
        "WeCom", "企业微信群", "%notify_wechat", "--to", "--title", "--summary", "--text", "--on",
        "--after", "--source", "--timeout", "--dry-run", "--strict", "--out", "--corp-id",
        "--corp-secret", "--chat-id", "--agent-id", "--app-key", "--app-secret",
        "%notify_targets", "%notify_setup", "%notify_sandbox",
    ):  # fmt: skip
        assert word in page, word
    magics = kernel.run("%lsmagic").outputs[0].data["text/plain"]
    for name in ("notify", "notify_wechat", "notify_wechat_app", "notify_dingtalk"):
        assert f"%%{name}" in magics.split()


def test_the_manual_is_in_the_readers_language(kernel, box):
    """In Chinese every magic's manual and options are Chinese, as of the next load."""
    kernel.run("%env NOTEBOOK_NOTIFY_LANGUAGE=zh")
    kernel.run("%reload_ext notebook_notify")
    pages = {
        name: kernel.ask("execute", f"%{name}?")["payload"][0]["data"]["text/plain"]
        for name in (
            "notify", "notify_wechat", "notify_wechat_app", "notify_dingtalk", "notify_auto",
            "notify_sandbox", "notify_inbox", "notify_outbox", "notify_targets", "notify_setup",
            "notify_history",
        )
    }  # fmt: skip
    kernel.run("%env NOTEBOOK_NOTIFY_LANGUAGE=en")
    kernel.run("%reload_ext notebook_notify")
    kernel.run(f"%notify_sandbox --url {box.url}")  # unloading forgot it
    for name, page in pages.items():
        assert re.search("消息|运行单元|目标", page), name
        assert not re.search(r"options:|arguments:|\b(the|what|which)\b", page), name
    assert "选项：\n  -t NAME, --to NAME    已保存的目标；可重复" in pages["notify_wechat"]


def _completed(kernel, code):
    reply = kernel.ask("complete", code)
    return [code[: reply["cursor_start"]] + match for match in reply["matches"]]


def test_tab_completes_options_and_targets(kernel):
    """Tab knows the options of every magic, and after ``--to`` the targets that it can reach."""
    for name in ("%%notify_wechat", "%notify_wechat", "%%notify", "%%notify_dingtalk"):
        assert f"{name} --timeout" in _completed(kernel, f"{name} --ti")
        assert f"{name} --title" in _completed(kernel, f"{name} --ti")
    assert "%%notify_wechat --title x --strict" in _completed(
        kernel, "%%notify_wechat --title x --st"
    )
    assert _completed(kernel, "%%notify_wechat --to sand") == [
        "%%notify_wechat --to sandbox-wecom_chat",
        "%%notify_wechat --to sandbox-wecom_robot",
    ]
    assert _completed(kernel, "%%notify_wechat --to=sand") == [
        "%%notify_wechat --to=sandbox-wecom_chat",
        "%%notify_wechat --to=sandbox-wecom_robot",
    ]
    assert len(_completed(kernel, "%%notify -t sandbox-")) >= 3
    assert _completed(kernel, "%%notify_wechat --on e") == ["%%notify_wechat --on error"]
    assert "%%notify_wechat_app" in _completed(kernel, "%%notify_we")
    assert "%notify_auto --after" in _completed(kernel, "%notify_auto --af")
    assert "%notify_setup --channel" in _completed(kernel, "%notify_setup --ch")
    assert "%notify_targets --check sandbox-wecom_app" in _completed(
        kernel, "%notify_targets --check sandbox-w"
    )


def test_loading_twice_and_reloading_are_harmless(kernel, box):
    """However often the extension is loaded, one cell sends one message."""
    assert "already loaded" in kernel.run("%load_ext notebook_notify").text
    kernel.run("import notebook_notify; notebook_notify.load_ipython_extension(get_ipython())")
    kernel.run("%%notify_wechat\n1")
    assert len(box.inbox) == 1
    assert kernel.run("%reload_ext notebook_notify").error is None
    kernel.run(f"%notify_sandbox --url {box.url}")  # unloading forgot it
    shown = kernel.run("%%notify_wechat\n2")
    assert shown.box.startswith("✓")
    assert len(box.inbox) == 2


TRACES = """
def traces():
    ip = get_ipython()
    return {
        "cleanup": [repr(t) for t in ip.input_transformers_cleanup],
        "events": {k: len(v) for k, v in ip.events.callbacks.items()},
        "magics": {k: sorted(v) for k, v in ip.magics_manager.magics.items()},
        "registry": sorted(ip.magics_manager.registry),
        "hooks": sorted(map(str, ip.strdispatchers["complete_command"].strs)),
        "configurables": len(ip.configurables),
        "attributes": sorted(vars(ip)),
        "iopub": sorted(vars(ip.kernel.iopub_thread)),
        "session": sorted(vars(ip.kernel.session)),
    }
"""


def test_unloading_leaves_no_trace(environment_for, start_kernel, tmp_path, sandbox):
    """After ``%unload_ext`` the shell is as it was before ``%load_ext``."""
    with start_kernel(environment_for(tmp_path)) as fresh:
        fresh.run(TRACES)
        fresh.run("%load_ext storemagic")  # IPython's own magics for extensions load late
        fresh.run("%time 1")
        fresh.run("%nosuch")
        fresh.run("before = traces()")
        fresh.run(f"%load_ext notebook_notify\n%notify_sandbox --url {sandbox.url}")
        assert fresh.run("traces() == before").value == "False"
        assert fresh.run("%%notify_wechat\nprint(1)").box.startswith("✓")
        assert fresh.run("%%time\n%%notify_wechat\nprint(1)").box.startswith("✓")
        fresh.run("%unload_ext notebook_notify")
        left = fresh.run(
            "print({k: (v, before[k]) for k, v in traces().items() if v != before[k]})"
        )
        assert left.text == "{}\n"
        assert fresh.run("%%notify_wechat\n1").error.ename == "UsageError"
        assert fresh.run("%load_ext notebook_notify").error is None


def test_without_any_target_the_line_says_what_to_do(environment_for, start_kernel, tmp_path):
    """Without a target nothing runs, and the error names the ways to get one."""
    with start_kernel(environment_for(tmp_path)) as fresh:
        fresh.run("%load_ext notebook_notify")
        shown = fresh.run("%%notify_wechat\nprint('ran')")
        assert shown.error.ename == "UsageError"
        assert "%notify_setup" in shown.text
        assert "%notify_sandbox" in shown.text
        assert str(tmp_path / "notebook_notify.toml") in shown.text
