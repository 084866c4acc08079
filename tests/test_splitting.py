"""A long text becomes parts that fit, lose nothing, and cut no character."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from notebook_notify.splitting import split

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇨🇳"
ACCENTED = "e\u0301\u0323"

pieces = st.sampled_from(
    [
        *("中文", "，", "a", "word", "0.123", FAMILY, FLAG, "🇺", "👍🏽", ACCENTED, "नमस्ते", "한국"),
        *(" ", "  ", "\t", "\n", "\n\n", " \n", "\r\n", "\r", "\u3000", "\u00a0"),
        *("\u0301", "\u200d", "\u0600", "\ud800", "\udfff", "\x00", "x" * 70, "长" * 40),
    ]
)
texts = st.one_of(st.lists(pieces, max_size=120).map("".join), st.text(max_size=400))
limits = st.integers(min_value=40, max_value=200)


def size(text: str) -> int:
    """Bytes on the wire, where a lone surrogate leaves as ``?``."""
    return len(text.encode("utf-8", "replace"))


def bodies(parts: list[str]) -> list[str]:
    """The parts without their numbers, which must be right."""
    if len(parts) == 1:
        return parts
    found = [re.fullmatch(r"\((\d+)/(\d+)\) (.*)", part, re.DOTALL) for part in parts]
    assert [(int(m[1]), int(m[2])) for m in found if m] == [
        (k, len(parts)) for k in range(1, len(parts) + 1)
    ]
    return [m[3] for m in found if m]


def spans(text: str, parts: list[str]) -> list[tuple[int, int]]:
    """Where each part stands in *text*; what is between them must be white space."""
    at, found = 0, []
    for body in bodies(parts):
        start = at
        while not text.startswith(body, start):
            assert text[start].isspace(), (text, parts)
            start += 1
        at = start + len(body)
        found.append((start, at))
    assert not text[at:].strip(), (text, parts)
    return found


@given(texts, limits)
def test_every_part_fits(text, limit):
    """No part is longer than the limit, its number included."""
    assert all(size(part) <= limit for part in split(text, limit))


@given(texts, limits)
def test_nothing_is_lost_but_white_space_at_the_cuts(text, limit):
    """The parts, one after the other, are the text but for white space at the cuts."""
    spans(text, split(text, limit))


@given(texts, limits)
def test_no_character_is_cut(text, limit):
    """Every cut is a border of grapheme clusters, unless a cluster alone is too long."""
    clusters = list(iter_graphemes(text))
    parts = split(text, limit)
    if max(map(size, clusters), default=0) > limit - len("(00/00) "):
        return
    borders, at = {0}, 0
    for cluster in clusters:
        at += len(cluster)
        borders.add(at)
    for start, end in spans(text, parts):
        if start < end:
            assert {start, end} <= borders, (text, parts)


@given(texts, limits)
def test_no_part_is_blank(text, limit):
    """A message of white space alone is never made, unless the text is nothing else."""
    parts = split(text, limit)
    assert len(parts) == 1 or all(body.strip() for body in bodies(parts))


@given(texts)
def test_a_text_that_fits_is_unchanged(text):
    """One part carries no number and is the text itself, white space and all."""
    assert split(text, max(size(text), 1)) == [text]


def test_text_at_the_limit():
    """2,048 bytes are one message, one byte more makes two."""
    assert len(split("中" * 682 + "ab", 2048)) == 1
    assert len(split("中" * 683, 2048)) == 2


def test_lines_stay_whole():
    """Lines that fit are not cut; the line break at a cut is what is left out."""
    text = "\n".join(f"epoch {k:03d} loss 0.1" for k in range(6))
    assert split(text, 50) == [
        "(1/3) epoch 000 loss 0.1\nepoch 001 loss 0.1",
        "(2/3) epoch 002 loss 0.1\nepoch 003 loss 0.1",
        "(3/3) epoch 004 loss 0.1\nepoch 005 loss 0.1",
    ]


def test_blank_lines_at_a_cut_go_and_indentation_stays():
    """A part begins and ends with a line that has something on it, indented as it was."""
    text = "first line of some text\n\n \n\n    return table[code]\n\n"
    assert split(text, 40) == ["(1/2) first line of some text", "(2/2)     return table[code]"]


def test_a_trailing_line_break_makes_no_second_part():
    """Text that is too long only by blank lines at its ends goes out as one, unnumbered."""
    assert split("\n" + "a" * 40 + "\n\n", 40) == ["a" * 40]


def test_long_lines_are_cut_at_words():
    """A line longer than a part is cut at white space, which is left out there."""
    text = "the quick brown fox jumps over the lazy dog again"
    assert split(text, 24) == [
        "(1/3) the quick brown",
        "(2/3) fox jumps over the",
        "(3/3) lazy dog again",
    ]


def test_a_long_line_fills_what_the_line_before_left():
    """Chinese without spaces follows its heading in the same part, not after a nearly empty one."""
    assert split("标题\n" + "训练" * 8, 42) == [
        "(1/2) 标题\n训练训练训练训练训",
        "(2/2) 练训练训练训练",
    ]


def test_a_word_that_fits_a_part_moves_as_a_whole():
    """A word is cut only if it is longer than a part."""
    assert split("some words, then https://example.com/a/b/c", 34) == [
        "(1/2) some words, then",
        "(2/2) https://example.com/a/b/c",
    ]


@pytest.mark.parametrize("cluster", [FAMILY, FLAG, ACCENTED, "👍🏽"])
def test_clusters_stay_whole(cluster):
    """Emoji families, flags, skin tones and accents are not taken apart."""
    for part in bodies(split(cluster * 50, 64)):
        assert part == cluster * (len(part) // len(cluster))


def test_a_cluster_longer_than_a_part_is_cut_between_code_points():
    """One letter under a thousand accents still arrives, each code point whole."""
    text = "e" + "\u0301" * 100
    parts = split(text, 64)
    assert "".join(bodies(parts)) == text
    assert all(size(part) <= 64 for part in parts)


def test_numbers_count_toward_the_limit_as_they_grow():
    """Parts of 10, 100 and more fit although their numbers are longer."""
    for letters in (200, 2_000, 20_000):
        parts = split("中" * letters, 40)
        assert all(size(part) <= 40 for part in parts)
        assert "".join(bodies(parts)) == "中" * letters


def test_lone_surrogates_count_as_they_leave():
    """A lone surrogate is one byte, the ``?`` that the transport makes of it."""
    text = "\ud800" * 100
    assert split(text, 100) == [text]
    assert "".join(bodies(split(text, 50))) == text


def test_a_text_of_white_space_alone():
    """Too much white space and nothing else comes back as one empty part."""
    assert split(" \n" * 100, 50) == [""]


@pytest.mark.parametrize("limit", [0, 3, 9])
def test_a_limit_without_room_is_refused(limit):
    """A limit that cannot hold a number and one character is a mistake of the caller's."""
    with pytest.raises(ValueError, match="holds no character"):
        split("中文" * 50, limit)


@pytest.mark.parametrize(
    "text",
    ["训练完成\n", "a", "\n", " \u0301", "a\n\n\n"],
    ids=["lines", "one line", "blank", "accents", "gaps"],
)
def test_the_work_is_linear(text):
    """Ten times the text takes ten times as long, in lines or in one; not a hundred times."""

    def took(size):
        long = text * (size // len(text.encode()))
        started = time.process_time()
        split(long, 2048)
        return time.process_time() - started

    few = min(took(200_000) for _ in range(3))
    assert took(2_000_000) < 40 * few + 0.05


# ── blocks and Markdown ──────────────────────────────────────────────────────────────────────

TABLE = "| code | price |\n|---|---|\n| 600519 | 1700.00 |\n| 300750 | 250.10 |"
CODE = "```python\nfor row in rows:\n\n    print(row)\n```"

fences = st.sampled_from(["```", "```python", "~~~", "````", " ```", "```a`b", "~~~ `x`"])
rows = st.sampled_from(["| a | b |", "|---|---|", "+---+---+", "| 中文 | 600519 |"])
blocks = st.lists(
    st.one_of(fences, rows, pieces, st.sampled_from(["x = 1", "    indented", "# head"])),
    max_size=60,
).map("\n".join)


@pytest.mark.parametrize("markdown", [False, True])
@pytest.mark.parametrize("block", [TABLE, CODE])
@pytest.mark.parametrize("before", range(0, 120, 7))
def test_a_block_that_fits_a_part_is_not_cut(markdown, block, before):
    """A table or a fenced block moves as a whole into the next part, wherever it begins."""
    text = "x " * (before // 2) + "\n" + block + "\n" + "y " * 60
    parts = split(text, 100, markdown=markdown)
    assert sum(block in part for part in parts) == 1


@given(blocks, limits)
def test_blocks_lose_nothing(text, limit):
    """The promises to plain text hold for text with tables and fences."""
    parts = split(text, limit)
    assert all(size(part) <= limit for part in parts)
    spans(text, parts)


@given(blocks, limits)
def test_every_part_of_markdown_is_whole_by_itself(text, limit):
    """Each part of Markdown fits, and a fence that it opens it closes as well."""
    parts = split(text, limit, markdown=True)
    assert all(size(part) <= limit for part in parts)
    if len(parts) == 1:
        return
    for number, part in enumerate(parts, 1):
        head, gap, body = part.partition("\n\n")
        assert (head, gap) == (f"({number}/{len(parts)})", "\n\n")
        assert body.strip()
        # What the text itself leaves open may be open at its end.
        assert open_fence(body) is None or (number == len(parts) and open_fence(text)), parts


@given(blocks, limits)
def test_markdown_loses_nothing(text, limit):
    """All that is not white space or a fence arrives, in order."""
    parts = split(text, limit, markdown=True)
    found = parts if len(parts) == 1 else [part.partition("\n\n")[2] for part in parts]
    assert bare("\n".join(found)) == bare(text)


def open_fence(text: str) -> str | None:
    """The marks of the fence that is open at the end of *text*."""
    marks = None
    for line in text.split("\n"):
        if marks is None:
            found = re.match(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})", line)
            marks = found[1] if found else None
        elif set(line.strip()) == {marks[0]} and len(line.strip()) >= len(marks):
            marks = None
    return marks


def bare(text: str) -> str:
    """*text* without white space and lines of fences."""
    lines = (line for line in text.split("\n") if not re.match(r"\s*(```|~~~)", line))
    return "".join("".join(lines).split())


def test_a_long_block_is_closed_and_opened_again():
    """Code that is longer than a part is code in every part, and no part has an empty block."""
    code = "\n".join(f"step({number})" for number in range(9))
    parts = split(f"# Log\n```python\n{code}\n```\nend", 72, markdown=True)
    assert parts == [
        "(1/2)\n\n# Log\n```python\nstep(0)\nstep(1)\nstep(2)\nstep(3)\nstep(4)\n```",
        "(2/2)\n\n```python\nstep(5)\nstep(6)\nstep(7)\nstep(8)\n```\nend",
    ]


def test_fences_without_an_end_take_linear_time():
    """Megabytes of lines that open a fence and never close it split in seconds."""
    started = time.process_time()
    for markdown in (False, True):
        split("```a\n" * 400_000, 2048, markdown=markdown)
    assert time.process_time() - started < 20
