"""The questions about what is not torch, CUDA, a GPU, a driver or a package: python, cudnn, gcc, clang, glibc,
variable, allocator, uv. Each raises NoRow, a sentence, where the table does not know."""

from __future__ import annotations

from typing import List, Tuple

from ..compat import AllocatorOption, CompatTable, NoRow, Origin, TorchRelease
from ..versions import numbers
from .entry import Entry, Section, facts


def python(table: CompatTable, said: str) -> Entry:
    """Which releases have wheels for a minor version ('3.13', '3.13.1', '3.13t')."""
    plain = said.strip()
    free = plain.endswith("t")
    minor = ".".join(plain.rstrip("t").split(".")[:2]) + ("t" if free else "")
    releases = table.torch_releases()
    with_torch = [one for one in releases if any(minor in pythons for pythons in one.pythons.values())]
    if not with_torch:
        raise NoRow(f"the table has no torch for Python {plain[:60]!r}")
    platforms = list(dict.fromkeys(name for one in with_torch for name in one.pythons))
    told = facts(
        *(
            (f"torch, {name}", _spans(releases, [one for one in releases if minor in one.pythons.get(name, ())]))
            for name in platforms
        ),
        ("all three, linux_x86_64", _spans(releases, [one for one in releases if minor in one.trio_pythons])),
    )
    exact = [one.version for one in with_torch if plain in one.pythons_refused]
    refused = facts((f"Python {plain}", tuple(exact)))
    sections = [Section("Wheels on PyPI", told, tuple(one.origin for one in with_torch))]
    if refused:
        sections.append(Section("Refused by the companions of torch", refused, (with_torch[0].origin,)))
    return Entry(f"Python {minor}", tuple(sections))


def _spans(every: Tuple[TorchRelease, ...], these: List[TorchRelease]) -> str:
    """'2.5.0 to 2.15.0', oldest first; breaks where a release between lacks it."""
    spans: List[List[str]] = []
    before = False
    for one in reversed(every):
        if one in these:
            spans = spans if before else [*spans, []]
            spans[-1].append(one.version)
        before = one in these
    return ", ".join(span[0] if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans)


def cudnn(table: CompatTable, said: str) -> Entry:
    spans = []
    for major in sorted({span.cuda_major for span in table.cudnn_spans()}):
        try:
            spans.append(table.cudnn(said, major))
        except NoRow:
            continue
    if not spans:
        raise NoRow(f"the table has no row for cuDNN {said.strip()[:60]!r}")
    told = facts(*((f"for CUDA {one.cuda_major}", f"GPUs from {one.min_capability} on") for one in spans))
    wanted = numbers(said)
    pinned = [
        (one, variant, version)
        for one in table.torch_releases()
        for variant, version in one.cudnn.items()
        if numbers(version)[: len(wanted)] == wanted
    ]
    sections = [Section("Serves", told, tuple(one.origin for one in spans))]
    if pinned:
        builds = tuple((f"torch {one.version} {variant}", version) for one, variant, version in pinned)
        sections.append(Section("Came with", builds, tuple(one.origin for one, _, _ in pinned)))
    return Entry(f"cuDNN {said.strip()}", tuple(sections))


def gcc(table: CompatTable, said: str) -> Entry:
    return _compiler(table, said, "gcc")


def clang(table: CompatTable, said: str) -> Entry:
    return _compiler(table, said, "clang")


def _compiler(table: CompatTable, said: str, family: str) -> Entry:
    """Which toolkits take a host compiler, and which of torch's own checks."""
    try:
        version = numbers(said)
    except ValueError:
        raise NoRow(f"not a version of {family}: {said.strip()[:60]!r}") from None
    known = [(row, row.clang_max if family == "clang" else row.gcc_max) for row in table.cudas()]
    takes = [row for row, limit in known if limit is not None and version[0] <= limit]
    refuses = [row for row, limit in known if limit is not None and version[0] > limit]
    nvcc = facts(
        ("takes it", tuple(row.version for row in takes)),
        ("refuses it", tuple(row.version for row in refuses)),
        ("not known", tuple(row.version for row, limit in known if limit is None)),
    )
    limits = {row.version: limit for row, limit in known}
    wide = (*version, 0, 0)[:3] if len(version) < 3 else version
    torch: List[Tuple[str, str]] = []
    origins: List[Origin] = []
    for own in table.every_torch_compilers():
        low, below = (own.clang_min, own.clang_below) if family == "clang" else (own.gcc_min, own.gcc_below)
        limit = limits.get(own.cuda)
        if low is None or below is None or limit is None:
            continue
        passes = numbers(low) <= wide < numbers(below)
        if passes == (version[0] <= limit):
            continue
        releases = own.first if own.first == own.last else f"{own.first} to {own.last}"
        verdict = "lets it pass, nvcc refuses it" if passes else f"refuses it ({low} to below {below}), nvcc takes it"
        torch.append((f"torch {releases}, CUDA {own.cuda}", verdict))
        origins.append(own.origin)
    sections = [Section("nvcc", nvcc, tuple(row.origin for row, _ in known))]
    if torch:
        sections.append(Section("Where torch's own check says otherwise", tuple(torch), tuple(origins)))
    return Entry(f"{family} {said.strip()}", tuple(sections))


def glibc(table: CompatTable, said: str) -> Entry:
    """The newest releases whose wheels run on a C library, by build."""
    try:
        here = numbers(said)
    except ValueError:
        raise NoRow(f"not a version of glibc: {said.strip()[:60]!r}") from None
    newest = {}
    for one in table.torch_releases():
        for variant in one.variants:
            floor = one.glibc.get(variant, one.glibc.get("default"))
            if floor and numbers(floor) <= here and variant not in newest:
                newest[variant] = (one, floor)
    if not newest:
        raise NoRow(f"the table has no wheel of torch for glibc {said.strip()[:60]!r}")
    order = sorted(newest, key=lambda variant: (numbers(newest[variant][0].version), variant), reverse=True)
    told = tuple((variant, f"torch {newest[variant][0].version} (needs {newest[variant][1]})") for variant in order)
    measured = next(one for one, _ in newest.values())
    named = facts(
        ("pip compares", measured.wheel_tag),
        ("the binaries name", f"GLIBC_{measured.glibc_symbols}" if measured.glibc_symbols else None),
    )
    sections = [Section("Newest wheels that run", told, tuple(one.origin for one, _ in newest.values()))]
    if named:
        sections.append(Section(f"The tag and the file, torch {measured.version}", named, (measured.origin,)))
    return Entry(f"glibc {said.strip()}", tuple(sections))


def variable(table: CompatTable, said: str) -> Entry:
    for row in table.variables():
        if row.name == said.strip():
            told = facts(("effect", row.effect), ("what goes wrong", row.failure))
            return Entry(row.name, (Section("", told, (row.origin,)),))
    raise NoRow(f"the table has no row for variable {said.strip()[:60]!r}")


def allocator(table: CompatTable, said: str) -> Entry:
    for row in table.allocator_options():
        if row.name == said.strip():
            told = facts(
                ("kind", row.kind),
                ("torch", f"{row.first} to {row.last}" if row.last else f"from {row.first} on"),
                ("effect", row.effect),
                ("elsewhere", _elsewhere(row)),
            )
            return Entry(row.name, (Section("", told, (row.origin,)),))
    raise NoRow(f"the table has no allocator option {said.strip()[:60]!r}")


def _elsewhere(row: AllocatorOption) -> str:
    """What a release that does not know it makes of it."""
    if row.kind == "option":
        return 'a release that does not know it stops with "Unrecognized CachingAllocator option"'
    return "a release that does not know it takes no notice of it"


def uv(table: CompatTable, said: str) -> Entry:
    for row in table.uv_backends():
        if row.name == said.strip():
            told = facts(
                ("index", row.url),
                ("auto takes it from", f"driver {row.minimum_driver} on" if row.minimum_driver else None),
                ("on Windows", f"driver {row.minimum_driver_windows} on" if row.minimum_driver_windows else None),
                ("GPU", "not asked: auto takes it for every GPU" if row.minimum_driver else None),
            )
            builds = [one for one in table.torch_releases() if row.name in one.variants]
            sections = [Section("", told, (row.origin,))]
            if builds:
                listed = facts(("releases", tuple(one.version for one in builds)))
                sections.append(Section("torch built for it", listed, tuple(one.origin for one in builds)))
            return Entry(f"uv --torch-backend={row.name}", tuple(sections))
    raise NoRow(f"uv has no backend {said.strip()[:60]!r}")
