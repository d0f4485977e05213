"""PyTorch's page "Installing previous versions of PyTorch", whole, from 1.0.0 to 2.11.0, in short.

Read line by line: pytorch/pytorch.github.io at e3f009bb and 04862e37 up to 2.3.1, public copies of the page after that.
The page is regular within an era, so a release is written as its pins and its headings; what is irregular on the page
is written out as it stands there (blanks collapsed).
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Tuple


class Entry(NamedTuple):
    torch: str
    os: str  # linux | windows | mac
    manager: str  # pip | conda
    accelerator: str  # as the page's heading or the line names it
    line: str


class Release(NamedTuple):
    torch: str
    torchvision: str
    torchaudio: str  # "": the page does not name it
    wheels: Tuple[str, ...]
    conda: Tuple[str, ...]  # headings but CPU Only: the words that choose the CUDA, with what follows `-c pytorch`


WHL = "https://download.pytorch.org/whl"
STABLE = f"-f {WHL}/torch_stable.html"
_CUDA_CONDA = ("pytorch-cuda=11.8 -c pytorch -c nvidia", "pytorch-cuda=12.1 -c pytorch -c nvidia")
_CUDA_CONDA_124 = (*_CUDA_CONDA, "pytorch-cuda=12.4 -c pytorch -c nvidia")
_T102, _T113 = "cudatoolkit=10.2 -c pytorch", "cudatoolkit=11.3 -c pytorch"
_T113F = f"{_T113} -c conda-forge"
_T110 = "cudatoolkit=11.0 -c pytorch"
_ROCM4 = ("rocm4.2", "rocm4.1", "rocm4.0.1", "cu111", "cu102", "cpu")
_CU7 = ("cu110", "cu102", "cu101", "cu92", "cpu")
_OLD = ("cudatoolkit=9.2 -c pytorch", "cudatoolkit=10.1 -c pytorch", _T102)

RELEASES = (
    Release("2.11.0", "0.26.0", "2.11.0", ("rocm7.2", "cu126", "cu128", "cu130", "cpu"), ()),
    Release("2.10.0", "0.25.0", "2.10.0", ("rocm7.1", "cu126", "cu128", "cu130", "cpu"), ()),
    Release("2.9.1", "0.24.1", "2.9.1", ("rocm6.4", "cu126", "cu128", "cu130", "cpu"), ()),
    Release("2.9.0", "0.24.0", "2.9.0", ("rocm6.4", "cu126", "cu128", "cu130", "cpu"), ()),
    Release("2.8.0", "0.23.0", "2.8.0", ("rocm6.4", "cu126", "cu128", "cu129", "cpu"), ()),
    Release("2.7.1", "0.22.1", "2.7.1", ("rocm6.3", "cu118", "cu126", "cu128", "cpu"), ()),
    Release("2.7.0", "0.22.0", "2.7.0", ("rocm6.3", "cu118", "cu126", "cu128", "cpu"), ()),
    Release("2.6.0", "0.21.0", "2.6.0", ("rocm6.1", "rocm6.2.4", "cu118", "cu124", "cu126", "cpu"), ()),
    Release("2.5.1", "0.20.1", "2.5.1", ("rocm6.1", "rocm6.2", "cu118", "cu121", "cu124", "cpu"), _CUDA_CONDA_124),
    Release("2.5.0", "0.20.0", "2.5.0", ("rocm6.1", "rocm6.2", "cu118", "cu121", "cu124", "cpu"), _CUDA_CONDA_124),
    Release("2.4.1", "0.19.1", "2.4.1", ("rocm6.1", "cu118", "cu121", "cu124", "cpu"), _CUDA_CONDA_124),
    Release("2.4.0", "0.19.0", "2.4.0", ("rocm6.1", "cu118", "cu121", "cu124", "cpu"), _CUDA_CONDA_124),
    Release("2.3.1", "0.18.1", "2.3.1", ("rocm6.0", "cu118", "cu121", "cpu"), _CUDA_CONDA),
    Release("2.3.0", "0.18.0", "2.3.0", ("rocm6.0", "cu118", "cu121", "cpu"), _CUDA_CONDA),
    Release("2.2.2", "0.17.2", "2.2.2", ("rocm5.7", "cu118", "cu121", "cpu"), _CUDA_CONDA),
    Release("2.2.1", "0.17.1", "2.2.1", ("rocm5.7", "cu118", "cu121", "cpu"), _CUDA_CONDA),
    Release("2.2.0", "0.17.0", "2.2.0", ("rocm5.6", "cu118", "cu121", "cpu"), _CUDA_CONDA),
    Release("2.1.2", "0.16.2", "2.1.2", ("rocm5.6", "cu118", "cu121", "cpu"), _CUDA_CONDA),
    Release("2.1.1", "0.16.1", "2.1.1", ("rocm5.6", "cu118", "cu121", "cpu"), _CUDA_CONDA),
    Release("2.1.0", "0.16.0", "2.1.0", ("rocm5.6", "cu118", "cu121", "cpu"), _CUDA_CONDA),
    Release(
        "2.0.1", "0.15.2", "2.0.2", ("rocm5.4.2", "cu118", "cpu"),
        ("pytorch-cuda=11.7 -c pytorch -c nvidia", "pytorch-cuda=11.8 -c pytorch -c nvidia"),
    ),
    Release("2.0.0", "0.15.1", "2.0.1", ("rocm5.4.2", "cu118", "cpu"), ()),
    Release(
        "1.13.1", "0.14.1", "0.13.1", ("rocm5.2", "cu116", "cu117", "cpu"),
        ("pytorch-cuda=11.6 -c pytorch -c nvidia", "pytorch-cuda=11.7 -c pytorch -c nvidia"),
    ),
    Release(
        "1.13.0", "0.14.0", "0.13.0", ("rocm5.2", "cu116", "cu117", "cpu"),
        ("pytorch-cuda=11.6 -c pytorch -c nvidia", "pytorch-cuda=11.7 -c pytorch -c nvidia"),
    ),
    Release(
        "1.12.1", "0.13.1", "0.12.1", ("rocm5.1.1", "cu116", "cu113", "cu102", "cpu"),
        (_T102, _T113, "cudatoolkit=11.6 -c pytorch -c conda-forge"),
    ),
    Release(
        "1.12.0", "0.13.0", "0.12.0", ("rocm5.1.1", "cu116", "cu113", "cu102", "cpu"),
        (_T102, _T113, "cudatoolkit=11.6 -c pytorch -c conda-forge"),
    ),
    Release("1.11.0", "0.12.0", "0.11.0", ("rocm4.5.2", "cu113", "cu102", "cpu"), (_T102, _T113)),
    Release(
        "1.10.1", "0.11.2", "0.10.1", ("rocm4.2", "rocm4.1", "cu111", "cu102", "cpu"), (_T102, _T113F),
    ),
    Release("1.10.0", "0.11.0", "0.10.0", ("rocm4.2", "rocm4.1", "cu111", "cu102", "cpu"), (_T102, _T113F)),
    Release("1.9.1", "0.10.1", "0.9.1", _ROCM4, (_T102, _T113F)),
    Release("1.9.0", "0.10.0", "0.9.0", _ROCM4, (_T102, _T113F)),
    Release("1.8.1", "0.9.1", "0.8.1", ("rocm4.0.1", "rocm3.10", "cu111", "cu102", "cu101", "cpu"), (_T102, _T113F)),
    Release(
        "1.8.0", "0.9.0", "0.8.0", ("cu111", "cu102", "cpu"),
        (_T102, "cudatoolkit=11.1 -c pytorch -c conda-forge"),
    ),
    Release("1.7.1", "0.8.2", "0.7.2", _CU7, (*_OLD, _T110)),
    Release("1.7.0", "0.8.0", "0.7.0", _CU7, (*_OLD, _T110)),
    Release("1.6.0", "0.7.0", "", ("cu102", "cu101", "cu92", "cpu"), _OLD),
    Release("1.5.1", "0.6.1", "", ("cu102", "cu101", "cu92", "cpu"), _OLD),
    Release("1.5.0", "0.6.0", "", ("cu102", "cu101", "cu92", "cpu"), _OLD),
    Release("1.4.0", "0.5.0", "", ("cu101", "cu92", "cpu"), _OLD[:2]),
    Release("1.2.0", "0.4.0", "", ("cu100", "cu92", "cpu"), (_OLD[0], "cudatoolkit=10.0 -c pytorch")),
)  # fmt: skip

_BARE = {"1.2.0": "cu100", "1.4.0": "cu101", "1.5.0": "cu102", "1.5.1": "cu102", "1.6.0": "cu102", "1.7.0": "cu102",
         "1.7.1": "cu102", "1.8.0": "cu102"}  # fmt: skip

#: What stands on the page and follows no rule: headings of their own, other pins, channels of the LTS.
IRREGULAR = (
    *(
        Entry(torch, os, "pip", "cu117", f"pip install torch=={torch} torchvision=={vision} torchaudio=={audio}")
        for torch, vision, audio in (("2.0.1", "0.15.2", "2.0.2"), ("2.0.0", "0.15.1", "2.0.1"))
        for os in ("linux", "windows")
    ),
    *(
        Entry("2.0.0", os, "conda", words.split()[0].replace("cpuonly", "cpu"),
              f"conda install pytorch==2.0.0 torchvision==0.15.0 torchaudio==2.0.0 {words}")
        for os in ("linux", "windows")
        for words in ("pytorch-cuda=11.7 -c pytorch -c nvidia", "pytorch-cuda=11.8 -c pytorch -c nvidia",
                      "cpuonly -c pytorch")
    ),
    Entry("2.0.0", "mac", "conda", "cpu",
          "conda install pytorch==2.0.0 torchvision==0.15.0 torchaudio==2.0.0 -c pytorch"),
    Entry("1.10.1", "linux", "pip", "rocm4.0.1",
          f"pip install torch==1.10.1+rocm4.0.1 torchvision==0.10.2+rocm4.0.1 torchaudio==0.10.1 {STABLE}"),
    Entry("1.10.0", "linux", "pip", "rocm4.0.1",
          f"pip install torch==1.10.0+rocm4.0.1 torchvision==0.10.1+rocm4.0.1 torchaudio==0.10.0 {STABLE}"),
    *(
        Entry("1.8.2", os, "pip", variant,
              "pip3 install torch==1.8.2 torchvision==0.9.2 torchaudio==0.8.2 "
              f"--extra-index-url {WHL}/lts/1.8/{variant}")
        for os in ("linux", "windows") for variant in ("cu102", "cu111", "cpu")
    ),
    *(
        Entry("1.8.2", os, "conda", words.split()[0].replace("cpuonly", "cpu"),
              f"conda install pytorch torchvision torchaudio {words}")
        for os, words in (
            ("linux", "cudatoolkit=10.2 -c pytorch-lts"), ("windows", "cudatoolkit=10.2 -c pytorch-lts"),
            ("linux", "cudatoolkit=11.1 -c pytorch-lts -c nvidia"),
            ("windows", "cudatoolkit=11.1 -c pytorch-lts -c conda-forge"),
            ("linux", "cpuonly -c pytorch-lts"), ("windows", "cpuonly -c pytorch-lts"),
        )
    ),
    # Before 1.2.0 the page has lines for conda and macOS, and "download and install wheel from" for the rest.
    *(
        Entry(torch, os, "conda", accelerator, f"conda install {names} {words} -c pytorch")
        for torch, vision, cudas in (
            ("1.1.0", "0.3.0", ("cudatoolkit=9.0", "cudatoolkit=10.0")),
            ("1.0.1", "0.2.2", ("cudatoolkit=9.0", "cudatoolkit=10.0")),
            ("1.0.0", "0.2.1", ("cuda100", "cuda90", "cuda80")),
        )
        for os in ("linux", "windows")
        for accelerator, names, words in (
            *((cuda, f"pytorch=={torch} torchvision=={vision}", cuda) for cuda in cudas),
            ("cpu", f"pytorch-cpu=={torch} torchvision-cpu=={vision}", "cpuonly"),
        )
    ),
    *(
        Entry(torch, "mac", manager, "cpu", line)
        for torch, vision in (("1.1.0", "0.3.0"), ("1.0.1", "0.2.2"), ("1.0.0", "0.2.1"))
        for manager, line in (
            ("pip", f"pip install torch=={torch} torchvision=={vision}"),
            ("conda", f"conda install pytorch=={torch} torchvision=={vision} -c pytorch"),
        )
    ),
)  # fmt: skip


def page() -> Iterator[Entry]:
    """Every line of the page, once for each system that its heading names."""
    for release in RELEASES:
        yield from _wheels(release)
        yield from _conda(release)
    yield from IRREGULAR


def _pins(release: Release, torch: str, tag: str = "") -> str:
    audio = f" torchaudio=={release.torchaudio}" if release.torchaudio else ""
    return f"{torch}=={release.torch}{tag} torchvision=={release.torchvision}{tag}{audio}"


def _wheels(release: Release) -> Iterator[Entry]:
    torch = release.torch
    yield Entry(torch, "mac", "pip", "cpu", f"pip install {_pins(release, 'torch')}")
    for variant in release.wheels:
        bare = _BARE.get(torch) == variant
        tagged = not torch.startswith("2.") and not bare
        words = f"pip install {_pins(release, 'torch', f'+{variant}' if tagged else '')}"
        if not bare:
            words += f" {_source(torch, variant)}"
        for os in ("linux",) if variant.startswith("rocm") else ("linux", "windows"):
            yield Entry(torch, os, "pip", variant, words)


def _source(torch: str, variant: str) -> str:
    if torch.startswith("2."):
        return f"--index-url {WHL}/{variant}"
    if torch.startswith(("1.11.", "1.12.", "1.13.")):
        return f"--extra-index-url {WHL}/{variant}"
    # 1.10.1 has a page for each build, but for one of the two older ROCm.
    return f"-f {WHL}/{variant}/torch_stable.html" if torch == "1.10.1" and variant != "rocm4.1" else STABLE


def _conda(release: Release) -> Iterator[Entry]:
    if not release.conda:
        return
    pins = _pins(release, "pytorch")
    yield Entry(release.torch, "mac", "conda", "cpu", f"conda install {pins} -c pytorch")
    for os in ("linux", "windows"):
        for words in release.conda:
            yield Entry(release.torch, os, "conda", words.split()[0], f"conda install {pins} {words}")
        yield Entry(release.torch, os, "conda", "cpu", f"conda install {pins} cpuonly -c pytorch")
