"""A real DataLoader over real images, run by an interpreter that has torch: JSON with what it reached.

    python loader_job.py rate FOLDER IMGSZ BATCH WORKERS KIND SECONDS
    python loader_job.py cache FOLDER IMGSZ

KIND: generic (Pillow, a square, float), one (cv2, one decode), four (cv2, a mosaic of four decodes). `cache` fills a
list as the YOLO loaders' cache=ram does, with eight threads, and says by how many bytes the process grew.
"""

# mypy: ignore-errors
# torch, cv2 and numpy are in the interpreter that runs it, not in the one that checks it
from __future__ import annotations

import json
import math
import os
import random
import sys
import time
from multiprocessing.pool import ThreadPool
from typing import Any, List, Tuple

import cv2
import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset


def images_in(folder: str) -> List[str]:
    return sorted(os.path.join(top, name) for top, _, names in os.walk(folder) for name in names if name[-4:] == ".jpg")


def small(path: str, imgsz: int) -> Any:
    image = cv2.imread(path)
    height, width = image.shape[:2]
    ratio = imgsz / max(height, width)
    if ratio == 1:
        return image
    size = min(math.ceil(width * ratio), imgsz), min(math.ceil(height * ratio), imgsz)
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)


class Images(Dataset):
    def __init__(self, files: List[str], imgsz: int, kind: str) -> None:
        self.files, self.imgsz, self.kind = files, imgsz, kind
        self.recent: List[Any] = []
        self.count = torch.multiprocessing.get_context("fork").Value("l", 0)  # of samples, over all workers

    def __len__(self) -> int:
        return 10_000_000

    def __getitem__(self, index: int) -> Any:
        made = self.made(index)
        with self.count.get_lock():
            self.count.value += 1
        return made

    def made(self, index: int) -> Any:
        path = self.files[index % len(self.files)]
        if self.kind == "generic":
            with Image.open(path) as image:
                square = image.convert("RGB").resize((self.imgsz, self.imgsz), Image.Resampling.BILINEAR)
            return torch.from_numpy(np.array(square)).permute(2, 0, 1).contiguous().float().div(255)
        if self.kind == "four":
            tiles = [small(path, self.imgsz)]
            tiles += [small(one, self.imgsz) for one in random.choices(self.files, k=3)]
        else:
            self.recent = [*self.recent[-50:], small(path, self.imgsz)]
            tiles = [self.recent[-1], *random.choices(self.recent, k=3)]
        return torch.from_numpy(self.mosaic(tiles))

    def mosaic(self, tiles: List[Any]) -> Any:
        size = self.imgsz
        middle_x, middle_y = (int(random.uniform(0.5 * size, 1.5 * size)) for _ in range(2))
        canvas = np.full((2 * size, 2 * size, 3), 114, dtype=np.uint8)
        for place, tile in enumerate(tiles):
            height, width = tile.shape[:2]
            left = max(middle_x - width, 0) if place % 2 == 0 else middle_x
            top = max(middle_y - height, 0) if place < 2 else middle_y
            right = middle_x if place % 2 == 0 else min(middle_x + width, 2 * size)
            bottom = middle_y if place < 2 else min(middle_y + height, 2 * size)
            canvas[top:bottom, left:right] = tile[: bottom - top, : right - left]
        scale = random.uniform(0.5, 1.5)
        shift = [random.uniform(0.4, 0.6) * size - scale * size for _ in range(2)]
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        image = cv2.warpAffine(canvas, matrix, (size, size), borderValue=(114, 114, 114))
        gains = np.random.uniform(-1, 1, 3) * [0.015, 0.7, 0.4] + 1
        values = np.arange(256, dtype=gains.dtype)
        hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
        tables = [((values * gains[0]) % 180), np.clip(values * gains[1], 0, 255), np.clip(values * gains[2], 0, 255)]
        parts = [cv2.LUT(part, table.astype(np.uint8)) for part, table in zip((hue, saturation, value), tables)]
        cv2.cvtColor(cv2.merge(parts), cv2.COLOR_HSV2BGR, dst=image)
        if random.random() < 0.5:
            image = np.fliplr(image)
        return np.ascontiguousarray(image.transpose((2, 0, 1))[::-1])


def cpu_of(pids: List[int]) -> float:
    """CPU seconds that these processes have used."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def rate(folder: str, imgsz: int, batch: int, workers: int, kind: str, seconds: float) -> Tuple[float, float]:
    """Samples a second, and CPU seconds of the workers for each."""
    cv2.setNumThreads(0)
    data = Images(images_in(folder), imgsz, kind)
    loader = DataLoader(data, batch_size=batch, shuffle=False, num_workers=workers)
    done, begun, ready = 0, 0.0, time.monotonic() + 1.5 + 0.2 * seconds
    iterator = iter(loader)
    pids = [worker.pid for worker in iterator._workers]
    for samples in iterator:
        now = time.monotonic()
        if not begun:
            if now >= ready:  # workers have started, and their queues have filled
                begun, spent, count = now, cpu_of(pids), data.count.value
            continue
        done += len(samples)
        if now - begun >= seconds:
            break
    each = (cpu_of(pids) - spent) / (data.count.value - count)
    return done / (time.monotonic() - begun), each


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cache(folder: str, imgsz: int) -> int:
    cv2.setNumThreads(0)
    files = images_in(folder)
    small(files[0], imgsz)
    held: List[Any] = [None] * len(files)
    before = resident()
    with ThreadPool(8) as pool:
        for place, image in enumerate(pool.imap(lambda path: small(path, imgsz), files)):
            held[place] = image
    return resident() - before


if __name__ == "__main__":
    if sys.argv[1] == "rate":
        _, _, where, pixels, many, processes, which, how_long = sys.argv
        reached, each = rate(where, int(pixels), int(many), int(processes), which, float(how_long))
        print(json.dumps({"rate": reached, "cpu": each}))
    else:
        print(json.dumps({"grown": cache(sys.argv[2], int(sys.argv[3]))}))
