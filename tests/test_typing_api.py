"""What ``typing_api.py`` says of types to mypy is true of the values, too."""

from __future__ import annotations

import ast
import base64
import inspect
import runpy
import typing
from pathlib import Path

from typeguard import CollectionCheckStrategy, check_type

import notebook_notify
from notebook_notify import sender

API = Path(__file__).with_name("typing_api.py")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_the_types_are_true(sandbox, monkeypatch) -> None:
    """Every function of the file runs against the sandbox, and each value is of the type it names."""
    seen = set()

    def look(value, kind):
        seen.add(inspect.currentframe().f_back.f_lineno)
        return check_type(value, kind, collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)

    monkeypatch.setattr(typing, "assert_type", look)
    api = runpy.run_path(str(API))
    known = sandbox.targets
    chat = known["sandbox-wecom_chat"]
    named = {
        "ops": chat,
        "people": known["sandbox-wecom_app"],
        "robot": known["sandbox-wecom_robot"],
        "gone": {**chat, "chat_id": "gone"},
    }
    sender.TARGETS.use_sandbox(named)
    wecom = chat["corp_id"], chat["corp_secret"]
    ding = known["sandbox-dingtalk_chat"]
    arguments = {
        "texts": (PNG,),
        "wecom": (*wecom, sandbox.url),
        "dingtalk": (ding["app_key"], ding["app_secret"], sandbox.url),
        "ported": (*wecom, chat["chat_id"], sandbox.url),
    }
    functions = {
        name: one
        for name, one in api.items()
        if inspect.isfunction(one) and one.__globals__["__name__"] == "<run_path>"
    }
    for name, function in functions.items():
        function(*arguments.get(name, ()))
    calls = [one for one in ast.walk(ast.parse(API.read_text())) if isinstance(one, ast.Call)]
    assert seen == {one.lineno for one in calls if ast.unparse(one.func) == "assert_type"}


def test_every_public_name_is_used() -> None:
    """No name that the package offers is without types that are looked at."""
    tree = ast.parse(API.read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert set(notebook_notify.__all__) <= used
