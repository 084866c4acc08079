"""Every channel by every fault: what is said is what happened; judged by what the sandbox has."""

from __future__ import annotations

import time
import tracemalloc

import matrix
import pytest
from wire import Wire

from notebook_notify.platforms import CHANNELS


@pytest.fixture(scope="module")
def cells():
    """All cells, made once, and the table, which ``pytest -s`` shows."""
    began = time.monotonic()
    found = matrix.everything()
    print(f"\n{matrix.drawn(found)}\n{time.monotonic() - began:.0f} s")
    return found


def test_every_channel_is_there():
    """Whoever adds a channel says what faults do to it."""
    assert set(matrix.PATHS) == set(CHANNELS)
    assert {one for one in CHANNELS if CHANNELS[one].drops_repeats or CHANNELS[one].takes_keys} == {
        *matrix.KEYED
    }


@pytest.mark.parametrize("row", matrix.ROWS, ids=lambda row: row.fault)
def test_a_fault(cells, row):
    """Never *sent* without arrival, never *failed* with it, never two; and as it is expected."""
    found = cells[row.fault]
    assert {one: matrix.wrongs(row, one, found[one]) for one in found} == {
        one: [] for one in found
    }, matrix.drawn(cells)
    assert {one: str(cell) for one, cell in found.items()} == row.expected


def test_the_judge_sees_what_is_wrong():
    """A report that claims too much or too little, or a double, would be found."""
    sent = matrix.Row("x", matrix.expect("sent 1/1"))
    lost = matrix.Row("x", matrix.LOST_THERE)
    for row, cell in (
        (sent, matrix.Cell("sent", 0, 1, 0, None)),
        (sent, matrix.Cell("partial", 2, 2, 0, None)),
        (sent, matrix.Cell("failed", 1, 1, 0, None)),
        (sent, matrix.Cell("unknown", 2, 2, 0, None)),
        (lost, matrix.Cell("unknown", 1, 2, 0, None)),
        (sent, matrix.Cell("sent", 1, 1, matrix.LONG + 2, None)),
    ):
        assert matrix.wrongs(row, "wecom_chat", cell), cell


def test_retry_after_is_told(cells):
    """What a gateway asks for is in the dict, so that whoever waits waits for that long."""
    for cell in cells["429 with Retry-After"].values():
        assert (cell.error["retry_after"], cell.error["http_status"]) == (37, 429)


@pytest.mark.parametrize("fault", ["gzip bomb", "endless chunks", "hostile 403", "oversize"])
def test_what_a_hostile_server_says_is_short_and_plain(cells, fault):
    """No control character of a server's reaches the report, and of a flood only the beginning."""
    for cell in cells[fault].values():
        if cell.error is None:
            continue  # asked again, and sent
        told = cell.error["errmsg"]
        assert len(told) < 300
        assert told.isprintable()


@pytest.mark.parametrize("fault", ["endless", "gzip bomb"])
def test_a_flood_costs_little_memory(sandbox, fault):
    """Of an answer without end, or one that would unpack to 50 MB, a megabyte is read."""
    matrix.Sender().send(
        [(matrix._target(sandbox, "wecom_robot", sandbox.url), matrix.Message("x"))]
    )
    with Wire(sandbox.url, lambda _path: fault) as wire:
        target = matrix._target(sandbox, "wecom_robot", wire.url)
        tracemalloc.start()
        report = matrix.Sender().send([(target, matrix.Message("x"))])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert not report
    assert peak < 8 << 20


def test_the_wire_passes_on_what_it_is_not_asked_to_break(sandbox):
    """The instrument itself: without a fault a message arrives through it, once."""
    with Wire(sandbox.url, lambda _path: None) as wire:
        target = matrix._target(sandbox, "wecom_app", wire.url)
        report = matrix.Sender().send([(target, matrix.Message("x"))])
    assert report
    assert (len(sandbox.inbox), wire.met) == (1, [])
