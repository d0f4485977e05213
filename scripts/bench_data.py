#!/usr/bin/env python3
"""How fast `envdoctor data resize` is beside its library alone, as ratios within one run.

    scripts/bench_data.py FOLDER --python PYTHON [--images 300] [--pixels 3000x2000] [--jobs 2] [--runs 5]

PYTHON has Pillow, and cv2 or not. FOLDER gets the images (kept, and used again) and what is made of them. Whole
processes are timed, in turns, and the medians of their rates compared:

    resize   envdoctor data resize, with that many processes
    same     the same calls of the library, in a multiprocessing.Pool of as many processes    (resize >= 0.8x)
    plain    the library as most people call it: the whole image decoded, resized, written    (shown only)

CPU seconds are compared as well: what else the machine does changes those much less than the rates.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List

LIMIT = 0.8
SIZE = 640

MAKE = """
import os, random, sys
from PIL import Image
folder, count, size = sys.argv[1], int(sys.argv[2]), tuple(map(int, sys.argv[3].split("x")))
draw = random.Random(1)
for number in range(count):
    grain = (size[0] // 8, size[1] // 8)
    noise = Image.frombytes("RGB", grain, bytes(draw.getrandbits(8) for _ in range(grain[0] * grain[1] * 3)))
    noise.resize(size, Image.BICUBIC).save(os.path.join(folder, "%05d.jpg" % number), quality=85)
"""

ALONE = """
import math, multiprocessing, os, sys
source, target, jobs, same = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "same"
SIZE = int(sys.argv[6])
try:
    import cv2
    cv2.setNumThreads(1)
except ImportError:
    cv2 = None
    from PIL import Image

def fitted(width, height):
    ratio = SIZE / max(width, height)
    return min(math.ceil(width * ratio), SIZE), min(math.ceil(height * ratio), SIZE)

def one(name):
    path, made = os.path.join(source, name), os.path.join(target, name)
    if cv2 is not None:
        flag = cv2.IMREAD_COLOR
        if same:
            flag = cv2.IMREAD_REDUCED_COLOR_2 if FACTOR >= 2 else flag
            flag = cv2.IMREAD_REDUCED_COLOR_4 if FACTOR >= 4 else flag
        image = cv2.imread(path, flag)
        size = fitted(image.shape[1], image.shape[0])
        cv2.imwrite(made, cv2.resize(image, size, interpolation=cv2.INTER_AREA), [cv2.IMWRITE_JPEG_QUALITY, 95])
    else:
        image = Image.open(path)
        size = fitted(*image.size)
        if same:
            image.draft("RGB", (2 * size[0], 2 * size[1]))
        image.resize(size, Image.BICUBIC).save(made, quality=95)

FACTOR = int(sys.argv[5]) / (2 * SIZE)
with multiprocessing.Pool(jobs) as pool:
    for _ in pool.imap_unordered(one, sorted(os.listdir(source)), chunksize=4):
        pass
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", required=True, help="the interpreter that has the libraries")
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--pixels", default="3000x2000")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()

    source = options.folder / f"images-{options.images}-{options.pixels}"
    if not source.is_dir():
        source.mkdir(parents=True)
        subprocess.run([options.python, "-c", MAKE, str(source), str(options.images), options.pixels], check=True)
    long_side = max(map(int, options.pixels.split("x")))
    target = options.folder / "made"
    common = [str(source), str(target), str(options.jobs)]
    commands = {
        "resize": [
            *(sys.executable, "-m", "envdoctor", "data", "resize", str(source), str(target)),
            *("--size", str(SIZE), "--jobs", str(options.jobs), "--python", options.python),
        ],
        "same": [options.python, "-c", ALONE, *common, "same", str(long_side), str(SIZE)],
        "plain": [options.python, "-c", ALONE, *common, "plain", str(long_side), str(SIZE)],
    }
    rates: Dict[str, List[float]] = {name: [] for name in commands}
    spent: Dict[str, List[float]] = {name: [] for name in commands}
    for run in range(options.runs):
        for name in list(commands)[:: 1 if run % 2 else -1]:  # forwards and backwards: neither always follows the other
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir()
            begun, before = time.monotonic(), cpu_of_children()
            subprocess.run(commands[name], check=True, stdout=subprocess.DEVNULL)
            rates[name].append(options.images / (time.monotonic() - begun))
            spent[name].append(cpu_of_children() - before)
            assert len(list(target.glob("*.jpg"))) == options.images, name
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ratios = {
        name: statistics.median(a / b for a, b in zip(rates["resize"], rates[name])) for name in ("same", "plain")
    }
    result = {
        "images": options.images,
        "pixels": options.pixels,
        "jobs": options.jobs,
        "images_per_second": {name: round(value, 1) for name, value in medians.items()},
        "ratios": {name: round(value, 2) for name, value in ratios.items()},
        "cpu_seconds": {name: round(statistics.median(values), 2) for name, values in spent.items()},
        "limit": LIMIT,
    }
    print(json.dumps(result, indent=2))
    return int(ratios["same"] < LIMIT)


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
