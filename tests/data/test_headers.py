"""Sizes out of headers, and every way in which a file is no image."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from envdoctor._machine.peeking import Peeked
from envdoctor.data.headers import Header, header

from .pictures import claimed, picture


class Held:
    """Bytes as a file."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)

    def read(self, offset: int, length: int) -> bytes:
        offset = max(0, offset)
        return self.content[offset : offset + length]


def made(kind: str, **options: object) -> bytes:
    held = io.BytesIO()
    picture(37, 21).save(held, kind, **options)
    return held.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_real_files(kind: str) -> None:
    assert header(Held(made(kind))) == Header(37, 21)


def test_a_frame_behind_a_long_profile_is_found() -> None:
    profile = made("JPEG", icc_profile=bytes(50_000))
    assert header(Held(profile)) == Header(37, 21)


def test_what_cameras_append_behind_the_end_is_no_fault() -> None:
    assert header(Held(made("JPEG") + bytes(2000))).fault == ""


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0", "truncated"),
        (made("JPEG")[:30], "truncated"),
        (made("PNG")[:20], "truncated"),
        (made("JPEG")[:-2], "cut-short"),
        (made("PNG")[:-12], "cut-short"),
        (b"<html>404 not found</html>", "strange"),
        (bytes(5000), "strange"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIB", 2**21, 4, 8) + bytes(30), "too-large"),
    ],
)
def test_faults(content: bytes, fault: str) -> None:
    assert header(Held(content)) == Header(0, 0, fault)


def test_a_claimed_size_is_what_a_header_says() -> None:
    assert header(Held(claimed(4000, 3000))) == Header(4000, 3000)


def test_a_member_of_an_archive_is_read_from_its_place(tmp_path: Path) -> None:
    archive = tmp_path / "shard"
    archive.write_bytes(b"x" * 512 + claimed(640, 480) + b"y" * 700)
    with Peeked(str(archive), 512, len(claimed(640, 480))) as file:
        assert header(file) == Header(640, 480)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(str(tmp_path / "a.jpg"))
    with pytest.raises(OSError):
        Peeked(str(tmp_path / "a.jpg"))
