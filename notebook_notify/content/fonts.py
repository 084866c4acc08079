"""Fonts that can write a table: well-known ones, where the systems keep them."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from bisect import bisect_right
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

#: Chinese, Japanese and Korean characters, and the punctuation that goes with them.
CHINESE = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
#: File names of a font and of its bold form, in lower case, the better first.
_CHINESE = (
    ("notosanscjk-regular.ttc", "notosanscjk-bold.ttc"),
    ("notosanscjksc-regular.otf", "notosanscjksc-bold.otf"),
    ("notosanssc-regular.otf", "notosanssc-bold.otf"),
    ("notosanssc-regular.ttf", "notosanssc-bold.ttf"),
    ("sourcehansanssc-regular.otf", "sourcehansanssc-bold.otf"),
    ("sourcehansanscn-regular.otf", "sourcehansanscn-bold.otf"),
    ("sourcehansans-regular.ttc", "sourcehansans-bold.ttc"),
    ("sourcehansans.ttc", ""),
    ("pingfang.ttc", ""),
    ("hiragino sans gb.ttc", ""),
    ("stheiti light.ttc", "stheiti medium.ttc"),
    ("msyh.ttc", "msyhbd.ttc"),
    ("msyh.ttf", "msyhbd.ttf"),
    ("deng.ttf", "dengb.ttf"),
    ("simhei.ttf", ""),
    ("wqy-microhei.ttc", ""),
    ("wqy-zenhei.ttc", ""),
    ("droidsansfallbackfull.ttf", ""),
    ("droidsansfallback.ttf", ""),
    ("notosansmonocjksc-regular.otf", ""),
    ("arial unicode.ttf", ""),
    ("simsun.ttc", ""),
)
_OTHERS = (
    ("notosans-regular.ttf", "notosans-bold.ttf"),
    ("segoeui.ttf", "segoeuib.ttf"),
    ("sfns.ttf", ""),
    ("arial.ttf", "arialbd.ttf"),
    ("liberationsans-regular.ttf", "liberationsans-bold.ttf"),
    ("helvetica.ttc", ""),
    ("dejavusans.ttf", "dejavusans-bold.ttf"),
)
#: Signs that the others lack.
_SIGNS = "dejavusans.ttf"
#: Emoji, in colours, and the heights that their pictures may have in these fonts, in pixels.
_EMOJI = ("notocoloremoji.ttf", "apple color emoji.ttc", "seguiemj.ttf")
_EMOJI_SIZES = (109, 160)
#: So many folders are looked into: a home folder may hold anything.
_MOST_FOLDERS = 2_000
_MOST_FACES = 16


def _folders() -> Iterator[Path]:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - unlike Path.home() it never raises
    yield from (home / ".local/share/fonts", home / ".fonts", home / "Library/Fonts")
    yield from (Path(sys.prefix, "fonts"), Path(sys.prefix, "share/fonts"))
    yield from map(Path, ("/usr/local/share/fonts", "/usr/share/fonts"))
    yield from map(Path, ("/Library/Fonts", "/System/Library/Fonts"))
    for variable, inner in (("LOCALAPPDATA", "Microsoft/Windows/Fonts"), ("WINDIR", "Fonts")):
        if root := os.environ.get(variable):
            yield Path(root, inner)


def _files() -> dict[str, Path]:
    """The fonts that there are, by their file names in lower case."""
    found: dict[str, Path] = {}
    walks = (walk for folder in _folders() for walk in os.walk(folder))
    for folder, _, names in islice(walks, _MOST_FOLDERS):
        for name in names:
            found.setdefault(name.lower(), Path(folder, name))
    # What a user has given matplotlib, to write Chinese in plots, serves here too.
    manager = getattr(sys.modules.get("matplotlib.font_manager"), "fontManager", None)
    for entry in getattr(manager, "ttflist", ()):
        path = Path(entry.fname)
        found.setdefault(path.name.lower(), path)
    return found


def _pair(files: dict[str, Path], names: tuple[tuple[str, str], ...]) -> list[Path]:
    """The first of *names* that there is, and its bold form or itself again; or nothing."""
    for regular, bold in names:
        if regular in files:
            return [files[regular], files.get(bold, files[regular])]
    return []


class Pen:
    """Writes text in the first of several fonts that has the character.

    Args:
        paths: font files, the one that is meant first; what is no font is left out.
        size: the height of the text, in pixels.
        emoji: a font file of coloured pictures, for what the others lack.

    Raises:
        OSError: none of *paths* is a font, nor has Pillow one of its own.
    """

    def __init__(self, paths: Sequence[Path], size: int, emoji: Path | None = None) -> None:
        from PIL import ImageFont

        self._fonts: list[FreeTypeFont] = []
        for path in paths:
            try:
                self._fonts.append(_load(path, size))
            except OSError:
                continue
        if not self._fonts:
            plain = ImageFont.load_default(size)
            if not isinstance(plain, ImageFont.FreeTypeFont):
                raise OSError("Pillow has no FreeType")
            self._fonts.append(plain)
        self._blanks = [bytes(font.getmask(_UNUSED)) for font in self._fonts]
        self._chosen: dict[str, int] = {}
        self._size = size
        self._emoji = _load_emoji(emoji) if emoji else None

    def length(self, text: str) -> float:
        """The width of *text*, in pixels."""
        return sum(self._width(font, run) for font, run in self._runs(text))

    def _width(self, font: int, run: str) -> float:
        if font == _PICTURE:
            return len(run) * self._size * 1.2
        return self._fonts[font].getlength(run)

    def clip(self, text: str, width: float) -> str:
        """*text*, or its beginning and ``…``, in at most *width* pixels."""
        if self.length(text) <= width:
            return text
        fits = bisect_right(
            range(len(text)), width, key=lambda end: self.length(text[:end].rstrip() + "…")
        )
        return text[: max(0, fits - 1)].rstrip() + "…"

    def write(self, picture: Image, at: tuple[float, float], text: str, colour: str) -> None:
        """Write *text* from *at*, the left end of its base line."""
        from PIL import ImageDraw

        draw = ImageDraw.Draw(picture)
        x, y = at
        for font, run in self._runs(text):
            if font != _PICTURE:
                draw.text((x, y), run, fill=colour, font=self._fonts[font], anchor="ls")
            for n, character in enumerate(run if font == _PICTURE else ""):
                form = self._picture(character)
                left = x + self._width(font, run[:n]) + self._size * 0.1
                picture.paste(form, (int(left), int(y - self._size * 0.86)), form)
            x += self._width(font, run)

    def _picture(self, character: str) -> Image:
        from PIL import Image, ImageDraw

        form = Image.new("RGBA", (_EMOJI_SIZES[-1],) * 2)
        draw = ImageDraw.Draw(form)
        draw.text((0, 0), character, font=self._emoji, embedded_color=True)
        return form.crop(form.getbbox()).resize((self._size, self._size))

    def _runs(self, text: str) -> Iterator[tuple[int, str]]:
        """The stretches of *text* that one font writes."""
        for at, run in groupby(text, key=self._font):
            yield at, "".join(run)

    def _font(self, character: str) -> int:
        if character not in self._chosen:
            has = (at for at, font in enumerate(self._fonts) if self._has(at, font, character))
            self._chosen[character] = next(has, self._picture_of(character))
        return self._chosen[character]

    def _has(self, at: int, font: FreeTypeFont, character: str) -> bool:
        return character.isspace() or bytes(font.getmask(character)) != self._blanks[at]

    def _picture_of(self, character: str) -> int:
        """Stands for the emoji font if that has it, else for the first, which shows a box."""
        if self._emoji is None or self._emoji.getbbox(character) == self._emoji.getbbox(_UNUSED):
            return 0
        return _PICTURE


def _load_emoji(path: Path) -> FreeTypeFont | None:
    from PIL import ImageFont

    for size in _EMOJI_SIZES:
        with contextlib.suppress(OSError):  # of pictures there are only some sizes
            return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    return None


def _load(path: Path, size: int) -> FreeTypeFont:
    """The font in *path*; of a collection, the one for simplified Chinese."""
    from PIL import ImageFont

    # Not raqm: it is slow for a lone character.
    engine = ImageFont.Layout.BASIC
    first = ImageFont.truetype(path, size, layout_engine=engine)
    if path.suffix.lower() != ".ttc":
        return first
    for at in range(_MOST_FACES):
        try:
            font = ImageFont.truetype(path, size, at, layout_engine=engine)
        except OSError:  # the collection ends
            break
        if re.search(r"\b(?:SC|CN|GB)\b", font.getname()[0] or ""):
            return font
    return first


def pens(size: int) -> tuple[Pen, Pen, bool]:
    """For text of *size* pixels: a pen, a bold one, and whether they can write Chinese.

    Raises:
        ImportError: Pillow is not installed.
        OSError: there is no font.
    """
    files = _files()
    chinese, others = _pair(files, _CHINESE), _pair(files, _OTHERS)
    signs = [files[_SIGNS]] if _SIGNS in files else []
    emoji = next((files[name] for name in _EMOJI if name in files), None)
    plain, bold = ([*chinese[n : n + 1], *others[n : n + 1], *signs] for n in (0, 1))
    return Pen(plain, size, emoji), Pen(bold, size, emoji), bool(chinese)


#: Stands for the font of coloured pictures among those of a pen.
_PICTURE = -1
#: A code point that no font has a form for.
_UNUSED = "\U0010ffff"
