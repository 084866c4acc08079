"""What has left is agreed upon by the thread that sends and the caller that waits."""

from __future__ import annotations

import pytest

from notebook_notify.delivery.flight import Flight, GivenUpError


def test_flight_stays_down_once_given_up():
    """After the caller has gone, nothing departs and nothing is counted."""
    flight = Flight()
    assert not flight.give_up()
    for move in (flight.depart, flight.lose, lambda: flight.land(accepted=True)):
        with pytest.raises(GivenUpError):
            move()
    assert flight.parts_sent == 0


def test_flight_knows_what_is_on_its_way():
    """On its way is what has departed and not landed, and what was lost until a repeat lands."""
    flight = Flight()
    flight.depart()
    flight.land(accepted=True)
    flight.depart()
    flight.lose()
    flight.depart()
    flight.land(accepted=False)
    assert flight.parts_sent == 1
    flight.depart()
    flight.land(accepted=True)
    assert flight.parts_sent == 2
    assert not flight.give_up()
    other = Flight()
    other.depart()
    other.lose()
    other.depart()
    other.land(accepted=False)
    assert other.give_up()


def test_who_joins_on_the_way():
    """Told whether something is on its way, and called before anything more leaves."""
    flight, asked = Flight(), []
    assert not flight.join(lambda: asked.append("early"))
    flight.depart()
    assert asked == ["early"]
    assert flight.join(lambda: asked.append("late"))
    flight.land(accepted=True)
    flight.depart()
    assert asked == ["early", "late"]

    def keep():
        raise OSError

    flight.land(accepted=True)
    assert not flight.join(keep)
    with pytest.raises(OSError):
        flight.depart()
    assert not flight.give_up()
