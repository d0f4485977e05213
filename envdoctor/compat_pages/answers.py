"""The questions: torch, cuda, gpu, driver, package; others.py has the rest. Each raises NoRow, a sentence, where the
table does not know."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ..compat import ArchList, CompatTable, Cuda, NoRow, TorchRelease
from ..render import shell
from ..versions import capability, cuda_of_tag, numbers, serves
from .entry import Entry, Section, facts


def torch(table: CompatTable, said: str) -> Entry:
    release = table.torch(said)
    about = facts(
        ("released", release.released),
        ("torchvision", release.torchvision),
        ("torchaudio", release.torchaudio),
        ("triton", release.triton),
        ("builds", release.variants),
        *((f"builds, {platform}", variants) for platform, variants in release.variants_on.items()),
        ("in no official command", release.unadvertised),
        ("PyPI gives", release.pypi_on),
        ("pip without an index", _bare(table, release)),
        *((f"Python, {platform}", pythons) for platform, pythons in release.pythons.items()),
        ("Python, all three", release.trio_pythons),
        ("Python refused", release.pythons_refused),
        ("glibc", release.glibc),
        ("pip compares", f"{release.wheel_tag} alone" if release.wheel_tag else None),
        ("binaries name", _symbols(release)),
        ("C++11 ABI", release.cxx11_abi),
        ("cuDNN", release.cudnn),
        ("NumPy 2", release.numpy2),
        ("NumPy from", release.numpy_min),
        ("pins", release.nvidia_pins),
        ("yanked", True if release.yanked else None),
    )
    sections = [Section("", about, (release.origin,))]
    sections += _index(table, release)
    sections += _archs(table, release)
    sections += _conda(table, release)
    sections += _compilers(table, release)
    if release.unknown:
        sections.append(Section("Not known", tuple(release.unknown.items()), (release.origin,)))
    return Entry(f"torch {release.version}", tuple(sections))


def _bare(table: CompatTable, release: TorchRelease) -> Optional[str]:
    """What `pip install torch` without an index brings on Linux, and what that needs."""
    if release.default_cuda is None:
        return None
    try:
        driver = table.cuda(release.default_cuda).minimum_driver
    except NoRow:
        driver = None
    return f"CUDA {release.default_cuda}" + (f", driver {driver} or newer" if driver else "")


def _symbols(release: TorchRelease) -> Optional[str]:
    named = (("GLIBC", release.glibc_symbols), ("GLIBCXX", release.glibcxx_symbols))
    return ", ".join(f"{name}_{version}" for name, version in named if version)


def _compilers(table: CompatTable, release: TorchRelease) -> List[Section]:
    """torch's own check of extensions, beside what nvcc of that CUDA takes."""
    told, origins = [], []
    for variant in release.variants:
        row = _cuda(table, variant) if variant.startswith("cu") else None
        if row is None:
            continue
        try:
            own = table.torch_compilers(release.version, row.version)
        except NoRow:
            return []
        nvcc = f"nvcc: gcc up to {row.gcc_max}" if row.gcc_max else "nvcc: not known"
        torch = f"torch: gcc below {own.gcc_below}" if own and own.gcc_below else "torch checks nothing"
        told.append((f"CUDA {row.version}", f"{nvcc}; {torch}"))
        origins += [row.origin, *([own.origin] if own else [])]
    return [Section("Compiling extensions", tuple(told), tuple(origins))] if told else []


def _index(table: CompatTable, release: TorchRelease) -> List[Section]:
    try:
        era = table.wheel_index(release.version)
    except NoRow:  # a release that came after the newest era was established
        return []
    told = facts(("option", era.flag), ("URL", era.url), ("local tag", era.local_tag), ("PyPI itself for", era.bare))
    return [Section("Wheels: how pip is told", told, (era.origin,))]


def _archs(table: CompatTable, release: TorchRelease) -> List[Section]:
    found = [row for row in (_arch(table, release, one) for one in release.variants) if row is not None]
    if not found:
        return []
    told = tuple((row.variant, " ".join(row.archs)) for row in found)
    lowest = [(one, _cuda(table, one)) for one in release.variants if one.startswith("cu")]
    drivers = tuple((one, f"driver {row.minimum_driver} or newer") for one, row in lowest if row is not None)
    return [
        Section("Code for", told, tuple(row.origin for row in found)),
        Section("Lowest Linux driver", drivers, tuple(row.origin for _, row in lowest if row is not None)),
    ]


def _arch(table: CompatTable, release: TorchRelease, variant: str) -> Optional[ArchList]:
    try:
        return table.arch_list(release.version, variant)
    except NoRow:
        return None


def _cuda(table: CompatTable, variant: str) -> Optional[Cuda]:
    try:
        return table.cuda(cuda_of_tag(variant))
    except NoRow:
        return None


def _conda(table: CompatTable, release: TorchRelease) -> List[Section]:
    recipes = [
        table.conda_recipe(release.version, variant, os)
        for os in ("linux", "windows", "darwin")
        for variant in table.conda_variants(release.version, os)
    ]
    beside = table.conda_forge(release.version)
    forge = facts(("builds", tuple(one.variant for one in beside)), ("Python", beside[0].pythons if beside else ()))
    more = [Section("conda-forge beside it", forge, tuple(one.origin for one in beside))] if beside else []
    if not recipes:
        return more
    told = tuple((f"{one.os} {one.variant}", shell.line(("conda", "install", *one.words))) for one in recipes)
    return [Section("conda", told, tuple(one.origin for one in recipes)), *more]


def cuda(table: CompatTable, said: str) -> Entry:
    row = table.cuda(said)
    tag = "cu" + row.version.replace(".", "")
    about = facts(
        ("driver", f"{row.minimum_driver} or newer" if row.minimum_driver else None),
        ("driver, Windows", f"{row.minimum_driver_windows} or newer" if row.minimum_driver_windows else None),
        ("came with driver", row.toolkit_driver),
        ("its updates came with", row.updates),
        ("gcc", _span(row.gcc_min, row.gcc_max)),
        ("clang up to", row.clang_max),
        ("devices", row.capabilities or _span(row.min_capability, row.max_capability)),
    )
    branches = table.branches_for(row.version)
    reported = facts(("branches", tuple(f"{one.branch} ({one.cuda})" for one in branches)))
    with_it = [release for release in table.torch_releases() if tag in release.variants]
    builds = facts(("releases", tuple(release.version for release in with_it)))
    sections = (
        Section("", about, (row.origin,)),
        Section("Driver branches that report it or a newer one", reported, tuple(one.origin for one in branches)),
        Section(f"torch built for it ({tag})", builds, tuple(one.origin for one in with_it)),
        compilers_of(table, row.version),
    )
    return Entry(f"CUDA {row.version}", tuple(one for one in sections if one.facts))


def compilers_of(table: CompatTable, cuda: str) -> Section:
    """What torch's own check takes with that toolkit, by releases: it refuses too, and not where nvcc does."""
    rows = [row for row in table.every_torch_compilers() if row.cuda == cuda]
    told = facts(
        *(
            (
                f"torch {row.first}" + (f" to {row.last}" if row.last != row.first else ""),
                ", ".join(
                    f"{name} from {low} to below {below}"
                    for name, low, below in (
                        ("gcc", row.gcc_min, row.gcc_below),
                        ("clang", row.clang_min, row.clang_below),
                    )
                    if below
                ),
            )
            for row in rows
        )
    )
    return Section("torch's own check of extensions takes", told, tuple(row.origin for row in rows))


def _span(low: object, high: object) -> Optional[str]:
    if low is None and high is None:
        return None
    return (
        f"{low} to {high}"
        if low is not None and high is not None
        else f"from {low}"
        if high is None
        else f"up to {high}"
    )


def gpu(table: CompatTable, said: str) -> Entry:
    row = table.gpu(said)
    span = table.architecture(row.capability)
    about = facts(
        ("compute capability", row.capability),
        ("architecture", row.architecture),
        ("PCI ids", row.pci_ids),
        ("last driver branch", row.last_driver_branch),
    )
    branches = facts(
        ("span", f"{span.name}, {span.min_capability} to {span.max_capability}"),
        ("first branch", span.first_branch),
        ("last branch", span.last_branch or "the newest still serves it"),
        ("kernel modules", span.modules),
    )
    served: List[Tuple[str, str]] = []
    origins = []
    for release in table.torch_releases():
        lists = [found for found in (_arch(table, release, one) for one in release.variants) if found is not None]
        fit = [found for found in lists if serves(_binary(found), row.capability)]
        if fit:
            served.append((f"torch {release.version}", ", ".join(found.variant for found in fit)))
            origins += [found.origin for found in fit]
    sections = [Section("", about, (row.origin,)), Section("Drivers", branches, (span.origin,))]
    sections.append(_cudnn_for(table, row.capability))
    if served:
        sections.append(Section("Builds with binary code for it", tuple(served), tuple(origins)))
    return Entry(row.name, tuple(sections))


def _cudnn_for(table: CompatTable, device: str) -> Section:
    """The cuDNN releases that have code for a device, by CUDA major."""
    spans = [span for span in table.cudnn_spans() if capability(span.min_capability) <= capability(device)]
    told = facts(
        *(
            (f"for CUDA {one.cuda_major}", f"{one.first} to {one.last}" if one.last else f"from {one.first}")
            for one in spans
        )
    )
    return Section("cuDNN with code for it", told, tuple(one.origin for one in spans))


def _binary(row: ArchList) -> List[str]:
    return [arch for arch in row.archs if not arch.startswith("compute_")]


def driver(table: CompatTable, said: str) -> Entry:
    row = table.driver_branch(said)
    about = facts(
        ("branch", row.branch),
        ("its own CUDA", row.cuda),
        ("kind", row.designation),
        ("until", row.end_of_life),
    )
    # A bare branch is lower than all of its drivers, so that only what every one of them runs is told.
    runs = [
        one
        for one in table.cudas()
        if numbers(one.version) <= numbers(row.cuda)
        or (one.minimum_driver is not None and numbers(said) >= numbers(one.minimum_driver))
    ]
    told = facts(("toolkits", tuple(one.version for one in runs)))
    bare = [one for one in table.torch_releases() if one.default_cuda in {row.version for row in runs}]
    tools = facts(
        ("pip without an index", f"torch up to {bare[0].version} (CUDA {bare[0].default_cuda})" if bare else None),
        ("uv --torch-backend=auto", _auto(table, said)),
    )
    return Entry(
        f"driver {said.strip()}",
        (
            Section("", about, (row.origin,)),
            Section("Runs programs built with", told, tuple(one.origin for one in runs)),
            Section(
                "What installers choose, whatever the GPU",
                tools,
                (*(one.origin for one in bare[:1]), *(one.origin for one in table.uv_backends()[:1])),
            ),
        ),
    )


def _auto(table: CompatTable, driver: str) -> str:
    """uv takes the first backend in its order that the driver allows."""
    for backend in table.uv_backends():
        if backend.minimum_driver and numbers(driver) >= numbers(backend.minimum_driver):
            return backend.name
    return "cpu"


def package(table: CompatTable, said: str) -> Entry:
    row = table.downstream(said)
    about = facts(("tie", row.tie), ("compiled for one torch", row.compiled), ("install", row.install))
    sections = [Section("", about, (row.origin,))]
    pins: List[Tuple[str, str]] = []
    for version, specifier in row.requires_torch.items():
        also = ", ".join(row.requires_also.get(version, ()))
        pins.append((version, f"torch{specifier}" + (f", {also}" if also else "")))
    pins += [(one, ", ".join(also)) for one, also in row.requires_also.items() if one not in row.requires_torch]
    if pins:
        sections.append(Section("Asks for", tuple(pins), (row.origin,)))
    if row.wheels:
        wheels = tuple(
            (f"torch {one.torch} {one.variant}", ", ".join(one.versions) or "which versions is not recorded")
            for one in row.wheels
        )
        newest = max(numbers(one.torch) for one in row.wheels)
        for_newest = [one.variant for one in row.wheels if numbers(one.torch) == newest]
        told = f"torch {'.'.join(map(str, newest))} ({', '.join(for_newest)}); newer ones are compiled here"
        sections.append(Section("Prebuilt wheels", (("up to", told), *wheels), (row.origin,)))
    if row.cudas:
        binaries = facts(*((version, found) for version, found in row.cudas.items()))
        sections.append(Section("Binaries for CUDA", binaries, (row.origin,)))
    if row.yanked:
        sections.append(Section("Taken back on PyPI", tuple(row.yanked.items()), (row.origin,)))
    return Entry(row.name, tuple(sections))


def overview(table: CompatTable) -> Entry:
    releases = table.torch_releases()
    newest = [
        (one.version, f"{', '.join(one.variants)}; Python {', '.join(one.trio_pythons) or 'of torch alone'}")
        for one in releases[:6]
    ]
    cudas = table.cudas()
    sections = (
        Section(
            f"torch, {releases[-1].version} to {releases[0].version}",
            tuple(newest),
            tuple(one.origin for one in releases[:6]),
        ),
        Section(
            "CUDA and the lowest Linux driver",
            tuple((one.version, one.minimum_driver or "not known") for one in cudas),
            tuple(one.origin for one in cudas),
        ),
        Section("Packages", facts(("known", table.downstream_names())), ()),
    )
    return Entry(f"The table of {table.date}", sections)
