"""conda for the bench: channels in folders, prefixes solved by py-rattler, and a `conda` that stands in for conda's.

The channels are named and filled as the real ones are (pytorch, nvidia, defaults, conda-forge), so that a line which
leaves one out does not solve. conda itself is not on any package index; conda_program.py reads the same command lines
and really solves and installs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from envdoctor.versions import cuda_tag

from ..envs.conda import MINOR, SITE, Channel, real_pip, real_python
from . import stubs
from .recipes import Recipe

#: torch, torchvision, torchaudio, and the CUDA versions that the pytorch channel has builds for.
RELEASES = (
    ("2.0.1", "0.15.2", "2.0.2", ("11.7", "11.8")),
    ("2.1.0", "0.16.0", "2.1.0", ("11.8", "12.1")),
    ("2.3.1", "0.18.1", "2.3.1", ("11.8", "12.1")),
    ("2.5.1", "0.20.1", "2.5.1", ("11.8", "12.1", "12.4")),
)
#: CUDA -> a package of the nvidia channel that its builds need.
RUNTIMES = {"11.7": "11.7.99", "11.8": "11.8.89", "12.1": "12.1.105", "12.4": "12.4.127"}
#: torch and torchvision on conda-forge, with their CUDA.
FORGE = (("2.7.1", "0.22.1", "12.9"), ("2.13.0", "0.28.0", "12.9"))
_ARCHS = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
_NEXT = f"{MINOR[:2]}{int(MINOR[2:]) + 1}"
_PYTHON = f"python >={MINOR},<{_NEXT}.0a0"
_PY = f"py{MINOR.replace('.', '')}"


def channels(folder: Path) -> Dict[str, str]:
    """Write all channels; their URLs by name."""
    made = {"defaults": _defaults, "pytorch": _pytorch, "nvidia": _nvidia, "conda-forge": _forge}
    urls = {}
    for name, fill in made.items():
        channel = Channel(folder / name)
        fill(channel)
        urls[name] = channel.publish()
    return urls


def _defaults(channel: Channel) -> None:
    links = [("bin/python", f"python{MINOR}"), ("bin/python3", f"python{MINOR}")]
    channel.add("python", f"{MINOR}.0", "h0_0_cpython", real_python(), links=links)
    pip = ["pip = pip._internal.cli.main:main", "pip3 = pip._internal.cli.main:main"]
    channel.add("pip", "23.2.1", "py_0", real_pip(), ["python"], entry_points=pip)
    for version in ("2023.1.0", "2024.2.0"):
        channel.add("mkl", version, "h0_0", {})
    for version in ("1.26.4", "2.1.3"):
        _package(channel, "numpy", version, [])
    _package(channel, "pillow", "10.4.0", [], "PIL")
    _package(channel, "filelock", "3.13.1", [])
    _package(channel, "tqdm", "4.66.5", [])


def _pytorch(channel: Channel) -> None:
    channel.add("pytorch-mutex", "1.0", "cpu", {})
    channel.add("pytorch-mutex", "1.0", "cuda", {}, number=100)
    channel.add("cpuonly", "2.0", "0", {}, ["pytorch-mutex 1.0 cpu"])
    for cuda, runtime in RUNTIMES.items():
        channel.add("pytorch-cuda", cuda, "h0_0", {}, [f"cuda-cudart {runtime}", "pytorch-mutex 1.0 cuda"])
    for torch, vision, audio, cudas in RELEASES:
        for cuda in (None, *cudas):
            kind = f"cuda{cuda}" if cuda else "cpu"
            build = f"py{MINOR}_{kind}_0"
            needs = ["pytorch-mutex 1.0 cuda", f"pytorch-cuda {cuda}.*"] if cuda else ["pytorch-mutex 1.0 cpu"]
            files = stubs.torch(torch, cuda, _ARCHS if cuda else (), ())
            _python_package(
                channel, "pytorch", "torch", torch, build, files, ["filelock", "mkl >=2018", "numpy", *needs]
            )
            tag = f"{_PY}_{cuda_tag(cuda) if cuda else 'cpu'}"
            for name, version in (("torchvision", vision), ("torchaudio", audio)):
                files = stubs.companion(name, version, torch, cuda is not None)
                more = ["numpy", "pillow >=5.3.0"] if name == "torchvision" else []
                _python_package(channel, name, name, version, tag, files, [f"pytorch {torch}", *more, *needs])


def _nvidia(channel: Channel) -> None:
    for version in RUNTIMES.values():
        channel.add("cuda-cudart", version, "0", {})


def _forge(channel: Channel) -> None:
    for cuda in ("11.8", "12.6", "12.9"):
        channel.add("cuda-version", cuda, "h0_3", {})
    for torch, vision, cuda in FORGE:
        build = f"cuda{cuda.replace('.', '')}_{_PY}_0"
        archs = (*_ARCHS, "sm_100", "sm_120")
        needs = [f"cuda-version {cuda}.*", "__cuda", "numpy"]
        _python_package(channel, "pytorch", "torch", torch, build, stubs.torch(torch, cuda, archs, ()), needs)
        channel.add("pytorch-gpu", torch, f"{build}_gpu", {}, [f"pytorch {torch} cuda*"])
        files = stubs.companion("torchvision", vision, torch, True)
        _python_package(channel, "torchvision", "torchvision", vision, build, files, [f"pytorch {torch}", "pillow"])


def _package(channel: Channel, name: str, version: str, depends: Sequence[str], module: str = "") -> None:
    module = module or name.replace("-", "_")
    _python_package(channel, name, name, version, f"{_PY}_0", stubs.plain(module, version), depends)


def _python_package(
    channel: Channel, name: str, project: str, version: str, build: str, files: stubs.Files, depends: Sequence[str]
) -> None:
    """A package for this Python, with the metadata that conda-build leaves: `project` is its name there."""
    info = f"{project}-{version}.dist-info"
    content = {f"{SITE}/{path}": data for path, data in files.items()}
    content[f"{SITE}/{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n".encode()
    content[f"{SITE}/{info}/INSTALLER"] = b"conda\n"
    record = [*files, *(f"{info}/{part}" for part in ("METADATA", "INSTALLER", "RECORD"))]
    content[f"{SITE}/{info}/RECORD"] = "".join(f"{path},,\n" for path in record).encode()
    channel.add(name, version, build, content, [_PYTHON, *depends])


def environment(root: Path, recipe: Recipe, urls: Mapping[str, str], cuda: str) -> Tuple[Path, List[Path]]:
    """A conda of one's own in `root` with the prefix envs/lab, solved where `recipe.solved_with` says.

    Returns the prefix, and the folders of PATH once it is active. `cuda`: of the driver where the cure will be run.
    """
    program = install(root, urls, recipe.solved_with)
    words = [word for name in recipe.channels for word in ("-c", name)]
    prefix = root / "envs" / "lab"
    done = subprocess.run(
        [str(program), "create", "-p", str(prefix), "-y", *recipe.specs, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise RuntimeError(f"conda create ended with {done.returncode}: {done.stdout.decode('utf-8', 'replace')}")
    install(root, urls, cuda)
    return prefix, [prefix / "bin", root / "condabin"]


def install(root: Path, urls: Mapping[str, str], cuda: Optional[str]) -> Path:
    """The stand-in `conda` of that root; `cuda` is what it takes for the driver's."""
    settings = {"channels": dict(urls), "cuda": cuda or "", "root": str(root)}
    for name in ("condabin", "envs", "conda-meta"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "stand-in.json").write_text(json.dumps(settings))
    program = root / "condabin" / "conda"
    source = Path(__file__).parent / "conda_program.py"
    start = f'#!/bin/sh\nexec {sys.executable} -I {source} {root / "stand-in.json"} "$@"\n'
    program.write_text(start)
    program.chmod(0o755)
    return program
