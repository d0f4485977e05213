"""Small real shared libraries, compiled on the spot."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Tuple

import pytest

NEW, OLD = "-D_GLIBCXX_USE_CXX11_ABI=1", "-D_GLIBCXX_USE_CXX11_ABI=0"


@lru_cache(maxsize=None)
def library(
    source: str = "int nothing;",
    needed: Tuple[str, ...] = (),
    soname: str = "",
    rpath: str = "",
    runpath: str = "",
    flags: Tuple[str, ...] = (),
    cpp: bool = False,
) -> bytes:
    """A shared library of that C or C++ source. `needed` are sonames, which need not exist."""
    compiler = "g++" if cpp else "gcc"
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is needed to build libraries")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [compiler, "-shared", "-fPIC", "-x", "c++" if cpp else "c", "-", "-o", str(folder / "built"), *flags]
        command += [] if cpp else ["-nostdlib"]
        links = ["-Wl,--no-as-needed", f"-L{folder}", *(f"-l:{other}" for other in needed)]
        for other in needed:
            empty = ["gcc", "-shared", "-nostdlib", "-x", "c", "/dev/null", f"-Wl,-soname,{other}"]
            subprocess.run([*empty, "-o", str(folder / other)], check=True)
        if soname:
            links.append(f"-Wl,-soname,{soname}")
        if rpath:
            links.append(f"-Wl,--disable-new-dtags,-rpath,{rpath}")
        if runpath:
            links.append(f"-Wl,--enable-new-dtags,-rpath,{runpath}")
        # The language of "-" must not be taken for that of the libraries.
        subprocess.run([*command, "-x", "none", *links], input=source.encode(), check=True)
        return (folder / "built").read_bytes()
