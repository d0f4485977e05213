"""What was seen of a set of images and of the machine that reads it. Sizes in bytes, times in seconds."""

from __future__ import annotations

from typing import Optional, Tuple

from ..frozen import frozen
from ..reading import Reading

#: Why a file is no image that can be read, in the order in which they are told.
FAULTS = ("empty", "truncated", "cut-short", "strange", "too-large", "missing", "denied", "unreadable")


@frozen
class Asked:
    """What the user said of the job."""

    path: str
    imgsz: int = 640  # pixels of the long side
    batch: int = 16
    workers: int = 8  # of each rank
    ranks: int = 1
    framework: str = "generic"  # a name of the table's loaders
    version: str = ""  # of the framework; "": as found, else the newest known
    mosaic: Optional[float] = None  # probability; None: the framework's default
    mixup: Optional[float] = None
    budget: float = 10.0


@frozen
class Interval:
    """A figure and where it lies with 95 %; low == high where everything was read."""

    value: float
    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high

    @property
    def within(self) -> float:
        """Half of the interval as a share of the value; 0 where it is exact."""
        return (self.high - self.low) / 2 / self.value if self.value else 0.0


@frozen
class Fault:
    kind: str  # one of FAULTS
    count: int  # among the files that were read
    examples: Tuple[str, ...]


@frozen
class Part:
    """A split of the set, as its data.yaml names it; "" where there is none."""

    name: str
    images: int


@frozen
class ImageSet:
    """What lies at the path."""

    path: str
    kind: str  # folder | list | data-yaml | coco | tar | shards
    parts: Tuple[Part, ...]
    images: int
    complete: bool  # False: the time ended before the walk, there are more
    others: int  # files that are no images
    formats: Tuple[Tuple[str, int], ...]  # ending and number, the most frequent first
    dangling: int  # links that lead nowhere
    looping: int  # folders that were reached again through a link
    closed: Tuple[str, ...]  # folders that may not be read (the first few)
    npy_files: int
    notes: Tuple[str, ...] = ()
    folder: str = ""  # where the images lie: the disk in question


@frozen
class Sizes:
    """What the headers say of the whole set. Intervals are of totals, unless they say `mean`."""

    read: int  # headers read
    decoded: Reading[Interval]  # w*h*3, uint8: what cv2.imread and Image.convert("RGB") give
    mean_decoded: Reading[Interval]  # of an image that can be read
    cached: Reading[Interval]  # the same, resized to imgsz as the framework caches it
    file_bytes: Reading[Interval]
    long_side: Reading[Interval]  # mean, pixels
    pixels: Reading[Interval]  # mean
    larger: Reading[float]  # share of images whose long side is at least twice imgsz
    broken: Reading[Interval]  # files that cannot be read
    faults: Tuple[Fault, ...]
    npy_used: Reading[Interval]  # images beside which an .npy of the same name lies
    stopped: str  # precise | all | time


@frozen
class Place:
    """The file system under the images."""

    filesystem: Reading[str]
    network: Reading[bool]
    device: Reading[str]  # NVMe | SSD | HDD | virtual disk | memory | network | overlay
    free: Reading[int]
    quota_free: Reading[int]
    writable: Reading[bool]


@frozen
class Machine:
    cpus: Reading[float]  # that this process may use: the smaller of affinity and quota
    counted: Reading[int]  # what os.cpu_count() says, which frameworks go by
    quota: Reading[float]
    available: Reading[int]  # MemAvailable of the host, which frameworks go by
    limit: Reading[int]  # the control group's limit; Absent: none
    room: Reading[int]  # what is left below that limit; Absent: none
    shm_free: Reading[int]
    load: Reading[float]  # processes that wanted a CPU in the last minute


@frozen
class Speed:
    files: int
    bytes: int
    seconds: float
    readers: int

    @property
    def bytes_per_second(self) -> float:
        return self.bytes / self.seconds if self.seconds else 0.0

    @property
    def files_per_second(self) -> float:
        return self.files / self.seconds if self.seconds else 0.0


@frozen
class Library:
    """A decoder in the user's interpreter, on the sampled files, read into memory before."""

    name: str  # cv2 | Pillow | turbojpeg | torchvision
    version: str
    images: int
    cpu_each: float  # seconds of one CPU
    pixels_each: float
    problem: str = ""  # why it could not be measured


@frozen
class Loading:
    """What one worker process takes for a sample, and what several reach together."""

    library: str
    decodes: float  # decodes in a sample of this measurement
    decode: float  # seconds: read from the page cache, decode, resize to imgsz
    rest: float  # seconds: everything after that, of one sample
    alone: float  # samples a second of one process
    processes: int
    together: float  # samples a second of `processes` processes at once
    small_decode: float  # seconds for an image that was resized to imgsz before
    small_bytes: float  # its mean size as JPEG
    npy: float  # seconds: load from the page cache and resize
    convert: float  # seconds to make the resized file from the original
    cpu: float  # CPU seconds of a sample, in `processes` processes at once: what others do meanwhile is not in it


@frozen
class Measured:
    cold: Reading[Speed]  # one reader, files that were not in the page cache
    cold_parallel: Reading[Speed]  # as many readers as there are workers, 8 at most
    warm: Reading[Speed]
    cached_share: Reading[float]  # of the sampled files, before anything was dropped: in the page cache
    libraries: Reading[Tuple[Library, ...]]
    loading: Reading[Loading]
    framework: Reading[str]  # its version in that interpreter
    python: str = ""  # the interpreter that was asked


@frozen
class DataFacts:
    asked: Asked
    set: ImageSet
    sizes: Sizes
    place: Place
    machine: Machine
    measured: Measured
