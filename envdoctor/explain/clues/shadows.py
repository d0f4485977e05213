"""A copy or a file of that name that Python takes before the one that is meant."""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

from ..evidence import Case, Clue, base_name, out
from ._pythons import prefix_of, same, typed_pythons, which

_FILE = re.compile(r"((?:/|~|[A-Za-z]:[/\\])[^\s'\"<>]{1,300}?)[/\\](\w{1,40})[/\\]__init__\.py")
_FOLDERS = re.compile(r"\['((?:/|[A-Za-z]:[/\\])[^\s'\"<>]{1,300}?)[/\\]{1,2}(\w{1,40})'\]")
_ASKS = ("__file__", "__path__", "inspect.getfile", "print(torch)", "print(ultralytics)", "print(numpy)")
_SINGLE = re.compile(r"((?:/|~|[A-Za-z]:[/\\])[^\s'\"<>]{0,300}?)[/\\](\w{1,40})\.py['\"\s]*$")
_FRAME = re.compile(r'File "([^"\n]{0,300}?)[/\\]?(torch|numpy|ultralytics)[/\\]__init__\.py", line \d')
_LOCAL_FILE = re.compile(
    r'(?:File "|from |\()((?:[^"\n()]{0,300}[/\\])?(?:torch|numpy|ultralytics|torchvision|cv2|mmcv|transformers)\.py)\b'
)
_STDLIB_LIKE = re.compile(
    r'File "((?!.{0,200}(?:lib[/\\]python\d|[/\\]Lib[/\\]))[^"\n]{0,200}[/\\](?:random|queue|copy'
    r'|types|select|logging|typing|enum|tokenize|code|profile|inspect)\.py)", line'
)
#: Modules of Python whose names scripts take.
_STDLIB = (
    "random|queue|copy|types|select|logging|typing|enum|tokenize|code|profile|inspect|string|signal|secrets|token|abc"
    "|calendar|email|io|json|operator|platform|socket|statistics|struct|symbol|time|uuid|dataclasses"
)
_NO_NAME = r"cannot import name '?\w{1,60}'? from (?:partially initialized module )?"
_FROM_FILE = r"[^\n(]{0,80}\(([^()\n]{1,300})\)"
_OF_STDLIB = re.compile(rf"{_NO_NAME}'(?:{_STDLIB})'{_FROM_FILE}")
_OF_PACKAGE = re.compile(rf"{_NO_NAME}'(torch|numpy|ultralytics|torchvision|transformers|mmcv|mmdet|cv2)'{_FROM_FILE}")
_OF_PART = re.compile(
    rf"{_NO_NAME}'(ultralytics|transformers|mmcv|mmdet|mmseg|mmengine|detectron2|lightning|timm|yolov5|models|utils)"
    rf"\.[\w.]{{1,80}}'{_FROM_FILE}"
)
_PYTHONS_OWN = re.compile(r"[/\\](?:lib(?:64)?[/\\]python\d(?:\.\d{1,2})?|Lib)[/\\](?!(?:site|dist)-packages)")
_OWN_FRAME = re.compile(
    r'File "([^"\n]{1,300}[/\\](?:lib[/\\]python\d\.\d{1,2}|Lib)[/\\]\w{1,40}\.py)", line \d+, in <module>\n'
    rf" {{1,8}}from ({_STDLIB}) import [^\n]{{1,200}}\n(?:[ ^~]{{1,200}}\n)?"
    r"ImportError: cannot import name '?\w{1,60}'?\s{0,4}(?:\n|$)"
)
_PY_FILE = re.compile(r"(?:^|[\s/\\])(\w{1,40})\.py(?=\s|$)", re.M)
_LACKS = re.compile(
    r"module '(\w{1,40})' has no attribute|cannot import name '?\w{1,60}'? from '(\w{1,40})'"
    r"|No module named '(\w{1,40})\.|partially initialized module '(\w{1,40})'"
)
#: Folders of projects whose names packages have too.
_FOLDER = re.compile(
    r"No module named '?(utils|models|datasets|tools|data|lib|core|configs?|modules|common|layers|losses|metrics)"
    r"\.(\w{1,60})"
)
_UNKNOWN = re.compile(r"from '([\w.]{1,60})' \(unknown location\)")
_TWO = re.compile(r"[/\\]python2\.\d[/\\](?:dist|site)-packages[/\\][^\s:]{1,120}\.so")
_TWO_PATH = re.compile(r"[/\\]python2\.\d[/\\](?:dist|site)-packages")
_NO_INIT = re.compile(r"does not define (?:module export|init) function \(?(?:PyInit_|init)\w{1,60}")
_THREE = re.compile(r"[/\\]python3\.\d{1,2}[/\\]")
_LOCATION = re.compile(r"^Location: (\S.{0,300})$", re.M)
_USER_SITE = re.compile(r"(?:[/\\]\.local[/\\]lib|AppData[/\\]Roaming[/\\]Python)")
_PYTHONPATH = re.compile(r"(?:export |\b)PYTHONPATH[=:] ?(\S{1,300})")


def read(case: Case) -> Iterator[Clue]:
    prefixes = _prefixes(case)
    yield from _printed_file(case, prefixes)
    yield from _frames(case)
    yield from _local_file(case)
    yield from _location(case, prefixes)
    yield from _standard_library(case)
    yield from _beside(case)
    yield from _folder_of_project(case)
    yield from _elsewhere(case)
    two = case.find(_TWO)
    if two and case.find(_THREE):
        yield Clue(
            "shadowed-module", 75, f"a Python 2 binary is imported by Python 3: {two[0].group()}", f"line {two[1]}"
        )
        yield Clue("extension-abi-mismatch", -60, "the binary is of another Python", f"line {two[1]}")
    path, init = case.find(_TWO_PATH), case.find(_NO_INIT)
    if path and init and not two and case.find(_THREE):
        says = "a folder of Python 2 comes first on the path of Python 3, and its binary is taken"
        yield Clue("shadowed-module", 82, says, f"line {path[1]}", says)
        for name in ("extension-abi-mismatch", "interpreter-mismatch"):
            yield Clue(name, -70, says, f"line {init[1]}")
    unknown = case.find(_UNKNOWN)
    if unknown and unknown[0].group(1).split(".")[0] not in ("torch", "torchvision", "torchaudio"):
        says = f"a folder named {unknown[0].group(1)} without __init__.py is imported"
        yield Clue("shadowed-module", 50, says, f"line {unknown[1]}")
        yield Clue("broken-install", -35, says, f"line {unknown[1]}")


def _prefixes(case: Case) -> List[Tuple[str, int]]:
    found = [(prefix_of(path), line) for path, line in (*which(case, "python"), *typed_pythons(case))]
    for exchange in case.exchanges:
        if "sys.path" in exchange.typed.text:
            site = re.findall(r"'([^']{1,300}[/\\]site-packages)'", out(exchange))
            found += [(prefix_of(path + "/x"), exchange.typed.number) for path in site if not _USER_SITE.search(path)]
    return [(prefix, line) for prefix, line in found if prefix]


def _printed_file(case: Case, prefixes: List[Tuple[str, int]]) -> Iterator[Clue]:
    """What torch.__file__ printed, against the environment of the Python that printed it."""
    for exchange in case.exchanges:
        if not any(asks in exchange.typed.text for asks in _ASKS):
            continue
        for line in exchange.output:
            found = _FILE.search(line.text) or _FOLDERS.search(line.text)
            single = None if found else _SINGLE.search(line.text)
            if single and f"{single.group(2)}.__file__" in exchange.typed.text and _of_project(single.group(1)):
                says = f"{single.group(2)} is the file {single.group(1)}/{single.group(2)}.py"
                yield Clue("shadowed-module", 86, says, f"line {line.number}", says)
            if not found:
                continue
            site, name, source = found.group(1), found.group(2), f"line {line.number}"
            says = f"{name} is imported from {site}"
            if "-packages" not in site and re.search(r"[/\\]lib(?:64)?[/\\]python\d", site):
                continue  # the standard library
            if "-packages" not in site:
                yield Clue(
                    "shadowed-module",
                    88,
                    f"{says}, which is no site-packages",
                    source,
                    f"{says}, which is no site-packages",
                )
            elif _USER_SITE.search(site):
                yield Clue(
                    "shadowed-module", 80, f"{says}, the user site, which comes before the environment's", source, says
                )
            elif prefixes and not any(same(prefix_of(site + "/x"), prefix) for prefix, _ in prefixes):
                yield Clue("shadowed-module", 85, f"{says}, outside of {prefixes[0][0]}", source, says)


def _of_project(folder: str) -> bool:
    return "-packages" not in folder and not _PYTHONS_OWN.search(folder + "/")


def _frames(case: Case) -> Iterator[Clue]:
    """A traceback through torch/__init__.py that is in no site-packages: a source folder."""
    for found, line in case.all(_FRAME):
        folder = found.group(1)
        if "-packages" in folder or "<frozen" in folder or "pkgs" in folder:
            continue
        # An editable install of the developers looks the same, and imports: only an import that fails counts.
        if case.hit("py.torch-c", "py.torch-attribute", "py.c-folder", "py.partially-initialized"):
            says = f"{found.group(2)} is imported from {folder or 'the current folder'}"
            yield Clue("shadowed-module", 82, says, f"line {line}", says)
            yield Clue("broken-install", -40, says, f"line {line}")


def _local_file(case: Case) -> Iterator[Clue]:
    found = case.find(_LOCAL_FILE)
    if found and "-packages" not in found[0].group(1):
        yield Clue("shadowed-module", 85, f"{found[0].group(1)} is a file of the project", f"line {found[1]}")
    own = re.search(r"^(?:local )?(torch|numpy|ultralytics)\.py\b", case.text, re.M)
    if own and case.hit("py.torch-attribute", "py.partially-initialized", "py.not-a-package"):
        yield Clue(
            "shadowed-module", 70, f"{own.group(1)}.py is beside the script", f"line {case.line_at(own.start())}"
        )
    script = re.search(r'File "[^"\n]{1,300}\.py", line \d+, in <module>\n +.*import torch', case.text)
    if script and case.hit("py.torch-attribute") and not case.hit("py.namespace", "py.unknown-location"):
        yield Clue(
            "shadowed-module", 45, "a script imports something else as torch", f"line {case.line_at(script.start())}"
        )
    stdlib = case.find(_STDLIB_LIKE)
    if stdlib and "-packages" not in stdlib[0].group(1):
        yield Clue(
            "shadowed-module", 55, f"{stdlib[0].group(1)} has the name of a module of Python", f"line {stdlib[1]}"
        )


def _location(case: Case, prefixes: List[Tuple[str, int]]) -> Iterator[Clue]:
    found = case.find(_LOCATION)
    if not found or not prefixes:
        return
    where = found[0].group(1)
    inside = any(where.startswith(prefix) for prefix, _ in prefixes) or prefix_of(where + "/x") in {
        p for p, _ in prefixes
    }
    if not inside and not where.startswith(("/usr", "~")):
        yield Clue("shadowed-module", 50, f"pip finds it in {where}, outside of {prefixes[0][0]}", f"line {found[1]}")
    path = case.find(_PYTHONPATH)
    if path and not inside:
        yield Clue("shadowed-module", 50, f"PYTHONPATH is {path[0].group(1)}", f"line {path[1]}")


def _standard_library(case: Case) -> Iterator[Clue]:
    """A module of Python, or a package, that lacks a name: another file was taken for it."""
    found = case.find(_OF_STDLIB)
    if found and not _PYTHONS_OWN.search(found[0].group(1)):
        says = f"{found[0].group(1)} is taken for a module of Python's own"
        yield Clue("shadowed-module", 90, says, f"line {found[1]}", says)
        return
    frame = case.find(_OWN_FRAME)
    if frame:
        name = frame[0].group(2)
        says = f"{base_name(frame[0].group(1))} of Python itself does not find its name in {name}"
        title = f"a file named {name}.py is imported in place of Python's own"
        yield Clue("shadowed-module", 80, says, f"line {frame[1]}", title)
        return
    package = case.find(_OF_PACKAGE)
    if package and "-packages" not in package[0].group(2) and "pkgs" not in package[0].group(2):
        says = f"{package[0].group(1)} is imported from {package[0].group(2)}, which is no site-packages"
        yield Clue("shadowed-module", 70, says, f"line {package[1]}", says)


def _elsewhere(case: Case) -> Iterator[Clue]:
    """A part of a package from another folder than the one in which the user works."""
    part = case.find(_OF_PART)
    here = next((out(exchange).strip() for _, exchange in case.commands("pwd")), "")
    if not part or "-packages" in part[0].group(2) or not part[0].group(2).startswith(("/", "C:", "D:", "E:")):
        return
    other = here.startswith("/") and not part[0].group(2).startswith(here)
    says = f"{part[0].group(1)} is imported from {part[0].group(2)}" + (f", and the work is in {here}" if other else "")
    yield Clue("shadowed-module", 75 if other else 42, says, f"line {part[1]}", says)


def _folder_of_project(case: Case) -> Iterator[Clue]:
    """`utils.general` is not there, and a package named utils is installed: it was taken for the project's folder."""
    found = case.find(_FOLDER)
    if not found:
        return
    name = found[0].group(1)
    installed = case.find(
        re.compile(rf"-packages[/\\]{name}(?:[/\\]|\.py)|^Name: {name}$|^{name} {{1,40}}\d[\w.]{{0,20}}\s*$", re.M)
    )
    if installed:
        says = f"an installed package named {name} is taken for the project's folder of that name"
        yield Clue("shadowed-module", 80, says, f"line {installed[1]}", says)


def _beside(case: Case) -> Iterator[Clue]:
    """A module that lacks what it should have, and a file of its name in a listing of the folder."""
    listed = {
        found.group(1): exchange.typed.number
        for words, exchange in case.commands("ls", "dir", "tree")
        for found in _PY_FILE.finditer(out(exchange))
        if "-packages" not in " ".join(words)
    }
    for found, line in case.all(_LACKS):
        name = next(filter(None, found.groups()))
        if name in listed:
            says = f"{name}.py lies in the folder of the script, and is imported as {name}"
            yield Clue("shadowed-module", 82, says, f"line {listed[name]}", says)
            for other in ("broken-install", "numpy-abi"):
                yield Clue(other, -50, says, f"line {line}")
            return
