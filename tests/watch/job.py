"""A training job whose own clocks tell the truth: where its loop waited, how busy its workers were.

    python job.py '{"loader": "torch", "item": "jpeg", "folder": "...", "workers": 2, "batch": 4, "gpu_ms": 200, ...}'

Runs until it is ended, or for `seconds`. Its "GPU" is a phase in which the main process sleeps (as in a blocking CUDA
synchronisation) or spins (as in the default one); begin and end of each go to the file `phases`, which the stand-in
driver reads (tests/fakenvml). Once a second a line goes to `truth`: seconds since 1970, then the sums so far of waiting
for data, computing, Python work in the main process (all in seconds), batches, and seconds in which workers worked.

loader   torch: torch.utils.data.DataLoader. plain: forked processes and a queue of the standard library's
item     jpeg: open and decode an image with Pillow. npy: read a file whose pages are dropped again, so that each read
         goes to the disk. tiny: next to nothing. sleep, spin: waits or computes for `item_ms`
"""

from __future__ import annotations

import importlib
import json
import mmap
import multiprocessing
import os
import struct
import sys
import threading
import time
from typing import Any, Callable, Dict, Iterator, List

QUEUED = 2  # batches prefetched for each worker, as DataLoader does


class Clock:
    """Seconds that workers worked, summed over them: each has a slot of a shared page."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, 8 * 256)
        self.slot = 0

    def add(self, seconds: float) -> None:
        place = self.slot * 8
        struct.pack_into("d", self._page, place, struct.unpack_from("d", self._page, place)[0] + seconds)

    def total(self) -> float:
        return float(sum(struct.unpack_from("256d", self._page, 0)))


class Items:
    """A map-style dataset."""

    def __init__(self, setting: Dict[str, Any], clock: Clock) -> None:
        self._read: Callable[[str], object] = getattr(self, f"_{setting['item']}")
        self._setting, self.clock = setting, clock
        folder = setting.get("folder")
        self._paths = sorted(os.path.join(folder, name) for name in os.listdir(folder)) if folder else [""]

    def __len__(self) -> int:
        return 1 << 30

    def __getitem__(self, index: int) -> int:
        began = time.perf_counter()
        self._read(self._paths[index % len(self._paths)])
        self.clock.add(time.perf_counter() - began)
        return index

    def _jpeg(self, path: str) -> object:
        from PIL import Image

        with Image.open(path) as image:
            return image.convert("RGB").getpixel((0, 0))

    def _npy(self, path: str) -> object:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            left = os.fstat(descriptor).st_size
            while left > 0:
                left -= len(os.read(descriptor, 1 << 20)) or left
        finally:
            os.close(descriptor)
        return None

    def _tiny(self, path: str) -> object:
        return None

    def _sleep(self, path: str) -> object:
        time.sleep(self._setting["item_ms"] / 1000)
        return None

    def _spin(self, path: str) -> object:
        spin(self._setting["item_ms"] / 1000)
        return None


def spin(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


def batches_of_torch(setting: Dict[str, Any], items: Items) -> Iterator[object]:
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)

    def start(number: int) -> None:
        items.clock.slot = number + 1

    many = setting["workers"] > 0
    loader: Any = importlib.import_module("torch.utils.data").DataLoader(
        items,
        batch_size=setting["batch"],
        num_workers=setting["workers"],
        worker_init_fn=start if many else None,
        multiprocessing_context=setting.get("context") if many else None,
    )
    return iter(loader)


def batches_of_plain(setting: Dict[str, Any], items: Items) -> Iterator[object]:
    if setting["workers"] == 0:
        for number in range(1 << 30):
            yield [items[number * setting["batch"] + place] for place in range(setting["batch"])]
    context = multiprocessing.get_context("fork")
    wanted: Any = context.Queue()
    ready: Any = context.Queue()

    def work(slot: int) -> None:
        items.clock.slot = slot + 1
        while True:
            first = wanted.get()
            ready.put([items[first + place] for place in range(setting["batch"])])

    for slot in range(setting["workers"]):
        context.Process(target=work, args=(slot,), daemon=True).start()
    for number in range(1 << 30):
        if number == 0:
            for ahead in range(QUEUED * setting["workers"]):
                wanted.put(ahead * setting["batch"])
        batch = ready.get()
        wanted.put((number + QUEUED * setting["workers"]) * setting["batch"])
        yield batch


def main(setting: Dict[str, Any]) -> None:
    if setting.get("torch_loaded"):
        importlib.import_module("torch")
    clock = Clock()
    items = Items(setting, clock)
    spent: List[float] = [0.0, 0.0, 0.0, 0.0]  # wait, compute, main, batches
    phases = os.open(setting["phases"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if setting.get("phases") else -1
    truth = open(setting["truth"], "w", buffering=1) if setting.get("truth") else None  # noqa: SIM115

    def tell() -> None:
        while truth is not None:
            truth.write(json.dumps([time.time(), *spent, clock.total()]) + "\n")
            time.sleep(0.5)

    threading.Thread(target=tell, daemon=True).start()
    batches = {"torch": batches_of_torch, "plain": batches_of_plain}[setting["loader"]](setting, items)
    compute = spin if setting.get("spin") else time.sleep
    until = time.time() + setting.get("seconds", 3600)
    while time.time() < until:
        began = time.perf_counter()
        next(batches)
        got = time.perf_counter()
        if setting.get("main_ms"):
            spin(setting["main_ms"] / 1000)
        worked = time.perf_counter()
        if setting["gpu_ms"]:
            if phases >= 0:
                os.write(phases, struct.pack("QQ", int(time.time() * 1e6), 0))
            compute(setting["gpu_ms"] / 1000)
            if phases >= 0:
                place = os.lseek(phases, 0, os.SEEK_END) - 8
                os.pwrite(phases, struct.pack("Q", int(time.time() * 1e6)), place)
        done = time.perf_counter()
        for place, seconds in enumerate((got - began, done - worked, worked - got, 1.0)):
            spent[place] += seconds
    os._exit(setting.get("exit", 0))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
