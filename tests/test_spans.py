"""Spans of time as people write them."""

from __future__ import annotations

import pytest

from notebook_notify.spans import seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [("90", 90), ("90s", 90), (" 5m ", 300), ("1.5h", 5400), ("2d", 172_800), ("0", 0)],
)
def test_what_is_a_span(text, value):
    """A number, and what it counts: seconds, minutes, hours, days."""
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "s", "5 m", "-1s", "1w", "1e3", "٣h", "9" * 400])
def test_what_is_none(text):
    """All else is told as none, rather than guessed."""
    assert seconds(text) is None
