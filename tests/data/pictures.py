"""Images for the tests: real ones by Pillow, and headers alone that claim any size and cost 40 bytes."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path
from typing import Dict, Iterable, Tuple

from PIL import Image


def claimed(width: int, height: int) -> bytes:
    """A JPEG of which only the header is real."""
    start = b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\1\x22\0\2\x11\1\3\x11\1"
    return start + frame + b"\xff\xda\0\x0c\3\1\0\2\x11\3\x11\0\x3f\0\xff\xd9"


def claimed_set(folder: Path, sizes: Iterable[Tuple[int, int]]) -> int:
    """A file for each size; equal ones are links to one file. Their bytes when decoded."""
    folder.mkdir(parents=True, exist_ok=True)
    made: Dict[Tuple[int, int], str] = {}
    total = 0
    for number, (width, height) in enumerate(sizes):
        path = str(folder / f"{number:06}.jpg")
        if (width, height) in made and number % 30000:  # a file has 65 000 names at most on ext4
            os.link(made[width, height], path)
        else:
            Path(path).write_bytes(claimed(width, height))
            made[width, height] = path
        total += width * height * 3
    return total


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Red above, blue below, a white mark in the upper left corner: what was turned can be told."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (0, height // 2, width, height))
    image.paste((255, 255, 255), (0, 0, width // 4, height // 4))
    return image.convert(mode)


def save(path: Path, width: int = 64, height: int = 48, mode: str = "RGB", **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(width, height, mode).save(str(path), **options)  # type: ignore[arg-type]
    return path


def opened(path: Path) -> Image.Image:
    """Decoded to the end, no file left open."""
    image = Image.open(io.BytesIO(path.read_bytes()))
    image.load()
    return image
