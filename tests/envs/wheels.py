"""Stand-in wheels with real names, tags and metadata: torch without its gigabytes, with the files that are read.

`torch` carries version.py, and an ELF libtorch_python.so whose read-only data holds the architecture list as the
real one does, so that probes read it the way they read the real wheel.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import zipfile
from base64 import urlsafe_b64encode
from functools import lru_cache
from pathlib import Path
from typing import Dict, Mapping, Optional, Sequence

Files = Mapping[str, bytes]


def wheel(
    folder: Path,
    name: str,
    version: str,
    files: Files,
    requires: Sequence[str] = (),
    scripts: Optional[Mapping[str, str]] = None,
    tag: str = "py3-none-any",
) -> Path:
    """Write a wheel that real installers accept; returns its path."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
    content: Dict[str, bytes] = dict(files)
    content[f"{info}/METADATA"] = ("\n".join(head) + "\n").encode()
    content[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    if scripts:
        lines = "".join(f"{command} = {target}\n" for command, target in scripts.items())
        content[f"{info}/entry_points.txt"] = f"[console_scripts]\n{lines}".encode()
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in content.items())
    content[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, data in content.items():
            archive.writestr(file, data)
    return path


def _digest(data: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def torch_files(version: str, cuda: Optional[str], archs: str = "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90") -> Files:
    """The files of a torch that probes look at."""
    spelled = repr(cuda)
    text = (
        "from typing import Optional\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']\n"
        f"__version__ = {version!r}\ndebug = False\ncuda: Optional[str] = {spelled}\n"
        "git_version = '0000000000000000000000000000000000000000'\nhip: Optional[str] = None\n"
    )
    files = {
        "torch/__init__.py": b"from .version import __version__, cuda\nfrom . import version\n",
        "torch/version.py": text.encode(),
        "torch/nn/__init__.py": b"",
    }
    # Builds since 2.3 know NumPy 2: they name its module where older ones name the one of NumPy 1.
    numpy = "numpy._core.multiarray" if tuple(map(int, version.split(".")[:2])) >= (2, 3) else "numpy.core.multiarray"
    files["torch/lib/libtorch_python.so"] = shared_library(numpy, archs if cuda else "")
    return files


@lru_cache(maxsize=None)
def shared_library(*texts: str) -> bytes:
    """An ELF shared library whose read-only data holds these texts."""
    held = "\\0".join(texts)
    source = f'extern const char held[]; const char held[] = "{held}";'
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library.so"
        command = ["gcc", "-shared", "-fPIC", "-nostdlib", "-x", "c", "-", "-o", str(library)]
        subprocess.run(command, input=source.encode(), check=True)
        return library.read_bytes()


def torch_wheel(folder: Path, version: str, cuda: Optional[str], **more: str) -> Path:
    return wheel(folder, "torch", version, torch_files(version, cuda, **more))


def torchvision_wheel(folder: Path, version: str, torch: str) -> Path:
    files = {
        "torchvision/__init__.py": b"from .version import __version__\n",
        "torchvision/version.py": f"__version__ = {version!r}\ngit_version = 'Unknown'\n".encode(),
    }
    return wheel(folder, "torchvision", version, files, requires=[f"torch=={torch}"])


def numpy_files(version: str) -> Files:
    return {
        "numpy/__init__.py": b"from .version import version as __version__\n",
        "numpy/version.py": f"version = {version!r}\n__version__ = version\n".encode(),
    }


def numpy_wheel(folder: Path, version: str) -> Path:
    return wheel(folder, "numpy", version, numpy_files(version))


def ultralytics_wheel(folder: Path, version: str = "8.3.0") -> Path:
    files = {
        "ultralytics/__init__.py": f"__version__ = {version!r}\n".encode(),
        "ultralytics/cfg.py": b"def entrypoint():\n    import torch\n",
    }
    requires = ["numpy>=1.23.0", "torch>=1.8.0", "torchvision>=0.9.0"]
    scripts = {"yolo": "ultralytics.cfg:entrypoint", "ultralytics": "ultralytics.cfg:entrypoint"}
    return wheel(folder, "ultralytics", version, files, requires, scripts)
