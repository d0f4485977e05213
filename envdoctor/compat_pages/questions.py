"""Every question of `envdoctor compat`, an example of each, and names near to one that the table does not have."""

from __future__ import annotations

from typing import Callable, Iterable, Mapping, Tuple

from ..compat import CompatTable
from ..compat.products import plain
from . import answers, others
from .entry import Entry

QUESTIONS: Mapping[str, Callable[[CompatTable, str], Entry]] = {
    "torch": answers.torch,
    "cuda": answers.cuda,
    "gpu": answers.gpu,
    "driver": answers.driver,
    "package": answers.package,
    "python": others.python,
    "cudnn": others.cudnn,
    "gcc": others.gcc,
    "clang": others.clang,
    "glibc": others.glibc,
    "variable": others.variable,
    "allocator": others.allocator,
    "uv": others.uv,
}

EXAMPLES = {
    "torch": "2.5.1",
    "cuda": "12.4",
    "gpu": "'RTX 3090'",
    "driver": "535",
    "package": "mmcv",
    "python": "3.13",
    "cudnn": "9.10",
    "gcc": "13",
    "clang": "17",
    "glibc": "2.17",
    "variable": "CUDA_HOME",
    "allocator": "expandable_segments",
    "uv": "cu126",
}

#: Names that each question has rows for.
_NAMES: Mapping[str, Callable[[CompatTable], Iterable[str]]] = {
    "torch": lambda table: (one.version for one in table.torch_releases()),
    "cuda": lambda table: (one.version for one in table.cudas()),
    "gpu": lambda table: table.gpu_names(),
    "driver": lambda table: (str(one.branch) for one in table.branches_for("1.0")),
    "package": lambda table: table.downstream_names(),
    "python": lambda table: {minor for one in table.torch_releases() for minor in one.pythons["linux_x86_64"]},
    "cudnn": lambda table: (one.first for one in table.cudnn_spans()),
    "variable": lambda table: (one.name for one in table.variables()),
    "allocator": lambda table: (one.name for one in table.allocator_options()),
    "uv": lambda table: (one.name for one in table.uv_backends()),
}


def near(table: CompatTable, subject: str, said: str) -> Tuple[str, ...]:
    """At most three names that may have been meant, the likeliest first."""
    import difflib

    # Without "NVIDIA" and "GeForce", which people leave out; other names are as they were.
    names = {plain(name): name for name in _NAMES[subject](table)} if subject in _NAMES else {}
    wanted = plain(said[:60])
    found = difflib.get_close_matches(wanted, names, 3, 0.6)
    begins = [one for one in names if wanted and (one.startswith(wanted) or wanted.startswith(one))]
    return tuple(names[one] for one in dict.fromkeys([*found, *begins]))[:3]
