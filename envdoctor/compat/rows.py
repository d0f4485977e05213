"""Rows of the table, typed. Every row cites where it comes from and how it was established."""

from __future__ import annotations

from dataclasses import field
from typing import Mapping, Optional, Tuple

from ..frozen import frozen


class NoRow(LookupError):
    """The table has no such row; the message is a sentence: "the table has no row for CUDA 99.9"."""


class BadTable(ValueError):
    """A table file is not what its schema says; the message names file, row and field."""


@frozen
class Origin:
    source: str  # what was read: a wheel, a page, a header
    where: str  # place in it, or URL
    checked: str  # date, ISO 8601
    how: str  # measured | read | derived

    def __str__(self) -> str:
        return f"{self.source} ({self.how}, {self.checked})"


@frozen
class TorchRelease:
    version: str
    released: str
    torchvision: Optional[str]
    torchaudio: Optional[str]
    triton: Optional[str]  # a specifier, e.g. "==3.1.0"
    default_cuda: Optional[str]  # CUDA of the wheel that PyPI gives on Linux x86_64: "12.1"
    pythons: Mapping[str, Tuple[str, ...]]  # platform -> minor versions of torch's wheels: linux_x86_64 -> ("3.8", ...)
    trio_pythons: Tuple[str, ...]  # Linux x86_64 minors for which torch, torchvision and torchaudio all have wheels
    variants: Tuple[str, ...]  # accelerators with a wheel index: cpu, cu118, cu121, rocm6.2
    glibc: Mapping[str, str]  # variant (or "default") -> glibc floor of the Linux wheels
    cxx11_abi: Mapping[str, bool]  # variant (or "default") -> the C++11 ABI is used
    cudnn: Mapping[str, str]  # variant -> cuDNN version it ships or pins
    numpy2: Mapping[str, bool]  # linux_macos | windows -> the binary accepts NumPy 2
    numpy_min: Optional[str]
    nvidia_pins: Tuple[str, ...]  # Requires-Dist lines of the PyPI wheel for nvidia-* packages
    yanked: bool
    origin: Origin
    # Wheels on PyPI as `pythons`, for the companions that this row pairs; free-threaded builds are "3.13t".
    vision_pythons: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)
    audio_pythons: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)
    # Accelerators known to exist on platforms other than linux_x86_64 (which has `variants`): linux_aarch64, win_amd64.
    variants_on: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)
    unadvertised: Tuple[str, ...] = ()  # variants that exist on the index and stand in no official command
    pypi_on: Mapping[str, str] = field(default_factory=dict)  # platform -> variant that PyPI gives there
    pypi: bool = True  # False: on its own index only (1.8.2 LTS)
    pythons_refused: Tuple[str, ...] = ()  # exact Python versions that a companion's metadata refuses: "3.14.1"
    wheel_tag: Optional[str] = None  # platform of PyPI's Linux x86_64 wheels, which is all that pip compares
    glibc_symbols: Optional[str] = None  # the newest GLIBC_ that the binaries of that wheel name
    glibcxx_symbols: Optional[str] = None  # the newest GLIBCXX_
    unknown: Mapping[str, str] = field(default_factory=dict)  # field that has no value -> why it has none


@frozen
class ArchList:
    torch: str
    variant: str  # cu121
    machine: str  # x86_64 | aarch64
    os: str  # linux | windows
    archs: Tuple[str, ...]  # sm_50 ... compute_90
    origin: Origin


@frozen
class WheelIndex:
    """How pip is told of the builds of one era: the flag, the URL, and whether versions carry a local tag."""

    first: str  # torch versions, both included
    last: str
    flag: str  # --find-links | --extra-index-url | --index-url
    url: str  # with {variant}
    local_tag: bool  # torch==1.9.0+cu111
    origin: Origin
    bare: Tuple[str, ...] = ()  # variants that Linux gets from PyPI, with neither tag nor index
    only: Tuple[str, ...] = ()  # the variants that this row is about, where an era had two ways; empty: all
    program: str = "pip"  # as the official line spells it: pip | pip3


@frozen
class Cuda:
    version: str  # "12.4"
    toolkit_driver: Optional[str]  # Linux driver that ships with this toolkit
    minimum_driver: Optional[str]  # lowest Linux driver that runs it, minor-version compatibility counted
    minimum_driver_windows: Optional[str]
    gcc_min: Optional[int]
    gcc_max: Optional[int]
    clang_max: Optional[int]
    min_capability: Optional[str]  # what its compiler can target
    max_capability: Optional[str]
    origin: Origin
    capabilities: Tuple[str, ...] = ()  # all that its compiler can target; empty: only the ends are known
    updates: Mapping[str, str] = field(default_factory=dict)  # "Update 1" -> Linux driver that ships with it


@frozen
class TorchCompilers:
    """Host compilers that torch's own check of extensions (torch/utils/cpp_extension.py) takes with one CUDA, in some
    releases. It is not what nvcc takes: that is Cuda.gcc_max."""

    first: str  # releases of torch, both ends included
    last: str
    cuda: str  # of the toolkit
    gcc_min: Optional[str]  # None: that compiler is not checked
    gcc_below: Optional[str]  # the lowest version that is refused
    clang_min: Optional[str]
    clang_below: Optional[str]
    origin: Origin


@frozen
class DriverBranch:
    branch: int  # 535
    cuda: str  # the newest CUDA its libcuda reports: "12.2"
    designation: str  # LTSB | PB | NFB | EOL (ended, when is not known) | ""
    end_of_life: str  # "2026-06" or ""
    origin: Origin
    through: int = (
        0  # the last driver number that belongs to it (Windows drivers 536 and 537 are branch 535); 0: itself
    )


@frozen
class GpuModel:
    name: str  # without the leading "NVIDIA "
    capability: str
    architecture: str
    pci_ids: Tuple[str, ...]
    last_driver_branch: Optional[int]
    origin: Origin


@frozen
class Architecture:
    """A span of compute capabilities, both ends included, and the driver branches that serve it."""

    name: str  # Volta
    min_capability: str
    max_capability: str
    first_branch: Optional[int]  # None: not established
    last_branch: Optional[int]  # None: the newest branch still does
    origin: Origin
    modules: str = "either"  # kernel modules that drive it: proprietary | open | either


@frozen
class CondaRecipe:
    """What conda is asked for to get one torch release with one accelerator."""

    torch: str
    variant: str  # cu121 | cpu
    os: str  # linux | windows | darwin
    packages: Tuple[str, ...]  # "pytorch==2.1.0", "torchvision==0.16.0", ..., "pytorch-cuda=12.1"
    extra: Tuple[str, ...]  # pins that the published line lacks and needs today: "mkl<2024.1"
    channels: Tuple[str, ...]  # in order
    published: bool  # the line (without `extra`) stands in the official documentation
    pythons: Tuple[str, ...]  # minor versions that the channel has builds for; empty: not known
    glibc: Optional[str]  # floor of these builds; None: not known
    origin: Origin

    @property
    def words(self) -> Tuple[str, ...]:
        """Arguments of `conda install`."""
        channels = tuple(word for channel in self.channels for word in ("-c", channel))
        return self.packages + self.extra + channels


@frozen
class OfficialLine:
    """Where PyTorch's page of previous versions says what the other rows do not lead to: a line that is wrong, or one
    of a release that the table does not go back to."""

    torch: str
    manager: str  # pip | conda
    os: str  # linux | windows | darwin
    variant: str  # as that page asks for it: cu113
    instead: Optional[str]  # the variant whose line is the right one (it may be the same); None: there is none
    line: str  # the published line itself, where no other row leads to it; "": another does, or none is right
    note: str  # what is wrong with the page's line; "": nothing
    origin: Origin


@frozen
class Cudnn:
    """A span of cuDNN versions (9.0 to 9.10; `last` is a prefix: 9.10.2 is in it) and what its binaries still serve."""

    first: str
    last: str  # "" where the newest is still in it
    cuda_major: int
    min_capability: str
    origin: Origin


@frozen
class Downstream:
    """A package on top of torch and how it is tied to it."""

    name: str
    tie: str  # one sentence
    requires_torch: Mapping[str, str]  # its version -> torch specifier ("==2.1.0")
    compiled: bool  # its binary is built for one torch (ABI)
    wheels: Tuple[DownstreamWheel, ...]
    install: Tuple[str, ...]  # published install lines
    origin: Origin
    requires_also: Mapping[str, Tuple[str, ...]] = field(
        default_factory=dict
    )  # its version -> other ties ("mmcv<2.2.0")
    cudas: Mapping[str, Tuple[str, ...]] = field(
        default_factory=dict
    )  # its version -> CUDA releases it has binaries for
    yanked: Mapping[str, str] = field(default_factory=dict)  # its version -> why PyPI's index took it back


@frozen
class Building:
    """How a package on top of torch is compiled where no wheel of it fits."""

    name: str
    given: str  # what pip is given: a requirement, or git+https://...
    tools: Tuple[str, ...]  # what its setup needs in the environment: it is built without isolation
    env: Mapping[str, str]  # variables that its setup reads
    wheel: str  # address of its wheels, with {version} {variant} {torch} {abi} {python}; "": pip finds them by itself
    wheel_pythons: Mapping[str, Tuple[str, ...]]  # its version -> minors that have such a wheel
    torch: str  # the releases of torch that its documentation names, a specifier; "": none are named
    min_capability: Optional[str]  # GPUs below that are not served; None: none are known to be left out
    origin: Origin


@frozen
class Nvcc:
    """Where nvcc of one CUDA, and headers and libraries beside it, come from without root."""

    cuda: str  # "12.1"
    packages: Tuple[str, ...]  # conda's
    channels: Tuple[str, ...]
    wheels: str  # one requirement on PyPI that brings nvcc along; "": there is none
    origin: Origin


@frozen
class DownstreamWheel:
    """A prebuilt wheel: which versions exist for a CUDA variant and torch minor."""

    variant: str  # cu121 | cpu; "cu12": any CUDA 12
    torch: str  # "2.1"
    versions: Tuple[str, ...]  # empty: not known which
    find_links: str  # "" where pip finds it by itself


@frozen
class Variable:
    """An environment variable that changes behaviour."""

    name: str
    effect: str
    failure: str
    origin: Origin


@frozen
class AllocatorOption:
    """An option of torch's caching allocator, or a variable that it reads, and the releases that know it."""

    name: str
    kind: str  # option | variable
    first: str  # first series that has it: "2.1"
    last: str  # last one, "" where the newest still has it
    effect: str
    origin: Origin


@frozen
class UvBackend:
    """A value of uv's --torch-backend."""

    name: str  # cu121 | cpu | rocm6.2 | xpu
    url: str  # the index that it stands for
    minimum_driver: Optional[str]  # from which Linux driver `auto` takes it; None: it goes by no driver
    minimum_driver_windows: Optional[str]
    origin: Origin


@frozen
class CondaForgeBuild:
    """A build of conda-forge beside those of the channel pytorch (CondaRecipe): what nobody is led to by itself."""

    torch: str
    variant: str  # cu112 | cpu
    pythons: Tuple[str, ...]
    glibc: Optional[str]  # None: the recipe does not say
    origin: Origin


@frozen
class Mirror:
    """A public index or channel, or a mirror of one, and what is known of it."""

    name: str
    kind: str  # pypi | pytorch-wheels | conda
    url: str
    status: str  # official | mirror | retired
    lacks: Tuple[str, ...]  # packages or features it is known not to carry
    origin: Origin


@frozen
class Condition:
    """A fact, a rule or another signature, and how much it speaks for a name (weight 1 to 99, percent)."""

    on: str  # "fact torch.build" | "signature cuda.no-gpus" | "rule driver-too-old"
    like: str  # for a fact: its value, or a beginning of it that ends in *; "known" | "absent"; for the others: ""
    name: str
    weight: int


@frozen
class Signature:
    """A line that programs print, what it means, and the problems that it points to."""

    id: str
    literals: Tuple[str, ...]  # one of them stands in every line that matches
    pattern: str  # Python re, without nested repeats; a space is any white space
    meaning: str
    names: Mapping[str, int]  # problem -> percent; "healthy-control" speaks for the program's own fault
    matches: Tuple[str, ...]
    near_misses: Tuple[str, ...]
    origin: Origin
    confirmed_by: Tuple[Condition, ...] = ()
    refuted_by: Tuple[Condition, ...] = ()


@frozen
class Loader:
    """How a training framework, or plain PyTorch, reads images. Probabilities and margins in percent."""

    name: str  # ultralytics | yolov5 | mmdet | generic
    first: str  # first release that is so; "" for what has no releases
    last: str  # last one; "" where the newest still is
    library: str  # what decodes: cv2 | Pillow
    mosaic: int  # default probability
    mixup: int
    mosaic_decodes: int  # images decoded anew for a sample that is a mosaic
    mixup_decodes: int  # more of them where mixup falls on it
    buffered: bool  # mosaic takes its other images from a buffer of min(N, 8*batch, 1000) in each worker
    caches: bool  # it has an image cache of its own, in RAM and on disk
    ram_margin: Optional[int]  # it refuses where bytes * (1 + margin) exceed the host's MemAvailable; None: no check
    disk_margin: Optional[int]
    cache_copies: int  # how often the cache stands in RAM while it is built
    each_rank: bool  # every rank builds the whole cache
    npy: str  # a leftover .npy beside an image is used: always | newer | never
    workers: int  # default, of each rank
    ram_setting: str  # what is added to the command line; "" where there is none
    disk_setting: str
    workers_setting: str  # with {workers}
    no_threads: bool  # it sets cv2's threads to 0 itself
    origin: Origin
