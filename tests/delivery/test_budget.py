"""Whoever waits is told how long it is yet, wherever the time has gone."""

from __future__ import annotations

import pytest

from notebook_notify.delivery import TIMEOUT
from notebook_notify.delivery.budget import Budget


@pytest.fixture
def at(monkeypatch):
    """Sets the clock, in seconds; it begins at 100."""

    def clock(moment):
        monkeypatch.setattr("time.monotonic", lambda: moment)

    clock(100.0)
    return clock


def test_time_that_has_gone_counts(at):
    """A claim that took two seconds leaves so much less for the message; never less than none."""
    budget = Budget.of(15.0, 5.0)
    assert (budget.left, budget.held, budget.patience) == (15.0, 5.0, 5.0)
    at(102.0)
    assert (budget.left, budget.held, budget.patience) == (13.0, 3.0, 3.0)
    at(107.0)
    assert (budget.left, budget.held, budget.patience) == (8.0, 0.0, 0.0)
    at(200.0)
    assert (budget.left, budget.held, budget.patience) == (0.0, 0.0, 0.0)


def test_time_that_was_spent_on_something_else(at):
    """It does not count, for the hold nor for the whole."""
    budget, waits = Budget.of(15.0, 5.0), Budget.of(15.0)
    at(120.0)
    assert (budget.put_off(18.0).left, budget.put_off(18.0).held) == (13.0, 3.0)
    assert (waits.put_off(18.0).left, waits.put_off(18.0).held) == (13.0, None)


def test_who_is_not_released_waits_to_the_end(at):
    """Without a hold, patience ends with the budget; unsaid, that is the usual one."""
    budget = Budget.of()
    assert (budget.left, budget.held, budget.patience) == (TIMEOUT, None, TIMEOUT)


def test_a_hold_that_is_longer_than_the_budget(at):
    """Nobody waits for longer than anything can come of it."""
    assert Budget.of(2.0, 5.0).patience == 2.0
