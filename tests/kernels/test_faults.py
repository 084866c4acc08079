"""Whatever the network and the platform do, the cell's result stands and the box tells the truth."""

from __future__ import annotations

import pytest

from notebook_notify.sandbox import Sandbox

#: The budget, in seconds, and what starting a cell and drawing its box may take besides.
BUDGET = 2
SLACK = 1.2

FAULTS = {
    "refused": ({"errcode": 60020}, "✗ not sent"),
    "no errcode": ({"kind": "no_errcode"}, "✗ not sent"),
    "gateway page": ({"kind": "html", "status": 502}, "✗ not sent"),
    "page with 200": ({"kind": "html", "body": "<html>log in first</html>"}, "✗ not sent"),
    "garbage": ({"kind": "html", "body": "\x00\x01 not json"}, "✗ not sent"),
    "array": ({"kind": "array"}, "✗ not sent"),
    "nothing": ({"kind": "empty_404"}, "✗ not sent"),
    "redirect": ({"kind": "redirect"}, "✗ not sent"),
    "10 MB": ({"kind": "huge"}, "✗ not sent"),
    "hang": ({"kind": "hang", "seconds": 20}, "? unknown"),
    "delivered, no answer": ({"kind": "deliver_hang", "seconds": 20}, "? unknown"),
    "drip": ({"kind": "drip", "seconds": 0.5}, "? unknown"),
    "reset": ({"kind": "reset"}, "? unknown"),
    "half": ({"kind": "half"}, "? unknown"),
    "errcode as text": ({"kind": "errcode_string"}, "✓ sent"),
    "token expired": ({"kind": "expired"}, "✓ sent"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_cell_stands_and_the_box_is_true(kernel, box, name):
    """The value stays, the budget is kept, and what the box says is what happened."""
    fault, expected = FAULTS[name]
    kernel.run("%notify_wechat warm")
    box.clear()
    box.fail_next(**fault, path="send")
    shown = kernel.run(f"%%notify_wechat --timeout {BUDGET}s\nprint('shown')\n6 * 7")
    assert shown.error is None
    assert (shown.value, shown.text) == ("42", "shown\n")
    assert shown.seconds < BUDGET + SLACK
    if name in (
        "array",
        "gateway page",
        "page with 200",
        "garbage",
        "nothing",
        "redirect",
        "10 MB",
    ):
        # Not the platform's answer: something between may have swallowed it after delivery.
        assert shown.box.startswith(("✗ not sent", "? unknown"))
    else:
        assert shown.box.startswith(expected)
    if shown.box.startswith("✓"):
        assert len(box.inbox) == 1
    elif shown.box.startswith("✗"):
        assert box.inbox == []


@pytest.mark.parametrize("kind", ["hang", "drip", "html", "reset_before", "errcode"])
def test_faults_of_the_token_call(kernel, box, kind):
    """While no token comes nothing has left, and the box says: not sent."""
    box.expire_tokens()  # kernels share them by a file, so that a new sender would need none
    fields = {"errcode": 40001} if kind == "errcode" else {"kind": kind}
    if kind in ("hang", "drip"):
        fields["seconds"] = 20
    box.fail_next(**fields, path="gettoken", count=9, **({"status": 502} if kind == "html" else {}))
    shown = kernel.run(f"%%notify_wechat --timeout {BUDGET}s\n6 * 7")
    assert (shown.error, shown.value) == (None, "42")
    assert shown.seconds < BUDGET + SLACK
    assert shown.box.startswith("✗ not sent")
    assert box.inbox == []


def test_a_sandbox_that_is_gone(kernel, box):
    """With nobody listening the box says so within the budget, and the cell stands."""
    with Sandbox() as other:
        kernel.run(f"%notify_sandbox --url {other.url}\n%notify_wechat first")
        assert len(other.inbox) == 1
    shown = kernel.run(f"%%notify_wechat --timeout {BUDGET}s\n6 * 7")
    assert (shown.error, shown.value) == (None, "42")
    assert shown.seconds < BUDGET + SLACK
    assert shown.box.startswith("✗ not sent")
    assert "-1001" in shown.box
    kernel.run(f"%notify_sandbox --url {box.url}")
    assert kernel.run("%%notify_wechat\n1").box.startswith("✓ sent")


def test_several_targets_share_one_budget(kernel, box):
    """A target that hangs costs the others nothing; the budget is that of all together."""
    box.fail_next("hang", path="appchat/send", seconds=20)
    shown = kernel.run(
        f"%%notify --to sandbox-wecom_chat --to sandbox-dingtalk_chat --timeout {BUDGET}s\n6 * 7"
    )
    assert (shown.error, shown.value) == (None, "42")
    assert shown.seconds < BUDGET + SLACK
    assert "? unknown sandbox-wecom_chat" in shown.box
    assert "✓ sent sandbox-dingtalk_chat" in shown.box
