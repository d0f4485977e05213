"""LD_LIBRARY_PATH or a system path puts another CUDA library in the place of the one that came with torch.

It finds libraries (cuBLAS, NCCL, nvJitLink, cuSPARSE, ...) that the loader would take from elsewhere although torch
brought its own, where the other copy is older; the driver stub library of a toolkit on LD_LIBRARY_PATH; and the same
through LD_PRELOAD. How the loader chooses was worked out from the files themselves, so a toolkit on LD_LIBRARY_PATH
that is never taken is no fault. A newer copy of the same major version fits and is only noted. cuDNN has a rule of its
own.

It matters because import then ends with "undefined symbol: __nvJitLinkComplete_12_4", or kernels fail in odd ways; with
the stub, CUDA says "CUDA driver is a stub library".

It is mended by taking that folder off LD_LIBRARY_PATH: wheels of torch bring every CUDA library that they need.

Example: LD_LIBRARY_PATH=/usr/local/cuda-12.1/lib64 under torch 2.5.1+cu124: its cuSPARSE takes nvJitLink 12.1.
"""

from __future__ import annotations

import posixpath
from typing import Dict, Iterator, List, Tuple

from ..compat import CompatTable
from ..facts import Facts, ForeignLibrary
from ..reading import need, source_of, value_or
from ..report import Evidence, Finding, NeedVariable, Remedy
from ._common import finding, listed
from ._libraries import off_the_path, version_of, without
from ._torch import cuda_of_torch, older, torch_words

ID = "LIB102"
NAME = "ld-library-path-conflict"
SEVERITY = "error"
TAGS = ("libraries", "torch")

_NOT_CUDA = ("libcudnn", "libstdc++", "libgcc", "libgomp", "libiomp", "libmkl", "libcuda.so", "libnvidia-ml")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    cuda_of_torch(facts)
    yield from _stubs(facts)
    by_folder: Dict[str, List[ForeignLibrary]] = {}
    for library in need(facts.torch.foreign_libraries, "the loader's choice"):
        if not library.soname.startswith(_NOT_CUDA):
            by_folder.setdefault(posixpath.dirname(library.taken), []).append(library)
    for folder, libraries in by_folder.items():
        severity, confidence, because = _weigh(facts, libraries)
        if severity:
            yield finding(
                ID,
                NAME,
                severity,
                f"{listed(sorted(one.soname for one in libraries))} would come from {folder} instead of from torch",
                f"{torch_words(facts)} was built with the copies that it brings; an older one lacks what it calls.",
                because,
                off_the_path(facts, libraries[0]),
                confidence,
            )


def _weigh(facts: Facts, libraries: List[ForeignLibrary]) -> Tuple[str, str, List[Evidence]]:
    """Severity, confidence and evidence of what is taken from one folder; no severity where it is the same version."""
    because: List[Evidence] = []
    found = set()
    for library in libraries:
        theirs, ours = version_of(facts, library.taken), version_of(facts, library.instead_of)
        if theirs and theirs == ours:
            continue
        found.add("unknown" if not (theirs and ours) else "older" if older(theirs, ours) else "newer")
        versions = f" ({theirs or 'version unknown'}, torch's own is {ours or 'of unknown version'})"
        because.append(Evidence(f"{library.soname}: {library.taken}{versions}, by {library.by}", library.needed_by))
    if "older" in found:
        return SEVERITY, "certain", because
    if "unknown" in found:
        return "warning", "likely", because
    return ("note", "certain", because) if found else ("", "", because)


def _stubs(facts: Facts) -> Iterator[Finding]:
    entries = value_or(facts.libraries.ld_library_path, ())
    for entry in entries:
        if posixpath.basename(posixpath.normpath(entry.path)) == "stubs" and "libcuda.so.1" in entry.libraries:
            title = f"take {entry.path} off LD_LIBRARY_PATH"
            rest = without(entries, entry.path)
            yield finding(
                ID,
                NAME,
                SEVERITY,
                f"LD_LIBRARY_PATH leads to the driver stub library in {entry.path}",
                "The stub only serves linking: CUDA stops with 'CUDA driver is a stub library' (error 34).",
                [Evidence(f"{entry.path} holds libcuda.so.1", source_of(facts.libraries.ld_library_path))],
                [Remedy(title, (NeedVariable("LD_LIBRARY_PATH", rest or None),))],
            )
