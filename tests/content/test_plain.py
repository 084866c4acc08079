"""Text within a size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_notify.content.plain import fit, size_text
from notebook_notify.sizes import clip, clip_start

_texts = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("好👨‍👩‍👧é🇨🇳\n")), max_size=400
)


@given(_texts, st.integers(8, 200))
def test_clip_keeps_the_beginning(text: str, limit: int) -> None:
    """What is cut off is marked, and what is kept is how the text begins."""
    clipped = clip(text, limit)
    assert len(clipped.encode()) <= limit
    assert clipped == text or (clipped.endswith("…") and text.startswith(clipped[:-1]))


def test_clip_breaks_no_cluster() -> None:
    """A family of emoji is kept whole or not at all."""
    assert clip("ab👨‍👩‍👧cdefghijklmnop", 16) == "ab…"


@given(_texts, st.integers(0, 300), st.sampled_from([clip, clip_start]), st.integers(1, 5))
def test_what_grows_when_it_is_written_fits_too(text, limit, cut, times) -> None:
    """However much longer a text is as it is written, it is cut to the size, and says so."""
    said, whole = fit(lambda part: f"<{part * times}>", text, limit, cut)
    assert len(said.encode()) <= limit
    assert whole == (said == f"<{text * times}>")
    if limit >= 40 and text:
        assert said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (2_340_000, "2.3 MB"),
    ],
)
def test_a_size_is_said_shortly(size: int, said: str) -> None:
    """A size has at most three digits and its unit."""
    assert size_text(size) == said
