"""Environment variables: set at a prompt or in Python, echoed, or listed by env."""

from __future__ import annotations

import re
from typing import Iterator, List, Sequence, Tuple

from ..facts import SearchEntry, Setting
from ..reading import Absent
from ..urls import HIDDEN, strip_credentials
from ._said import NOT_SAID, Said, said, where
from .lines import Line
from .sessions import exchanges

_PREFIXES = (
    "APPTAINER", "CONDA_", "CUBLAS_", "CUDA_", "CUDNN_", "GPU_", "KMP_", "LD_", "MAMBA_", "MKL_", "NCCL_", "NVCC_",
    "NVIDIA_", "OMP_", "OPENBLAS_", "PIP_", "PYTHON", "PYTORCH_", "SINGULARITY_", "SLURM_", "TORCH_", "TORCHINDUCTOR_",
    "TRITON_", "UV_", "XDG_", "WSL_",
)  # fmt: skip
_NAMES = (
    "CC", "CXX", "CUDACXX", "CUDAHOSTCXX", "CPATH", "LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV", "MAX_JOBS", "FORCE_CUDA",
    "HF_HOME", "TF_FORCE_GPU_ALLOW_GROWTH", "DS_SKIP_CUDA_CHECK", "BNB_CUDA_VERSION", "CMAKE_CUDA_COMPILER",
    "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "YOLO_CONFIG_DIR",
)  # fmt: skip
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
_SECRET = re.compile(r"TOKEN|PASSW|SECRET|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY")

_BARE = re.compile(r"(?:-\s{0,4}|\d{1,6}:|-e )?(?:declare -x |export )?([A-Za-z_][A-Z0-9a-z_]{1,60})=(.{0,4000})$")
_ASSIGNED = re.compile(
    r"os\.(?:environ\[|environ\.setdefault\(|putenv\()['\"](\w{2,60})['\"](?:\]\s{0,4}=|,)\s{0,4}['\"]([^'\"\n]{0,1000})['\"]"
)
_PRINTED = re.compile(r"os\.environ\[['\"](\w{2,60})['\"]\]: (.{0,400})$")
_ECHOED = re.compile(r"\$(?:\{(\w{2,60})\}|(\w{2,60})|env:(\w{2,60}))$|%(\w{2,60})%$")
_POWERSHELL = re.compile(r"\$env:(\w{2,60})\s{0,4}=\s{0,4}['\"]?([^'\"\n]{0,1000})['\"]?\s*$", re.IGNORECASE)

Variable = Tuple[str, str, int]


def matters(name: str) -> bool:
    return name.startswith(_PREFIXES) or name in _NAMES or name in _CERTIFICATES or name.lower() in _PROXIES


def read(lines: Sequence[Line]) -> Iterator[Said]:
    for exchange in exchanges(lines):
        one = exchange.typed
        for name, value in one.variables:
            yield from _set(name, value, one.number)
        yield from _windows(one.text, one.number)
        for words in one.commands:
            yield from _command(words, exchange.output, one.number)
    typed = {exchange.typed.number for exchange in exchanges(lines)}
    for line in lines:
        yield from _line(line, line.number in typed)


def _line(line: Line, at_prompt: bool) -> Iterator[Said]:
    text = line.text
    if "os." in text:
        for name, value in _ASSIGNED.findall(text):
            yield from _set(name, value, line.number)
        printed = _PRINTED.search(text)
        if printed and printed.group(2) != "None":
            yield from _set(printed.group(1), printed.group(2).strip(), line.number)
    elif "=" in text and not at_prompt:
        bare = _BARE.match(text.strip())
        if bare and " " not in bare.group(2).strip("'\""):
            yield from _set(bare.group(1), bare.group(2).strip("'\""), line.number)


def _command(words: Sequence[str], output: Sequence[Line], number: int) -> Iterator[Said]:
    if words[:1] in (("export",), ("set",), ("setx",), ("declare",)):
        for word in words[1:]:
            name, equals, value = word.partition("=")
            if equals:
                yield from _set(name, value, number)
        if words[0] == "setx" and len(words) > 2:
            yield from _set(words[1], words[2], number)
    elif words[:1] == ("unset",):
        yield Said("session", "variables", Absent(tuple(words[1:])), number)
    elif words[:1] in (("echo",), ("printenv",)) and len(words) == 2:
        asked = _ECHOED.match(words[1])
        name = next(filter(None, asked.groups()), "") if asked else words[1] if words[0] == "printenv" else ""
        value = output[0].text.strip() if output else ""
        # An echo that prints its own argument was never expanded.
        if name and matters(name) and value and not value.startswith(("$", "%")):
            yield from _set(name, value, output[0].number)


def _windows(text: str, number: int) -> Iterator[Said]:
    found = _POWERSHELL.match(text)
    if found:
        yield from _set(found.group(1), found.group(2).strip(), number)


def _set(name: str, value: str, number: int) -> Iterator[Said]:
    if not matters(name):
        return
    if name.lower() in _PROXIES or name in _CERTIFICATES:
        key = name if name in _CERTIFICATES else name.lower()
        one = Setting(key, (strip_credentials(value),), where(number), True)
        yield said("indexes", "proxies", (one,), number)
        return
    shown = HIDDEN if value and _SECRET.search(name.upper()) else strip_credentials(value)
    yield said("session", "variables", ((name, shown),), number)
    if name == "LD_LIBRARY_PATH":
        yield from _search_path(value, number)
    elif name == "LD_PRELOAD":
        yield said("libraries", "ld_preload", tuple(filter(None, re.split(r"[:\s]", value))), number)
    elif name in ("CUDA_HOME", "CUDA_PATH") and value:
        yield said("toolkit", "cuda_home", value.rstrip("/"), number)
    elif name.startswith("PIP_") and value:
        key = name[len("PIP_") :].lower().replace("_", "-")
        yield said("indexes", "pip", (Setting(key, (strip_credentials(value),), where(number), True),), number)


def _search_path(value: str, number: int) -> Iterator[Said]:
    found: List[SearchEntry] = []
    for folder in value.split(":"):
        if folder and not folder.startswith("$"):
            found.append(SearchEntry(folder, NOT_SAID, ()))
    yield said("libraries", "ld_library_path", tuple(found), number)
