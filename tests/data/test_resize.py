"""`envdoctor data resize` for real, with Pillow as the user's library: every kind of image, every way to be stopped."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
from PIL import Image

from envdoctor.data.resize.jobs import Plan

from ..cli.run import PLAIN, Ended, envdoctor
from .pictures import opened, picture, save

pytestmark = pytest.mark.real


def resize(source: Path, target: Path, *options: str) -> Ended:
    return envdoctor("data", "resize", str(source), str(target), "--python", sys.executable, "--jobs", "2", *options)


def answer(ended: Ended) -> Dict[str, Any]:
    said: Dict[str, Any] = json.loads(ended.out)
    assert said["exit_code"] == ended.code
    return said


def files(folder: Path) -> List[str]:
    """Of a tree, without envdoctor's own."""
    found = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in found if "envdoctor-" not in name)


def snapshot(folder: Path) -> Dict[str, Tuple[bytes, float]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime) for path in folder.rglob("*") if path.is_file()}


def corner(path: Path) -> Tuple[int, ...]:
    """The colour near the upper left corner, in whole fifties."""
    pixel = opened(path).convert("RGB").getpixel((4, 4))
    assert isinstance(pixel, tuple)
    return tuple(round(part / 50) for part in pixel)


WHITE, RED, BLUE = (5, 5, 5), (4, 1, 1), (1, 1, 4)


def test_every_kind_of_image(tmp_path: Path) -> None:
    source, target = tmp_path / "set", tmp_path / "small"
    images, exif = source / "images", Image.Exif()
    exif[0x0112] = 6  # a quarter turn to the right makes it upright
    save(images / "plain.jpg", 400, 300)
    save(images / "turned.jpg", 400, 300, exif=exif)
    save(images / "ink.jpg", 400, 300, "CMYK")
    save(images / "deep.png", 400, 300, "I;16")
    save(images / "clear.png", 400, 300, "RGBA")
    save(images / "old.bmp", 400, 300)
    save(images / "scan.tiff", 300, 400)
    save(images / "web.webp", 400, 300)
    save(images / "tiny.jpg", 60, 40)
    save(source / "masks" / "plain.png", 400, 300, "P")
    (images / "empty.jpg").touch()
    (images / "page.jpg").write_text("<html>")
    whole = save(tmp_path / "whole.jpg", 400, 300).read_bytes()
    (images / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (images / "plain.npy").write_bytes(b"x")
    (source / "labels").mkdir()
    (source / "labels" / "plain.txt").write_text("0 0.5 0.5 1 1\n")
    (source / "labels" / "train.cache").write_text("shapes of before")
    before = snapshot(source)

    ended = resize(source, target, "--size", "100", "--format", "json")
    said = answer(ended)

    assert ended.code == 1, ended.err
    assert snapshot(source) == before
    assert files(target) == [
        *(f"images/{name}" for name in sorted(("clear.png", "deep.png", "ink.jpg", "old.jpg"))),
        *(f"images/{name}" for name in ("plain.jpg", "scan.jpg", "tiny.jpg", "turned.jpg", "web.jpg")),
        "labels/plain.txt",
        "masks/plain.png",
    ]
    sizes = {name: opened(target / name).size for name in files(target) if "labels" not in name}
    assert sizes.pop("images/turned.jpg") == (75, 100)
    assert sizes.pop("images/scan.jpg") == (75, 100)
    assert sizes.pop("images/tiny.jpg") == (60, 40)
    assert set(sizes.values()) == {(100, 75)}
    assert {opened(path).mode for path in (target / "images").iterdir()} == {"RGB"}
    assert corner(target / "images" / "plain.jpg") == WHITE
    assert corner(target / "images" / "ink.jpg") == WHITE
    assert corner(target / "images" / "turned.jpg") == BLUE
    assert (target / "images" / "tiny.jpg").read_bytes() == (images / "tiny.jpg").read_bytes()
    mask = opened(target / "masks" / "plain.png")
    palette = opened(source / "masks" / "plain.png")
    assert mask.mode == "P" and set(mask.tobytes()) <= set(palette.tobytes())
    assert {bad["path"].rpartition("/")[2]: bad["kind"] for bad in said["broken"]} == {
        "empty.jpg": "empty",
        "page.jpg": "strange",
        "cut.jpg": "cut-short",
    }
    listed = (target / "envdoctor-broken.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in listed] == said["broken"]
    assert said["not_copied"] == {"npy": 1, "cache": 1}
    assert (said["images_resized"], said["masks_resized"], said["files_copied"]) == (9, 1, 1)


def test_again_does_nothing_and_a_changed_source_is_done_again(tmp_path: Path) -> None:
    source, target = tmp_path / "set", tmp_path / "small"
    for name in "abc":
        save(source / f"{name}.jpg", 200, 100)
    assert resize(source, target, "--size", "50").code == 0
    before = snapshot(target)
    said = answer(resize(source, target, "--size", "50", "--format", "json"))
    assert (said["images_resized"], said["files_done_before"]) == (0, 3)
    assert snapshot(target) == before
    save(source / "b.jpg", 100, 200)
    os.utime(str(source / "b.jpg"), (1e9, 1e9))
    (target / "c.jpg").write_bytes(b"")  # the trace of a power failure
    said = answer(resize(source, target, "--size", "50", "--format", "json"))
    assert (said["images_resized"], said["files_done_before"]) == (2, 1)
    assert opened(target / "b.jpg").size == (25, 50)


@pytest.mark.parametrize(("form", "name"), [("jpeg", "a.jpg"), ("png", "a.png")])
def test_formats(form: str, name: str, tmp_path: Path) -> None:
    save(tmp_path / "set" / "a.webp", 200, 100)
    assert resize(tmp_path / "set", tmp_path / "small", "--size", "50", "--image-format", form).code == 0
    assert opened(tmp_path / "small" / name).size == (50, 25)


def test_a_class_that_is_called_mask_is_no_mask(tmp_path: Path) -> None:
    save(tmp_path / "set" / "mask" / "a.jpg", 200, 100)
    save(tmp_path / "set" / "no_mask" / "b.jpg", 200, 100)
    said = answer(resize(tmp_path / "set", tmp_path / "small", "--size", "50", "--format", "json"))
    assert (said["images_resized"], said["masks_resized"], said["broken"]) == (2, 0, [])


def test_two_images_that_become_one_are_told(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.webp", "b.bmp", "b.tiff"):
        save(tmp_path / "set" / name, 200, 100)
    said = answer(resize(tmp_path / "set", tmp_path / "small", "--size", "50", "--format", "json"))
    assert {Path(bad["path"]).name: bad["kind"] for bad in said["broken"]} == {
        "a.webp": "collides",
        "b.tiff": "collides",
    }
    assert files(tmp_path / "small") == ["a.jpg", "b.jpg"]


def test_names_of_any_bytes(tmp_path: Path) -> None:
    names = [b"new\nline.jpg", b"not\xffutf8.jpg", b"quo\"te'.jpg", b"-rf.jpg", "ä中.jpg".encode()]
    folder = os.fsencode(str(tmp_path / "set"))
    for name in names:
        save(tmp_path / "set" / "x.jpg", 200, 100)
        os.rename(folder + b"/x.jpg", folder + b"/" + name)
    assert resize(tmp_path / "set", tmp_path / "small", "--size", "50").code == 0
    made = os.listdir(os.fsencode(str(tmp_path / "small")))
    assert sorted(name for name in made if b"envdoctor" not in name) == sorted(names)


@pytest.mark.parametrize(
    ("prepare", "source", "target", "says"),
    [
        ("", "gone", "out", "there is no such folder"),
        ("", "file.txt", "out", "is no folder"),
        ("", "set", "set/out", "lie in one another"),
        ("", "set", "set", "lie in one another"),
        ("", "set/..", "out", "lie in one another"),
        ("", "set", "full", "is not empty"),
        ("other", "set", "other", "it was made with size 70, not 50"),
        ("", "set", "file.txt", "cannot be written"),
    ],
)
def test_refused(prepare: str, source: str, target: str, says: str, tmp_path: Path) -> None:
    save(tmp_path / "set" / "a.jpg")
    save(tmp_path / "full" / "a.jpg")
    (tmp_path / "file.txt").touch()
    if prepare:
        assert resize(tmp_path / "set", tmp_path / prepare, "--size", "70").code == 0
    ended = resize(tmp_path / source, tmp_path / target, "--size", "50")
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err and ended.err.count("\n") == 1


def test_a_python_without_any_library(tmp_path: Path) -> None:
    save(tmp_path / "set" / "a.jpg")
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    ended = envdoctor("data", "resize", str(tmp_path / "set"), str(tmp_path / "out"), "--python", str(bare))
    assert ended.code == 2
    assert "cannot resize: neither cv2 nor Pillow is installed there" in ended.err


def start(source: Path, target: Path) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "envdoctor", "data", "resize", str(source), str(target), "--size", "64"]
    path = os.pathsep.join(part for part in sys.path if part)
    return subprocess.Popen(
        [*argv, "--python", sys.executable, "--jobs", "2"],
        env={**PLAIN, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.mark.slow
def test_killed_and_gone_on_with_ten_times(tmp_path: Path) -> None:
    source, target = tmp_path / "set", tmp_path / "small"
    held = save(tmp_path / "one.jpg", 900, 700).read_bytes()
    for number in range(400):
        folder = source / str(number % 7)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(held)
        (folder / f"{number}.txt").write_text(str(number))
    draw, wholes, killed = random.Random(8), 0, 0
    for _ in range(10):
        process = start(source, target)
        time.sleep(draw.uniform(0.2, 0.9))
        if process.poll() is None:
            killed += 1
        process.send_signal(signal.SIGKILL)
        process.communicate()
        # what stands under its name is whole, whenever it was stopped
        for name in files(target) if target.is_dir() else ():
            if name.endswith(".jpg"):
                opened(target / name).load()
        wholes = max(wholes, len(files(target)) if target.is_dir() else 0)
    ended = resize(source, target, "--size", "64")
    assert ended.code == 0, ended.err
    assert killed > 0 and wholes > 0
    assert len(files(target)) == 800
    assert not list(target.rglob("*.part"))
    for number in range(400):
        folder = target / str(number % 7)
        assert opened(folder / f"{number}.jpg").size == (64, 50)
        assert (folder / f"{number}.txt").read_text() == str(number)


def test_ctrl_c_is_one_line_and_leaves_no_process(tmp_path: Path) -> None:
    source, target = tmp_path / "set", tmp_path / "small"
    held = save(tmp_path / "one.jpg", 2000, 1500).read_bytes()
    source.mkdir()
    for number in range(600):
        (source / f"{number}.jpg").write_bytes(held)
    process = start(source, target)
    deadline = time.monotonic() + 30
    while len(list(target.glob("*.jpg"))) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.decode().splitlines() == [
        "envdoctor: the same command goes on from here",
        "envdoctor: interrupted",
    ]
    assert not list(target.glob("*.part"))
    assert 4 <= len(list(target.glob("*.jpg"))) < 600


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    """The program kills itself at one image, as the kernel does where memory is short."""
    source, target = tmp_path / "set", tmp_path / "small"
    for number in range(12):
        save(source / f"{number}.jpg", 200, 100)
    save(source / "bomb.jpg", 123, 77)
    library = tmp_path / "library"
    shutil.copytree(str(Path(Image.__file__).parent), str(library / "PIL"))
    plugin = library / "PIL" / "Image.py"
    plugin.write_text(
        plugin.read_text(encoding="utf-8")
        + "\n_load = Image.load\n"
        + "def _deadly(self):\n    import os\n    if self.size == (123, 77):\n        os.kill(os.getpid(), 9)\n"
        + "    return _load(self)\nImage.load = _deadly\nfrom . import ImageFile\n"
        + "_file = ImageFile.ImageFile.load\n"
        + "def _deadly_file(self):\n    import os\n    if self.size == (123, 77):\n        os.kill(os.getpid(), 9)\n"
        + "    return _file(self)\nImageFile.ImageFile.load = _deadly_file\n",
        encoding="utf-8",
    )
    wrapped = tmp_path / "python"
    libs = Path(Image.__file__).parent.parent / "pillow.libs"
    if libs.is_dir():
        os.symlink(str(libs), str(library / "pillow.libs"))
    wrapped.write_text(f'#!/bin/sh\nPYTHONPATH={library} exec {sys.executable} "$@"\n')
    wrapped.chmod(0o755)
    ended = envdoctor(
        "data", "resize", str(source), str(target), "--size", "50", "--python", str(wrapped), "--format", "json"
    )
    said = answer(ended)
    assert [(Path(bad["path"]).name, bad["kind"]) for bad in said["broken"]] == [("bomb.jpg", "killed")]
    assert said["images_resized"] == 12


@pytest.mark.root
def test_a_disk_that_fills(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root to mount a small disk")
    source, disk = tmp_path / "set", tmp_path / "disk"
    disk.mkdir()
    noise = random.Random(1)
    for number in range(40):
        image = Image.frombytes("RGB", (200, 200), bytes(noise.getrandbits(8) for _ in range(120_000)))
        source.mkdir(exist_ok=True)
        image.save(str(source / f"{number}.jpg"), quality=95)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        ended = resize(source, disk / "small", "--size", "190")
        assert ended.code == 2
        assert "is full after" in ended.err and ended.err.count("\n") == 1
        assert not list((disk / "small").glob("*.part"))
        made = list((disk / "small").glob("*.jpg"))
        assert 0 < len(made) < 40
        for path in made:
            opened(path).load()
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        said = answer(resize(source, disk / "small", "--size", "190", "--format", "json"))
        assert said["images_resized"] + said["files_done_before"] == 40
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_is_gone_through_in_the_memory_of_one_batch(tmp_path: Path) -> None:
    """Jobs are a stream: the first comes before the last name is known."""
    for number in range(2500):
        (tmp_path / f"{number}.jpg").touch()
    plan = Plan(str(tmp_path), str(tmp_path.parent / "out"), "keep")
    next(plan.jobs())
    assert not plan.walk.complete
    assert plan.count() == 2500
    assert picture().size == (64, 48)
