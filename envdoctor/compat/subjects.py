"""Every table file: its fields, its key, and the row that it becomes. schema/*.json is written from here."""

from __future__ import annotations

from typing import Mapping

from .kinds import CAPABILITY, LINE, TEXT, TRUTH, VERSION, WHOLE, many, maybe, named, one_of, record
from .loader import Subject
from .rows import (
    Architecture,
    ArchList,
    CondaRecipe,
    Cuda,
    Cudnn,
    Downstream,
    DownstreamWheel,
    DriverBranch,
    GpuModel,
    Mirror,
    TorchRelease,
    Variable,
    WheelIndex,
)

_ALL = (
    Subject(
        "torch",
        "Releases of torch and what goes with each.",
        ("version",),
        {
            "version": VERSION,
            "released": LINE,
            "torchvision": maybe(VERSION),
            "torchaudio": maybe(VERSION),
            "triton": maybe(TEXT),
            "default_cuda": maybe(VERSION),
            "pythons": named(many(TEXT)),
            "vision_pythons": named(many(TEXT)),
            "audio_pythons": named(many(TEXT)),
            "trio_pythons": many(TEXT),
            "variants": many(TEXT, 1),
            "variants_on": named(many(TEXT)),
            "glibc": named(VERSION),
            "cxx11_abi": named(TRUTH),
            "cudnn": named(VERSION),
            "numpy2": named(TRUTH),
            "numpy_min": maybe(VERSION),
            "nvidia_pins": many(TEXT),
            "pypi": TRUTH,
            "yanked": TRUTH,
        },
        TorchRelease,
        optional=("pypi",),
    ),
    Subject(
        "arch",
        "The compute capabilities each CUDA build of torch has code for.",
        ("torch", "variant", "machine", "os"),
        {
            "torch": VERSION,
            "variant": TEXT,
            "machine": one_of("x86_64", "aarch64"),
            "os": one_of("linux", "windows"),
            "archs": many(TEXT, 1),
        },
        ArchList,
    ),
    Subject(
        "wheel_index",
        "How pip is told of the builds of one era of torch.",
        ("first", "last"),
        {
            "first": VERSION,
            "last": VERSION,
            "flag": one_of("--find-links", "--extra-index-url", "--index-url"),
            "url": TEXT,
            "local_tag": TRUTH,
            "bare": many(TEXT),
        },
        WheelIndex,
    ),
    Subject(
        "cuda",
        "CUDA toolkits: the driver that each needs, the host compilers it accepts, the devices it can target.",
        ("version",),
        {
            "version": VERSION,
            "toolkit_driver": maybe(VERSION),
            "minimum_driver": maybe(VERSION),
            "minimum_driver_windows": maybe(VERSION),
            "gcc_min": maybe(WHOLE),
            "gcc_max": maybe(WHOLE),
            "clang_max": maybe(WHOLE),
            "min_capability": maybe(CAPABILITY),
            "max_capability": maybe(CAPABILITY),
        },
        Cuda,
    ),
    Subject(
        "drivers",
        "Driver branches, the CUDA that each reports, and how long it lives.",
        ("branch",),
        {
            "branch": WHOLE,
            "through": WHOLE,
            "cuda": VERSION,
            "designation": one_of("LTSB", "PB", "NFB", "EOL", ""),
            "end_of_life": LINE,
        },
        DriverBranch,
        optional=("through",),
    ),
    Subject(
        "architectures",
        "Spans of compute capability and the driver branches that serve them.",
        ("name",),
        {
            "name": TEXT,
            "min_capability": CAPABILITY,
            "max_capability": CAPABILITY,
            "first_branch": maybe(WHOLE),
            "last_branch": maybe(WHOLE),
        },
        Architecture,
    ),
    Subject(
        "gpus",
        "Products by name and PCI device id, with their compute capability.",
        ("name", "capability"),
        {
            "name": TEXT,
            "capability": CAPABILITY,
            "architecture": TEXT,
            "pci_ids": many(TEXT),
            "last_driver_branch": maybe(WHOLE),
        },
        GpuModel,
    ),
    Subject(
        "conda",
        "What conda is asked for to get a build of torch.",
        ("torch", "variant", "os"),
        {
            "torch": VERSION,
            "variant": TEXT,
            "os": one_of("linux", "windows"),
            "packages": many(TEXT, 1),
            "extra": many(TEXT),
            "channels": many(TEXT, 1),
            "published": TRUTH,
        },
        CondaRecipe,
    ),
    Subject(
        "cudnn",
        "Spans of cuDNN versions and the oldest device that each still serves.",
        ("first", "cuda_major"),
        {
            "first": VERSION,
            "last": LINE,
            "cuda_major": WHOLE,
            "min_capability": CAPABILITY,
        },
        Cudnn,
    ),
    Subject(
        "downstream",
        "Packages on top of torch, how each is tied to it, and its prebuilt wheels.",
        ("name",),
        {
            "name": TEXT,
            "tie": TEXT,
            "requires_torch": named(TEXT),
            "compiled": TRUTH,
            "wheels": many(
                record(DownstreamWheel, variant=TEXT, torch=VERSION, versions=many(TEXT, 1), find_links=LINE)
            ),
            "install": many(TEXT),
        },
        Downstream,
    ),
    Subject(
        "variables",
        "Environment variables that change what torch, CUDA, compilers or installers do.",
        ("name",),
        {"name": TEXT, "effect": TEXT, "failure": TEXT},
        Variable,
    ),
    Subject(
        "mirrors",
        "Public indexes and channels, and mirrors of them.",
        ("kind", "url"),
        {
            "name": TEXT,
            "kind": one_of("pypi", "pytorch-wheels", "conda"),
            "url": TEXT,
            "status": one_of("official", "mirror", "retired"),
            "lacks": many(TEXT),
        },
        Mirror,
    ),
)

SUBJECTS: Mapping[str, Subject] = {subject.name: subject for subject in _ALL}
