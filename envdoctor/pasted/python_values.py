"""What Python said when it was asked: `python -c "print(torch.__version__)"`, the >>> prompt, IPython, notebooks."""

from __future__ import annotations

import re
from typing import Callable, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..facts import Copy, Module, PathEntry
from ..reading import Known
from ..versions import from_nvml
from . import _torch
from ._gpu import gpu
from ._packages import distribution
from ._prefixes import interpreter, minor_of_site, site_of
from ._said import GUESSED, LISTED, STATED, Said, said, where
from .lines import Line
from .sessions import Exchange, exchanges

Reader = Callable[[str, int], Iterator[Said]]

_CODE = re.compile(r"-[A-Za-z]{0,4}c$")
_PRINT = re.compile(r"print\s{0,2}\((.{0,2000})\)\s*$", re.DOTALL)
_OUT = re.compile(r"\s{0,8}Out ?\[\d{0,6}\]: ?(.{0,4000})$")
_OPEN, _CLOSE = "([{", ")]}"
_MODULES = ("torch", "torchvision", "torchaudio", "numpy", "ultralytics", "flash_attn", "xformers", "mmcv", "triton")
_VERSION = re.compile(r"\d+\.\d+[\w.+-]{0,80}")


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for exchange in exchanges(lines):
        code = _code(exchange)
        for statement, first in code:
            yield from _answers(statement, exchange.output[first:])


def _code(exchange: Exchange) -> List[Tuple[str, int]]:
    """The statements that print, each with the output line that its answer begins on."""
    typed = exchange.typed
    if typed.kind == "shell":
        found = []
        for words in typed.commands:
            place = next((place for place, word in enumerate(words) if _CODE.match(word)), None)
            name = words[0].rsplit("/", 1)[-1] if words else ""
            if place is not None and place + 1 < len(words) and name.startswith(("python", "ipython")):
                found = _printing(words[place + 1])
        return found
    return _printing(typed.text, bare=True)


def _printing(code: str, bare: bool = False) -> List[Tuple[str, int]]:
    statements = [one.strip() for one in _split(code.replace("\n", ";"), ";")]
    found: List[Tuple[str, int]] = []
    for place, one in enumerate(statements):
        printed = _PRINT.match(one)
        if printed:
            found.append((printed.group(1), len(found)))
        elif bare and place == len(statements) - 1:  # the value of an expression is shown
            found.append((one, len(found)))
    return found


def _split(text: str, at: str) -> List[str]:
    """Split outside of brackets and quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            depth = max(0, depth - 1)
        elif letter == at and not depth:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _answers(expressions: str, output: Sequence[Line]) -> Iterator[Said]:
    """The values printed, one for each expression; where they cannot be told apart, none."""
    wanted = [one.strip() for one in _split(expressions, ",")]
    line = next((line for line in output[:4] if line.text.strip()), None)
    if line is None:
        return
    shown = _OUT.match(line.text)
    text = shown.group(1) if shown else line.text
    values = _values(text.strip()[:8000])
    if len(values) != len(wanted):
        if len(wanted) != 1:
            return
        values = [text.strip()]
    for expression, value in zip(wanted, values):
        reader = _reader(expression)
        if reader:
            yield from reader(value, line.number)


def _values(text: str) -> List[str]:
    """Words, quoted words and bracketed groups: '2.6.0 12.4 (8, 6)' -> three."""
    found: List[str] = []
    current, depth, quote = "", 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in _OPEN:
            depth += 1
        elif letter in _CLOSE:
            depth = max(0, depth - 1)
        if letter == " " and not depth and not quote:
            found.append(current)
            current = ""
        else:
            current += letter
    return [one for one in (*found, current) if one]


def _reader(expression: str) -> Optional[Reader]:
    text = re.sub(r"\s|^str\(|\)$" if expression.startswith("str(") else r"\s", "", expression)
    for module in _MODULES:
        name = "np" if module == "numpy" and text.startswith("np.") else module
        if text == f"{name}.__version__":
            return lambda value, number: _version(module, value, number)
        if text == f"{name}.__file__":
            return lambda value, number: _file(module, value, number)
    device = re.match(r"torch\.cuda\.get_device_(name|capability)\((\d{0,3})\)$", text)
    if device:
        return lambda value, number: _device(device.group(1), int(device.group(2) or 0), value, number)
    if re.match(r"sys\.version\.split\(\)\[0\]$|platform\.python_version\(\)$", text):
        return _python
    return _READERS.get(text)


def _version(module: str, value: str, number: int) -> Iterator[Said]:
    found = _VERSION.fullmatch(value.strip("'\""))
    if found is None:
        return
    if module == "torch":
        yield from _torch.version(found.group(), number)
    one = distribution(module.replace("_", "-"), found.group(), where(number))
    yield said("installs", "distributions", (one,), number, weight=LISTED)


def _file(module: str, value: str, number: int) -> Iterator[Said]:
    """Where a module was imported from: the copy that wins."""
    path = value.strip("'\"")
    if "/" not in path and "\\" not in path:
        return
    folder = re.sub(r"[/\\]__init__\.py[co]?$", "", path)
    site = site_of(path)
    kind = "package" if folder != path else "module"
    origin = "user-site" if "/.local/lib/" in path else "site-packages" if site else "other"
    copy = Copy(path, kind, site or re.sub(r"[/\\][^/\\]{1,255}$", "", folder), origin, "")
    yield said("installs", "modules", (Module(module, (copy,)),), number)
    if module == "torch" and kind == "package":
        yield said("torch", "path", folder, number)
        yield said("torch", "deep.file", path, number)


def _device(what: str, index: int, value: str, number: int) -> Iterator[Said]:
    source = where(number)
    if what == "name":
        yield said("gpus", "gpus", (gpu(index, name=Known(value.strip("'\""), source)),), number)
        return
    found = re.fullmatch(r"\((\d{1,2}), (\d)\)", value)
    if found:
        capability = Known(f"{found.group(1)}.{found.group(2)}", source)
        yield said("gpus", "gpus", (gpu(index, capability=capability),), number)


def _python(value: str, number: int) -> Iterator[Said]:
    found = re.match(r"\d+\.\d+\.\d+", value.strip("'\""))
    if found:
        yield said("python", "version", found.group(), number)


def _executable(value: str, number: int) -> Iterator[Said]:
    path = value.strip("'\"").replace("\\\\", "\\")
    if "/" in path or "\\" in path:
        yield from interpreter(path, number, STATED + 1, "sys.executable")


def _sys_path(value: str, number: int) -> Iterator[Said]:
    entries = re.findall(r"['\"]([^'\"\n]{0,1000})['\"]", value)
    if not entries:
        return
    found = tuple(PathEntry(one, _origin(one), True) for one in entries[:200])
    yield said("python", "sys_path", found, number)
    sites = [one.path for one in found if one.origin == "site-packages"]
    if sites:
        yield said("python", "site_packages", sites[0], number, weight=GUESSED)
    minor = next(filter(None, (minor_of_site(one.path + "/") for one in found)), None)
    if minor:
        yield said("python", "version", minor, number, weight=-1)
    if any(one.origin == "user-site" for one in found):
        yield said("python", "user_site_enabled", True, number)


def _origin(path: str) -> str:
    if not path:
        return "cwd"
    if "/.local/lib/" in path or "\\Roaming\\Python\\" in path:
        return "user-site"
    if path.rstrip("/\\").endswith(("site-packages", "dist-packages")):
        return "site-packages"
    return "stdlib" if re.search(r"[/\\](?:python\d[\d.]*(?:\.zip|[/\\]lib-dynload)?|[Ll]ib|DLLs)$", path) else "other"


def _prefix(value: str, number: int) -> Iterator[Said]:
    yield said("python", "prefix", value.strip("'\"").replace("\\\\", "\\"), number)


def _cuda(value: str, number: int) -> Iterator[Said]:
    yield from _torch.cuda_or_none(value.strip("'\""), number)


def _count(value: str, number: int) -> Iterator[Said]:
    if value.isdigit() and len(value) < 4:
        yield said("torch", "deep.device_count", int(value), number)
        if value == "0":
            yield said("torch", "deep.is_available", False, number, weight=LISTED)


def _abi(value: str, number: int) -> Iterator[Said]:
    if value in ("True", "False"):
        yield said("torch", "cxx11_abi", value == "True", number)


def _archs(value: str, number: int) -> Iterator[Said]:
    yield from _torch.arch_list(value, number)


def _driver_cuda(value: str, number: int) -> Iterator[Said]:
    if value.isdigit() and len(value) == 5:
        yield said("driver", "cuda", from_nvml(int(value)), number, weight=LISTED)


_READERS: Mapping[str, Reader] = {
    "torch.version.cuda": _cuda,
    "torch.cuda.is_available()": _torch.available,
    "torch.cuda.device_count()": _count,
    "torch.cuda.get_arch_list()": _archs,
    "torch._C._GLIBCXX_USE_CXX11_ABI": _abi,
    "torch.compiled_with_cxx11_abi()": _abi,
    "torch._C._cuda_getDriverVersion()": _driver_cuda,
    "sys.executable": _executable,
    "sys.path": _sys_path,
    "sys.version": _python,
    "sys.prefix": _prefix,
}
