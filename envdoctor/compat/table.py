"""The questions that rules and cures may ask of the table. Each file is read once, when first asked for."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Optional, Tuple, cast

from ..versions import at_least, capability, numbers
from ..versions import minor as minor_of
from .loader import Read, packaged
from .products import agreed, family, plain
from .rows import (
    AllocatorOption,
    Architecture,
    ArchList,
    BadTable,
    Building,
    CondaForgeBuild,
    CondaRecipe,
    Cuda,
    Cudnn,
    Downstream,
    DriverBranch,
    GpuModel,
    Loader,
    Mirror,
    NoRow,
    Nvcc,
    OfficialLine,
    Signature,
    TorchCompilers,
    TorchRelease,
    UvBackend,
    Variable,
    WheelIndex,
)
from .store import Row, Site, Store


class CompatTable:
    """The whole table, lazily. Every question raises NoRow (a sentence) where the table does not know."""

    def __init__(self, read: Read = packaged, site: Optional[Site] = None) -> None:
        """`read` gives the bytes of a data file by its name; by default those of this package. `site` has rows of the
        user's own, which win. The table that this machine's commands use is `tables.table()`."""
        self._read = read
        self._store = Store(read, site or {})

    def read_ahead(self, *files: str) -> None:
        """Read these files now, while there is time. What is wrong with one is told when it is asked."""
        for name in files:
            with suppress(BadTable):
                self._store.rows(name)

    @property
    def date(self) -> str:
        """The day on which the newest row was checked, ISO 8601."""
        # A file of its own: reading every file for this would cost each start the whole table.
        try:
            return cast(str, json.loads(self._read("date.json").decode("utf-8"))["newest"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadTable(f"date.json: field 'newest' cannot be read: {error}") from None

    def torch(self, version: str) -> TorchRelease:
        """The release of a public or local version: '2.1.0+cu121' and '2.1.0' are the same row."""
        found = self._store.find("torch", "version", lambda row: [row["version"]], _public(version))
        if not found:
            raise NoRow(f"the table has no row for torch {_short(version)}")
        return cast(TorchRelease, found[0])

    def torch_releases(self) -> Tuple[TorchRelease, ...]:
        """Newest first."""
        releases = cast(Tuple[TorchRelease, ...], self._store.all("torch"))
        return tuple(sorted(releases, key=lambda release: numbers(release.version), reverse=True))

    def arch_list(self, torch: str, variant: str, machine: str = "x86_64", os: str = "linux") -> ArchList:
        """What a build has code for. A CPU build has no row: it has no GPU code at all."""
        wanted = (_public(torch), variant, machine, os)
        found = self._store.find("arch", "build", _build, wanted)
        if not found:
            build = f"{os} {machine} build {_short(variant)} of torch {_short(torch)}"
            raise NoRow(f"the table has no compute capabilities for the {build}")
        return cast(ArchList, found[0])

    def wheel_index(self, torch: str, variant: str = "") -> WheelIndex:
        """How the builds of that release are asked for; of one variant, where the release had two ways."""
        wanted = numbers(self.torch(torch).version)
        # The narrowest era wins: 1.8.2 (LTS) lies inside an era and has an index of its own.
        eras = cast(Tuple[WheelIndex, ...], self._store.all("wheel_index"))
        eras = tuple(era for era in eras if numbers(era.first) <= wanted <= numbers(era.last))
        eras = tuple(era for era in eras if not era.only or variant in era.only)
        if not eras:
            raise NoRow(f"the table has no wheel index for torch {_short(torch)}")
        return max(eras, key=lambda era: (numbers(era.first), bool(era.only)))

    def cuda(self, version: str) -> Cuda:
        """The row of a CUDA release, '12.4' or '12.4.131'."""
        found = self._store.find("cuda", "version", lambda row: [row["version"]], _minor(version, "CUDA"))
        if not found:
            raise NoRow(f"the table has no row for CUDA {_short(version)}")
        return cast(Cuda, found[0])

    def cudas(self) -> Tuple[Cuda, ...]:
        """Oldest first."""
        rows = cast(Tuple[Cuda, ...], self._store.all("cuda"))
        return tuple(sorted(rows, key=lambda row: numbers(row.version)))

    def torch_compilers(self, torch: str, cuda: str) -> Optional[TorchCompilers]:
        """What torch's own check takes when extensions are compiled with that toolkit; None where that release checks
        nothing for it. NoRow for a release that nobody has read."""
        release, wanted = numbers(self.torch(torch).version), _minor(cuda, "CUDA")
        rows = self.every_torch_compilers()
        if release > max((numbers(row.last) for row in rows), default=()):
            raise NoRow(f"the table does not know which compilers torch {_short(torch)} takes")
        for row in rows:
            if row.cuda == wanted and numbers(row.first) <= release <= numbers(row.last):
                return row
        return None

    def every_torch_compilers(self) -> Tuple[TorchCompilers, ...]:
        """Oldest first."""
        return cast(Tuple[TorchCompilers, ...], self._store.all("compilers"))

    def driver_branch(self, driver: str) -> DriverBranch:
        """The branch of a driver version: '535.129.03' -> 535. A number between two rows is NoRow, unless the lower
        row says how far it goes (`through`: the Windows drivers 536 and 537 are branch 535)."""
        number = numbers(_minor(driver, "driver"))[0]
        # Highest first: 516 is a row's own number or the lower row's reach, and its own number wins.
        for branch in reversed(self._branches()):
            if branch.branch <= number:
                if number <= max(branch.branch, branch.through):
                    return branch
                break
        raise NoRow(f"the table has no row for driver {_short(driver)}")

    def branches_for(self, cuda: str) -> Tuple[DriverBranch, ...]:
        """Branches whose own CUDA is at least that, oldest first."""
        wanted = _minor(cuda, "CUDA")
        return tuple(branch for branch in self._branches() if at_least(branch.cuda, wanted))

    def gpu(self, name: str) -> GpuModel:
        """By product name as NVML, nvidia-smi or a person gives it; a shortened one ('A100') where every product that
        it may mean has the same capability."""
        models = self._store.find("gpus", "name", lambda row: [plain(row["name"])], plain(name))
        if not models:
            meant = [row["name"] for row in family(name, self._store.rows("gpus"))]
            models = tuple(self._store.find("gpus", "exact", lambda row: [row["name"]], one)[0] for one in meant)
        return agreed(name, cast(Tuple[GpuModel, ...], models))

    def gpu_names(self) -> Tuple[str, ...]:
        return tuple(row["name"] for row in self._store.rows("gpus"))

    def gpu_by_pci(self, device_id: str) -> Tuple[GpuModel, ...]:
        """Models that carry a PCI device id ('2204'); empty where none does."""
        wanted = device_id.strip().lower()
        wanted = wanted[2:] if wanted.startswith("0x") else wanted
        found = self._store.find("gpus", "pci", lambda row: [one.lower() for one in row["pci_ids"]], wanted)
        return cast(Tuple[GpuModel, ...], found)

    def architecture(self, device: str) -> Architecture:
        """The span that a compute capability belongs to: '8.6' -> Ampere."""
        try:
            wanted = capability(device)
        except ValueError:
            raise NoRow(f"not a compute capability: {_short(device)}") from None
        for span in cast(Tuple[Architecture, ...], self._store.all("architectures")):
            if capability(span.min_capability) <= wanted <= capability(span.max_capability):
                return span
        raise NoRow(f"the table has no row for compute capability {_short(device)}")

    def last_branch(self, capability: str) -> int:
        """The last driver branch that serves a compute capability; NoRow where the newest still does."""
        span = self.architecture(capability)
        if span.last_branch is None:
            raise NoRow(f"the newest driver branch in the table still serves compute capability {capability}")
        return span.last_branch

    def conda_recipe(self, torch: str, variant: str, os: str = "linux") -> CondaRecipe:
        """What conda is asked for to get that release with that accelerator."""
        wanted = (_public(torch), variant, os)
        found = self._store.find("conda", "build", lambda row: [(row["torch"], row["variant"], row["os"])], wanted)
        if not found:
            raise NoRow(f"the table has no conda build of torch {_short(torch)} for {_short(variant)} on {os}")
        return cast(CondaRecipe, found[0])

    def conda_variants(self, torch: str, os: str = "linux") -> Tuple[str, ...]:
        """Accelerators for which conda has that release; empty where none is known."""
        found = self._store.find("conda", "torch", lambda row: [(row["torch"], row["os"])], (_public(torch), os))
        return tuple(recipe.variant for recipe in cast(Tuple[CondaRecipe, ...], found))

    def conda_forge(self, torch: str) -> Tuple[CondaForgeBuild, ...]:
        """conda-forge's builds of a release that the channel pytorch has too; empty where none is known."""
        found = self._store.find("conda_forge", "torch", lambda row: [row["torch"]], _public(torch))
        return cast(Tuple[CondaForgeBuild, ...], found)

    def official(self, torch: str, manager: str, os: str, variant: str) -> Optional[OfficialLine]:
        """What is to be known of that line of PyTorch's page of previous versions; None where it is as other rows
        lead to, or does not exist."""
        wanted = (_public(torch), manager, os, variant)
        key = ("torch", "manager", "os", "variant")
        found = self._store.find("official", "line", lambda row: [tuple(row[name] for name in key)], wanted)
        return cast(OfficialLine, found[0]) if found else None

    def cudnn(self, version: str, cuda_major: int) -> Cudnn:
        """The span that a cuDNN version for that CUDA major belongs to."""
        wanted = numbers(_minor(version, "cuDNN"))
        for span in self.cudnn_spans():
            if span.cuda_major == cuda_major and numbers(span.first) <= wanted:
                last = numbers(span.last) if span.last else ()
                if wanted[: len(last)] <= last:
                    return span
        raise NoRow(f"the table has no row for cuDNN {_short(version)} for CUDA {cuda_major}")

    def cudnn_spans(self) -> Tuple[Cudnn, ...]:
        """Oldest first."""
        return cast(Tuple[Cudnn, ...], self._store.all("cudnn"))

    def downstream(self, name: str) -> Downstream:
        """By distribution name, in any spelling that an index takes for the same."""
        found = self._store.find("downstream", "name", lambda row: [_normal(row["name"])], _normal(name))
        if not found:
            raise NoRow(f"the table has no row for package {_short(name)}")
        return cast(Downstream, found[0])

    def downstream_names(self) -> Tuple[str, ...]:
        return tuple(row["name"] for row in self._store.rows("downstream"))

    def building(self, name: str) -> Building:
        """By distribution name, as `downstream`."""
        found = self._store.find("building", "name", lambda row: [_normal(row["name"])], _normal(name))
        if not found:
            raise NoRow(f"the table does not know how {_short(name)} is built")
        return cast(Building, found[0])

    def building_names(self) -> Tuple[str, ...]:
        return tuple(row["name"] for row in self._store.rows("building"))

    def nvcc(self, cuda: str) -> Nvcc:
        found = self._store.find("nvcc", "cuda", lambda row: [row["cuda"]], _minor(cuda, "CUDA"))
        if not found:
            raise NoRow(f"the table does not know where nvcc of CUDA {_short(cuda)} comes from without root")
        return cast(Nvcc, found[0])

    def variables(self) -> Tuple[Variable, ...]:
        return cast(Tuple[Variable, ...], self._store.all("variables"))

    def allocator_options(self) -> Tuple[AllocatorOption, ...]:
        """Oldest first."""
        rows = cast(Tuple[AllocatorOption, ...], self._store.all("allocator"))
        return tuple(sorted(rows, key=lambda row: numbers(row.first)))

    def uv_backends(self) -> Tuple[UvBackend, ...]:
        """In uv's order: the first that a driver allows is the one that `auto` takes."""
        return cast(Tuple[UvBackend, ...], self._store.all("uv"))

    def mirrors(self, kind: str) -> Tuple[Mirror, ...]:
        found = self._store.find("mirrors", "kind", lambda row: [row["kind"]], kind)
        return cast(Tuple[Mirror, ...], found)

    def signatures(self) -> Tuple[Signature, ...]:
        return cast(Tuple[Signature, ...], self._store.all("signatures"))

    def loader(self, name: str, version: str = "") -> Loader:
        """How that framework reads images, in that release; without one, in the newest that is known."""
        found = cast(Tuple[Loader, ...], self._store.find("loaders", "name", lambda row: [row["name"]], name))
        if not found:
            raise NoRow(f"the table does not know how {_short(name)} reads images")
        if not version:
            return max(found, key=lambda row: numbers(row.first) if row.first else ())
        try:
            wanted = numbers(_public(version))
        except ValueError:
            raise NoRow(f"not a version of {_short(name)}: {_short(version)}") from None
        for row in found:
            first, last = (numbers(end) if end else () for end in (row.first, row.last))
            if first <= wanted and (not last or wanted <= last):
                return row
        raise NoRow(f"the table does not know how {_short(name)} {_short(version)} reads images")

    def _branches(self) -> Tuple[DriverBranch, ...]:
        rows = cast(Tuple[DriverBranch, ...], self._store.all("drivers"))
        return tuple(sorted(rows, key=lambda row: row.branch))


def _build(row: Row) -> Tuple[Tuple[str, str, str, str], ...]:
    return ((row["torch"], row["variant"], row["machine"], row["os"]),)


def _public(version: str) -> str:
    return version.split("+", 1)[0].strip()


def _short(text: str) -> str:
    return text if len(text) <= 60 and text.isprintable() else repr(text[:60])


def _normal(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")


def _minor(version: str, what: str) -> str:
    try:
        return minor_of(version)
    except ValueError:
        raise NoRow(f"not a {what} version: {_short(version)}") from None
