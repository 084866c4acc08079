"""What the tests of the robots share: the sandbox's targets, and what is posted of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Words
from notebook_notify.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox import Sandbox


@pytest.fixture
def robot_of(sandbox: Sandbox) -> Callable[..., Target]:
    """Gives the sandbox's target of a name, of other fields where given; ``None`` takes one away."""

    def make(name: str, **changed: Any) -> Target:
        fields = {**sandbox.targets[name], **changed}
        channel = fields.pop("channel")
        kept = {key: value for key, value in fields.items() if value is not None}
        return Target(channel, kept, name=name, source="sandbox")

    return make


def _posted(target: Target, text: str) -> tuple[str, dict[str, str], str]:
    channel = CHANNELS[target.channel]
    channel.check(target)
    call = channel.request(target, Words(text), "")
    assert call.method == "POST"
    return call.url, call.query, call.body().decode()


@pytest.fixture
def posted() -> Callable[[Target, str], tuple[str, dict[str, str], str]]:
    """Gives where a text to a target that was looked at is posted: address, query and body."""
    return _posted
