"""torchvision and the extensions: what they were built for, against a torch of a few kilobytes."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Sequence, Tuple

import pytest

from envdoctor.facts import Companion
from envdoctor.probes import torch
from envdoctor.probes._companions import has_old_string
from envdoctor.reading import Absent, Known, Unknown

from . import answers
from .answers import SITE, copy, row
from .elfs import NEW, OLD, library
from .torches import LIB, torch_files

STRING = """#include <string>
namespace c10 { struct SourceLocation { const char* function; }; struct Error { Error(SourceLocation, std::string); }; }
namespace at { int add(int); }
int used() { c10::Error error({nullptr}, "x"); return at::add(1); }"""
PLAIN = "namespace at { int add(int); } int used() { return at::add(1); }"
NEEDED = ("libc10.so", "libtorch_cpu.so")


def extension(source: str = STRING, cxx11: bool = False, needed: Tuple[str, ...] = NEEDED) -> bytes:
    return library(source, needed, flags=(NEW if cxx11 else OLD,), cpp=True)


def companions(
    files: Mapping[str, object],
    rows: Sequence[Dict[str, Any]],
    modules: Mapping[str, Any] = {},
    **fields: Any,
) -> Dict[str, Companion]:
    said = answers.answer(
        distributions=[row("torch", "2.5.1"), *rows], modules={"torch": [copy("torch")], "numpy": [], **modules}
    )
    host = answers.machine(said, files={**torch_files(), **files}, **fields)
    found = torch.look(host, answers.target(host)).companions
    assert isinstance(found, Known), found
    return {one.name: one for one in found.value}


def installed(
    name: str, version: str, libraries: Mapping[str, bytes], **changes: Any
) -> Tuple[Dict[str, object], Dict[str, Any]]:
    """The files and the row of a distribution with these libraries (paths below site-packages)."""
    info = f"{SITE}/{name}-{version}.dist-info"
    record = f"{name}/__init__.py,sha256=x,1\n" + "".join(f"{path},sha256=x,9\n" for path in libraries)
    files: Dict[str, object] = {f"{info}/RECORD": record, **{f"{SITE}/{path}": one for path, one in libraries.items()}}
    return files, row(name, version, metadata=info, **changes)


class TestTorchvision:
    def torchvision(self, content: bytes, version: str = "0.20.1+cu121", requires: str = "torch==2.5.1") -> Companion:
        files, one = installed("torchvision", "0.20.1", {"torchvision/_C.so": content}, requires=["numpy", requires])
        return companions(files, [one], {"torchvision": [copy("torchvision", version)]})["torchvision"]

    def test_pair(self) -> None:
        path = f"{SITE}/torchvision/_C.so"
        assert self.torchvision(extension()) == Companion(
            name="torchvision",
            version="0.20.1+cu121",
            path=f"{SITE}/torchvision",
            cuda=Known("12.1", "version 0.20.1+cu121"),
            built_for_torch=Known("2.5.1", "metadata of torchvision"),
            cxx11_abi=Known(False, path),
            missing_symbols=Known((), path),
            missing_libraries=Known((), path),
        )

    def test_other_abi_and_symbols_that_torch_lacks(self) -> None:
        found = self.torchvision(extension(cxx11=True))
        assert found.cxx11_abi == Known(True, f"{SITE}/torchvision/_C.so")
        assert isinstance(found.missing_symbols, Known)
        (symbol,) = found.missing_symbols.value
        assert symbol.startswith("_ZN3c105ErrorC1ENS_14SourceLocationENSt7__cxx1112basic_string")

    def test_asks_for_no_string(self) -> None:
        found = self.torchvision(extension(PLAIN))
        assert found.cxx11_abi == Absent((f"{SITE}/torchvision/_C.so",))
        assert found.missing_symbols == Known((), f"{SITE}/torchvision/_C.so")

    def test_another_cuda_than_is_there(self) -> None:
        found = self.torchvision(extension(needed=(*NEEDED, "libcudart.so.11.0", "libavcodec.so.58")))
        assert found.missing_libraries == Known(("libcudart.so.11.0",), f"{SITE}/torchvision/_C.so")

    @pytest.mark.parametrize(
        "requires, built", [("torch (==1.8.1)", "1.8.1"), ("torch==2.1.0+cu118", "2.1.0"), ("torch>=2.14.0", None)]
    )
    def test_ways_to_name_the_torch(self, requires: str, built: str) -> None:
        found = self.torchvision(extension(), requires=requires).built_for_torch
        assert found == Known(built, "metadata of torchvision") if built else isinstance(found, Absent)

    def test_cpu_build(self) -> None:
        assert isinstance(self.torchvision(extension(), "0.20.1+cpu").cuda, Absent)

    def test_cuda_build_that_does_not_say_which(self) -> None:
        found = self.torchvision(extension(needed=(*NEEDED, "libcudart.so.12")), "0.20.1").cuda
        assert isinstance(found, Unknown)
        assert found.reason == "unparsable"

    def test_old_runtime_names_the_whole_version(self) -> None:
        found = self.torchvision(extension(needed=(*NEEDED, "libcudart-80664282.so.10.2")), "0.9.1").cuda
        assert found == Known("10.2", f"{SITE}/torchvision/_C.so")

    def test_damaged_library(self) -> None:
        found = self.torchvision(extension()[:2000])
        for reading in (found.cxx11_abi, found.missing_symbols, found.missing_libraries):
            assert isinstance(reading, Unknown)
            assert reading.reason == "unparsable"

    def test_damaged_torch_lacks_nothing_for_certain(self) -> None:
        cut = torch_files()[f"{LIB}/libtorch_cpu.so"]
        assert isinstance(cut, bytes)
        files, one = installed("torchvision", "0.20.1", {"torchvision/_C.so": extension()})
        found = companions({**files, f"{LIB}/libtorch_cpu.so": cut[:1500]}, [one])["torchvision"]
        assert isinstance(found.missing_symbols, Unknown)


class TestWhatCounts:
    def test_extension_by_its_requirement(self) -> None:
        files, one = installed("my-ops", "1.0", {"my_ops/_C.so": extension()}, requires=["torch>=2"])
        assert set(companions(files, [one])) == {"my-ops"}

    @pytest.mark.parametrize(
        "requires", [[], ["torchmetrics"], ["torch-geometric>=2"], ["torch>=2; extra == 'train'"], ["pytorch"]]
    )
    def test_no_extension(self, requires: Sequence[str]) -> None:
        files, one = installed("my-ops", "1.0", {"my_ops/_C.so": extension()}, requires=requires)
        assert companions(files, [one]) == {}

    def test_package_without_libraries(self) -> None:
        files, one = installed("ultralytics", "8.3.0", {}, requires=["torch>=1.8.0"])
        assert companions(files, [one]) == {}

    def test_library_beside_the_package(self) -> None:
        libraries = {"flash_attn_2_cuda.cpython-311-x86_64-linux-gnu.so": extension(cxx11=True)}
        files, one = installed("flash_attn", "2.5.8+cu121torch2.3cxx11abiTRUE", libraries)
        found = companions(files, [one])["flash-attn"]
        assert found.cuda == Known("12.1", "version 2.5.8+cu121torch2.3cxx11abiTRUE")
        assert found.built_for_torch == Known("2.3", "version 2.5.8+cu121torch2.3cxx11abiTRUE")
        assert isinstance(found.cxx11_abi, Known)
        assert found.cxx11_abi.value is True

    def test_a_major_version_alone_is_no_cuda_1_2(self) -> None:
        libraries = {"flash_attn_2_cuda.so": extension()}
        files, one = installed("flash_attn", "2.8.3+cu12torch2.8cxx11abiTRUE", libraries)
        assert not isinstance(companions(files, [one])["flash-attn"].cuda, Known)

    @pytest.mark.parametrize("local, built", [("pt21cu121", "2.1"), ("pt113cu117", "1.13"), ("pt2.4.1cu121", "2.4.1")])
    def test_local_versions(self, local: str, built: str) -> None:
        files, one = installed("torch_scatter", f"2.1.2+{local}", {"torch_scatter/_scatter_cuda.so": extension()})
        assert companions(files, [one])["torch-scatter"].built_for_torch == Known(built, f"version 2.1.2+{local}")

    def test_xformers_says_it_in_a_file(self) -> None:
        files, one = installed("xformers", "0.0.22", {"xformers/_C.so": extension()}, requires=["torch>=1.12"])
        path = f"{SITE}/xformers/cpp_lib.json"
        files[path] = json.dumps({"version": {"cuda": 1108, "torch": "2.0.1+cu118"}})
        found = companions(files, [one])["xformers"]
        assert (found.cuda, found.built_for_torch) == (Known("11.8", path), Known("2.0.1", path))

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 3}', '{"version": {"cuda": "x", "torch": 2}}', "\0"])
    def test_xformers_file_not_understood(self, text: str) -> None:
        files, one = installed("xformers", "0.0.22", {"xformers/_C.so": extension()})
        files[f"{SITE}/xformers/cpp_lib.json"] = text
        assert isinstance(companions(files, [one])["xformers"].built_for_torch, Absent)

    def test_triton_is_not_linked_to_torch(self) -> None:
        content = library(needed=("libstdc++.so.6", "libcudart.so.11.0"))
        files, one = installed("triton", "3.1.0", {"triton/_C/libtriton.so": content})
        found = companions(files, [one])["triton"]
        for reading in (found.cxx11_abi, found.missing_symbols, found.missing_libraries):
            assert isinstance(reading, Absent)

    def test_without_a_record_the_package_is_listed(self) -> None:
        files = {f"{SITE}/apex/lib/_C.so": extension(cxx11=True), f"{SITE}/apex/notes.txt": ""}
        found = companions(files, [row("apex", "0.1", metadata=f"{SITE}/apex-0.1.egg-info")])["apex"]
        assert found.cxx11_abi == Known(True, f"{SITE}/apex/lib/_C.so")

    def test_a_library_of_its_own_is_no_missing_symbol(self) -> None:
        source = "namespace at { int mine(int); } int used() { return at::mine(1); }"
        offers = library("namespace at { int mine(int) { return 1; } }", ("libc10.so",), cpp=True)
        files, one = installed(
            "my-ops", "1", {"my_ops/_C.so": extension(source), "my_ops/b.so": offers}, requires=["torch"]
        )
        found = companions(files, [one])["my-ops"]
        assert found.missing_symbols == Known((), f"{SITE}/my_ops/_C.so")

    def test_copy_that_import_takes_wins_over_the_metadata(self) -> None:
        other = "/home/ana/extra"
        files, one = installed("torchvision", "0.20.1", {"torchvision/_C.so": extension()})
        files[f"{other}/torchvision/_C.so"] = extension(cxx11=True)
        shadow = copy("torchvision", "0.9.0", path=f"{other}/torchvision/__init__.py", entry=other)
        found = companions(files, [one], {"torchvision": [shadow, copy("torchvision", "0.20.1")]})["torchvision"]
        assert (found.version, found.path) == ("0.9.0", f"{other}/torchvision")
        assert found.cxx11_abi == Known(True, f"{other}/torchvision/_C.so")


@pytest.mark.parametrize(
    "symbol, old",
    [
        ("_ZN3c105ErrorC1ENS_14SourceLocationESs", True),
        ("_ZN3c106detail14torchCheckFailEPKcS2_jRKSs", True),
        ("_ZN5torch7LibraryC1ENS0_4KindESsSt8optionalIN3c1011DispatchKeyEEPKcj", True),
        ("_ZNSt6vectorISsSaISsEE", True),
        ("_ZN2at6AccessEi", False),  # "ss" of a name
        ("_ZN2at8ClassSsXEv", False),  # "Ss" of a name
        ("_ZN2at3SsXEv", False),
        ("_ZN3c105ErrorC1ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE", False),
        ("_ZNK3c1010TensorImpl4sizeEl", False),
        ("", False),
        ("_ZN99", False),
    ],
)
def test_old_string_in_mangled_names(symbol: str, old: bool) -> None:
    assert has_old_string(symbol) is old
