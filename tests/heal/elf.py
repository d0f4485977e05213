"""Small shared libraries that ask for each other as torch's do: needed names, where to look, symbols."""

from __future__ import annotations

import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Sequence, Tuple


@lru_cache(maxsize=None)
def library(
    soname: str,
    needed: Tuple[str, ...] = (),
    runpath: Tuple[str, ...] = (),
    texts: Tuple[str, ...] = (),
    defines: Tuple[str, ...] = (),
    wants: Tuple[str, ...] = (),
) -> bytes:
    """The bytes of an ELF library. `texts` stand in its read-only data, each ended by a NUL."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one in needed:
            _gcc(folder / one, "", [f"-Wl,-soname,{one}"])
        source = _source(texts, defines, wants)
        options = [f"-Wl,-soname,{soname}", "-Wl,--no-as-needed", "-Wl,--unresolved-symbols=ignore-all"]
        options += [f"-Wl,-rpath,{':'.join(runpath)}"] if runpath else []
        _gcc(folder / "made.so", source, [*options, *(str(folder / one) for one in needed)])
        return (folder / "made.so").read_bytes()


def _source(texts: Sequence[str], defines: Sequence[str], wants: Sequence[str]) -> str:
    held = "\\0".join(texts)
    lines = [f'extern const char held[]; const char held[] = "{held}";'] if texts else []
    lines += [f"void {name}(void) {{}}" for name in defines]
    lines += [f"extern void {name}(void); void *at_{number} = &{name};" for number, name in enumerate(wants)]
    return "\n".join(lines) + "\n"


def _gcc(file: Path, source: str, options: Sequence[str]) -> None:
    command = ["gcc", "-shared", "-fPIC", "-nostdlib", "-x", "c", "-", "-x", "none", *options, "-o", str(file)]
    subprocess.run(command, input=source.encode(), check=True)
