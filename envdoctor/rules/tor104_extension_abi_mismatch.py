"""An extension (flash-attn, mmcv, xformers, torch-scatter, ...) built for another torch, CUDA or C++ ABI.

It finds compiled packages that ask torch's libraries for symbols they lack, that use the other C++ ABI, that link
another CUDA major version, or whose version names another release series of torch; and a triton that is not the one
torch pins. A package that only asks for a
range of torch versions, or whose binary is not tied to one torch, is no fault; neither is another minor version of
the same CUDA.

It matters because importing it ends with "undefined symbol: _ZN3c10...", "libcudart.so.11.0: cannot open shared
object file" or "No module named mmcv._ext", whatever torch itself can do.

It is mended by installing the build of the extension that was made for this torch, by compiling it against this
torch, or by going back to the torch that it was made for.

Example: flash-attn 2.5.8 for torch 2.1 beside torch 2.5.1+cu121.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Tuple

from ..compat import CompatTable
from ..compat.rows import Downstream
from ..facts import Companion, Facts
from ..reading import Known, need, source_of, value_or
from ..report import Evidence, Finding, NeedPackages, NeedTorch, NotApplicable, Remedy
from ..versions import cuda_tag, major
from ._common import canonical, distributions_of, finding
from ._companions import (
    PINNED_BY_TORCH,
    TRAIN,
    from_its_setup,
    row_of,
    torch_pin,
    torch_requirement,
    version_requiring,
    wheel_for,
)
from ._requirements import admits, parse
from ._torch import is_release, public, series, torch_seen, torch_words, variant

ID = "TOR104"
NAME = "extension-abi-mismatch"
SEVERITY = "error"
TAGS = ("torch", "packages")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    need(facts.torch.version, "torch")
    every = need(facts.torch.companions, "packages built on torch")
    extensions = [one for one in every if one.name not in TRAIN + PINNED_BY_TORCH]
    pinned = [one for one in every if one.name in PINNED_BY_TORCH]
    if not extensions and not pinned:
        raise NotApplicable("no extension built on torch is installed")
    for compiler in pinned:
        yield from _triton(facts, compiler)
    for extension in extensions:
        row = row_of(table, extension.name)
        wrong, because, confidence = _wrong(facts, extension, row)
        if not wrong:
            continue
        yield finding(
            ID,
            NAME,
            SEVERITY,
            f"{_words(extension)} does not fit {torch_words(facts)}: {wrong[0]}",
            "Its binary was made for another torch and fails at import or at first use; torch itself is in order.",
            [*because, torch_seen(facts), Evidence(_words(extension), extension.path)],
            _remedies(facts, table, extension, row),
            confidence,
        )


def _triton(facts: Facts, compiler: Companion) -> Iterator[Finding]:
    """triton, which torch.compile calls and torch pins: another package may have brought another one."""
    if not isinstance(facts.installs.distributions, Known):
        return
    for torch in distributions_of(facts, "torch"):
        for requirement in map(parse, torch.requires):
            if requirement is None or requirement.name != compiler.name or "extra" in requirement.marker:
                continue
            if admits(requirement.specifier, compiler.version) is False:
                wanted = f"{requirement.name}{requirement.specifier.replace(' ', '')}"
                yield finding(
                    ID,
                    NAME,
                    "warning",
                    f"{compiler.name} {compiler.version} does not fit {torch_words(facts)}, which asks for {wanted}",
                    "torch.compile calls it and may fail to import it; everything else works.",
                    [
                        Evidence(f"{torch.name} {torch.version} asks for {wanted}", torch.metadata),
                        Evidence(f"{compiler.name} {compiler.version}", compiler.path),
                    ],
                    [Remedy(f"install the {compiler.name} that torch asks for", (NeedPackages((wanted,)),))],
                )
        return


def _wrong(facts: Facts, extension: Companion, row: Optional[Downstream]) -> Tuple[List[str], List[Evidence], str]:
    """What does not fit, hardest proof first, with evidence and how sure it is."""
    wrong, because = [], []
    symbols = value_or(extension.missing_symbols, ())
    if symbols:
        wrong.append("symbols that it needs are missing in torch's libraries")
        because.append(Evidence(f"it asks for {symbols[0]}", source_of(extension.missing_symbols)))
    ours, theirs = facts.torch.cxx11_abi, extension.cxx11_abi
    if isinstance(ours, Known) and isinstance(theirs, Known) and ours.value != theirs.value:
        wrong.append("it is built with the other C++ ABI")
        because.append(Evidence(f"it {_abi(theirs.value)}", theirs.source))
        because.append(Evidence(f"torch {_abi(ours.value)}", ours.source))
    # A package that is not tied to one torch, such as bitsandbytes, brings a library for each CUDA and takes the one
    # of torch: what the others need says nothing.
    tied = row is None or row.compiled
    cuda, its = facts.torch.cuda, extension.cuda
    if tied and isinstance(cuda, Known) and isinstance(its, Known) and major(cuda.value) != major(its.value):
        wrong.append(f"it is built for CUDA {its.value}, torch for {cuda.value}")
        because.append(Evidence(f"it is built for CUDA {its.value}", its.source))
    libraries = [name for name in value_or(extension.missing_libraries, ()) if _belongs_to_torch(name)]
    if tied and libraries:
        wrong.append(f"it needs {libraries[0]}, which this torch does not bring")
        because.append(Evidence(f"{libraries[0]} is not found", source_of(extension.missing_libraries)))
    certain = bool(wrong)
    pin = _other_torch(facts, extension, row)
    if pin:
        wrong.append(f"it is built for torch {pin[0]}")
        because.append(Evidence(f"it is built for torch {pin[0]}", pin[1]))
        certain = certain or not isinstance(extension.missing_symbols, Known)
    return wrong, because, "certain" if certain else "likely"


def _abi(new: bool) -> str:
    return f"uses the {'C++11' if new else 'old'} ABI (_GLIBCXX_USE_CXX11_ABI={int(new)})"


def _belongs_to_torch(soname: str) -> bool:
    return soname.startswith(("libcudart", "libcublas", "libcusparse", "libcusolver", "libtorch", "libc10", "libcufft"))


def _other_torch(facts: Facts, extension: Companion, row: Optional[Downstream]) -> Optional[Tuple[str, str]]:
    """The torch that its version or metadata names, where that is of another release series than ours."""
    torch = value_or(facts.torch.version, "")
    if (row is not None and not row.compiled) or not is_release(torch):
        return None
    asked = torch_requirement(facts, extension)
    pin = torch_pin(facts, extension)
    if pin is None and not (asked and asked[0]) and row is not None:
        specifier = row.requires_torch.get(public(extension.version), "")
        if specifier.startswith("=="):
            pin = specifier.lstrip("= "), str(row.origin)
    try:
        return pin if pin and series(pin[0]) != series(torch) else None
    except ValueError:
        return None


def _words(extension: Companion) -> str:
    return f"{extension.name} {extension.version}".strip()


def _build_tools(facts: Facts) -> Tuple[NeedPackages, ...]:
    """What a build without isolation takes from the environment, and a fresh one lacks."""
    there = {canonical(dist.name) for dist in value_or(facts.installs.distributions, ())}
    lacking = tuple(name for name in ("packaging", "setuptools", "wheel") if name not in there)
    return (NeedPackages(lacking),) if lacking else ()


def _remedies(facts: Facts, table: CompatTable, extension: Companion, row: Optional[Downstream]) -> Iterator[Remedy]:
    name, torch = extension.name, value_or(facts.torch.version, "")
    if value_or(facts.torch.build, "") == "cpu" and isinstance(extension.cuda, Known):
        tag = cuda_tag(extension.cuda.value)
        need_cuda = NeedTorch() if value_or(facts.driver.nvml_driver_version, None) else NeedTorch(accelerator=tag)
        yield Remedy(f"install a build of torch with CUDA, which {name} was made for", (need_cuda,))
        return
    # Of a torch whose build nobody knows no page of wheels can be chosen.
    known = row is not None and is_release(torch) and isinstance(facts.torch.build, Known)
    prebuilt = wheel_for(row, variant(facts), series(torch), public(extension.version)) if known and row else None
    pinning = version_requiring(row, public(torch)) if known and row else None
    if prebuilt:
        title = f"install the {name} built for this torch and CUDA, from {prebuilt[1]}"
        # flash-attn's own setup fetches the right wheel, so what a setup needs has to be there.
        setup = from_its_setup(prebuilt[1])
        page = "" if setup else prebuilt[1]
        requirement = f"{name}=={prebuilt[0]}" if prebuilt[0] else name
        again = NeedPackages((requirement,), True, no_deps=True, build_isolation=False, find_links=page)
        yield Remedy(title, (*(_build_tools(facts) if setup else ()), again))
    elif pinning:
        yield Remedy(f"install the {name} released for this torch", (NeedPackages((f"{name}=={pinning}",)),))
    else:
        need_again = NeedPackages((name,), reinstall=True, no_deps=True, build_isolation=False)
        yield Remedy(f"build {name} again, against this torch", (*_build_tools(facts), need_again))
    pin = _other_torch(facts, extension, row)
    if pin and is_release(pin[0]):
        yield Remedy(f"go back to torch {public(pin[0])}, which {name} was built for", (NeedTorch(public(pin[0])),))
