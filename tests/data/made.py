"""Facts of a set and a machine that nobody has, to judge."""

from __future__ import annotations

from typing import Optional

from envdoctor.data.facts import (
    Asked,
    DataFacts,
    ImageSet,
    Interval,
    Loading,
    Machine,
    Measured,
    Place,
    Sizes,
    Speed,
)
from envdoctor.reading import Absent, Known, Reading, Unknown

GB = 10**9
NOT = Unknown("not-looked", "nobody looked")


def exactly(value: float) -> Known[Interval]:
    return Known(Interval(value, value, value), "test")


def facts(
    images: int = 10_000,
    width: int = 4000,
    height: int = 3000,
    file_bytes: int = 1_000_000,
    imgsz: int = 640,
    workers: int = 8,
    ranks: int = 1,
    batch: int = 16,
    framework: str = "ultralytics",
    cpus: float = 16.0,
    counted: int = 16,
    available: int = 100 * GB,
    limit: Optional[int] = None,
    room: Optional[int] = None,
    free: int = 1000 * GB,
    device: str = "NVMe",
    disk: float = 1e9,
    npy_images: int = 0,
    writable: bool = True,
    loading: Optional[Loading] = None,
    kind: str = "folder",
    path: str = "/data/set",
) -> DataFacts:
    """`disk`: bytes a second. Decoding takes 60 ms an image, the rest of a sample 10 ms; 8 processes lose nothing."""
    ratio = imgsz / max(width, height)
    cached = round(width * ratio) * round(height * ratio) * 3
    good = Loading("cv2", 1.0, 0.060, 0.010, 1 / 0.070, 8, 8 / 0.070, 0.002, 40_000.0, 0.010, 0.080, 0.070)
    speed = Speed(100, 100 * file_bytes, 100 * file_bytes / disk, 8)
    none: Reading[int] = Absent(("/sys/fs/cgroup",))
    return DataFacts(
        Asked(path, imgsz, batch, workers, ranks, framework),
        ImageSet(path, kind, (), images, True, 0, (("jpg", images),), 0, 0, (), 0, (), path),
        Sizes(
            read=images,
            decoded=exactly(images * width * height * 3),
            mean_decoded=exactly(width * height * 3),
            cached=exactly(images * cached),
            file_bytes=exactly(images * file_bytes),
            long_side=exactly(max(width, height)),
            pixels=exactly(width * height),
            larger=Known(1.0 if max(width, height) >= 2 * imgsz else 0.0, "test"),
            broken=exactly(0),
            faults=(),
            npy_used=exactly(npy_images),
            stopped="all",
        ),
        Place(
            filesystem=Known("ext4", "test"),
            network=Known(device == "network", "test"),
            device=Known(device, "test"),
            free=Known(free, "test"),
            quota_free=Absent(("quota",)),
            writable=Known(writable, "test"),
        ),
        Machine(
            cpus=Known(cpus, "test"),
            counted=Known(counted, "test"),
            quota=Absent(("cpu.max",)),
            available=Known(available, "/proc/meminfo"),
            limit=none if limit is None else Known(limit, "memory.max"),
            room=none if room is None and limit is None else Known(room if room is not None else limit or 0, "room"),
            shm_free=Known(50 * GB, "/dev/shm"),
            load=Known(0.5, "/proc/loadavg"),
        ),
        Measured(
            cold=Known(speed, "test"),
            cold_parallel=Known(speed, "test"),
            warm=Known(speed, "test"),
            cached_share=Known(0.0, "test"),
            libraries=NOT,
            loading=Known(loading or good, "test"),
            framework=Absent(("python",)),
            python="/usr/bin/python3",
        ),
    )
