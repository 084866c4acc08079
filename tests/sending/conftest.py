"""What the tests of sending share."""

from __future__ import annotations

import pytest

from notebook_notify import sender


@pytest.fixture
def known(sandbox):
    """The sandbox's targets are known by name."""
    sender.TARGETS.use_sandbox(sandbox.targets)
    return sandbox
