"""A partial or dirty installation.

It finds folders that begin with ~ (what pip moved aside and never removed), two metadata folders of one package,
metadata whose package is gone, a package folder without metadata or without its files, and requirements that are not
there.

It matters because pip says "already satisfied" of a package that cannot be imported, or shows a version that is not
the imported one: of two metadata folders it takes whichever the file system lists first.

It is mended by deleting the debris that no tool owns, and installing the package again.

It leaves alone deleted tests, documentation, headers and compiled caches; the requirements of packages that conda or
the distribution put there, which resolve by records of their own; requirements on torch and on nvidia-* wheels, which
have rules of their own. Version conflicts of packages that have nothing to do with training are notes.

Example: site-packages/~orch and ~orch-2.0.1.dist-info beside torch: an upgrade was interrupted.
"""

from __future__ import annotations

import posixpath
from typing import Dict, Iterator, List, Tuple

from ..compat import CompatTable
from ..facts import Distribution, Facts
from ..reading import Absent, need, value_or
from ..report import Evidence, Finding, Need, NeedDeleted, NeedPackages, NeedTorch, Remedy
from ._common import TORCH_FAMILY, conda_record, finding, listed, seen
from ._owners import claimed_by_mix, real_name
from ._unmet import joined, unmet
from ._wanted import copies_of, torch_gone, torch_leftovers

ID = "PKG102"
NAME = "broken-install"
SEVERITY = "error"
TAGS = ("install",)

#: Import names of packages whose distribution has another name.
IMPORTS = {"opencv-python": "cv2", "opencv-python-headless": "cv2", "pillow": "PIL", "pyyaml": "yaml"}


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    yield from _leftovers(facts)
    distributions = need(facts.installs.distributions, "installed packages")
    mixed = claimed_by_mix(facts)
    yield from _duplicates(facts, distributions, mixed)
    yield from _unreadable(facts, distributions, mixed)
    yield from _lost_files(facts, distributions, mixed)
    yield from _lost_version(facts, distributions, mixed)
    yield from _unowned(facts)
    yield from _unmet(facts)
    need(facts.installs.leftovers, "leftovers in site-packages")
    need(facts.installs.unowned, "folders without metadata")


def _again(names: Tuple[str, ...], delete: Tuple[str, ...] = (), version: str = "") -> Tuple[Need, ...]:
    """Install packages anew, after deleting what stands in the way. torch and its companions go together.

    `version`: the one that is there, where it is known: what only lost files is not to become another version.
    """
    needs: List[Need] = [NeedDeleted(delete)] if delete else []
    if any(name in TORCH_FAMILY for name in names):
        needs.append(NeedTorch(reinstall=True))
    public = version.split("+")[0]  # a tag is another index's, and a pin without it accepts the tagged build
    pin = f"=={public}" if public[:1].isdigit() else ""
    rest = tuple(name + pin for name in names if name not in TORCH_FAMILY)
    return (*needs, NeedPackages(rest, reinstall=True, no_deps=True)) if rest else tuple(needs)


def _leftovers(facts: Facts) -> Iterator[Finding]:
    paths = value_or(facts.installs.leftovers, ())
    if not paths:
        return
    lost = bool(torch_leftovers(facts)) and torch_gone(facts)
    many = (
        f"{len(paths)} leftovers of interrupted installs" if len(paths) > 1 else "a leftover of an interrupted install"
    )
    yield finding(
        ID,
        NAME,
        "error" if lost else "warning",
        f"{many} in site-packages: {listed(path.rsplit('/', 1)[-1] for path in paths)}"
        + (", and torch itself is gone" if lost else ""),
        "pip was stopped while it replaced a package; the folders are dead weight and confuse pip.",
        [Evidence("begins with ~: moved aside by pip", path) for path in paths[:5]],
        (Remedy("delete the leftovers" + (", install torch again" if lost else ""), _again(("torch",) * lost, paths)),),
    )


def _duplicates(facts: Facts, distributions: Tuple[Distribution, ...], mixed: Tuple[str, ...]) -> Iterator[Finding]:
    """Two versions' metadata in one folder. conda packages may bring dist-info and egg-info of one version: no harm."""
    groups: Dict[Tuple[str, str], List[Distribution]] = {}
    for dist in distributions:
        if dist.metadata_readable:
            groups.setdefault((dist.location, real_name(dist)), []).append(dist)
    for (folder, name), dists in groups.items():
        versions = list(dict.fromkeys(dist.version for dist in dists))
        if len(versions) < 2 or name in mixed:
            continue
        module = IMPORTS.get(name, name.replace("-", "_"))
        copies = [copy for copy in copies_of(facts, module) if copy.entry == folder]
        truth = copies[0].version if copies else ""
        stale = [dist for dist in dists if truth and dist.version.split("+")[0] != truth.split("+")[0]]
        because = [Evidence(f"metadata of {dist.name} {dist.version}", dist.metadata) for dist in dists[:5]]
        if truth:
            because.append(Evidence(f"the files are those of {truth}", copies[0].path))
        # With the files' version known the other metadata is debris; otherwise everything goes and comes again.
        known = 0 < len(stale) < len(dists)
        needs = _again((name,), tuple(dist.metadata for dist in (stale if known else dists)), truth)
        yield finding(
            ID,
            NAME,
            "error" if name in (*TORCH_FAMILY, "numpy") else "warning",
            f"{name} has {len(dists)} sets of metadata in one folder: {listed(versions)}",
            "pip shows whichever it lists first, which need not be the version that is imported.",
            because,
            (Remedy("delete the stale metadata and install the package again", needs),),
        )


def _unreadable(facts: Facts, distributions: Tuple[Distribution, ...], mixed: Tuple[str, ...]) -> Iterator[Finding]:
    broken = [dist for dist in distributions if not dist.metadata_readable and real_name(dist) not in mixed]
    if not broken:
        return
    names = tuple(dict.fromkeys(real_name(dist) for dist in broken))
    whole = {real_name(dist) for dist in distributions if dist.metadata_readable}
    again = tuple(name for name in names if name not in whole and name in TORCH_FAMILY)
    yield finding(
        ID,
        NAME,
        "error" if "torch" in again else "warning",
        f"{len(broken)} metadata folder{'s' if len(broken) > 1 else ''} without a readable METADATA: {listed(names)}",
        "pip can neither use nor replace the package: something removed its files and left the folder.",
        [Evidence("METADATA is missing or names no package", dist.metadata) for dist in broken[:5]],
        (Remedy("delete the empty metadata", _again(again, tuple(dist.metadata for dist in broken))),),
    )


def _lost_files(facts: Facts, distributions: Tuple[Distribution, ...], mixed: Tuple[str, ...]) -> Iterator[Finding]:
    for dist in distributions:
        if not dist.missing or dist.sampled == 0:
            continue
        name = real_name(dist)
        lost = [path for path in dist.missing if _essential(path)]
        if not lost or name in mixed:
            continue
        share = len(lost) / dist.sampled
        # conda rewrites and prunes what it installs: its RECORD is no inventory, only near-total loss counts.
        floor = 0.5 if dist.installer == "conda" else 0.05 if name in TORCH_FAMILY else 0.1
        few = len(lost) < 2 and share < 0.5
        if share < floor or (few and name not in TORCH_FAMILY):
            continue
        gone = share >= 0.5 or (name == "torch" and torch_gone(facts))
        yield finding(
            ID,
            NAME,
            "error" if gone or (name in TORCH_FAMILY and not few) else "warning",
            f"{dist.name} {dist.version} is installed, but {len(lost)} of {dist.sampled} sampled files are not there",
            "pip says that the package is satisfied; importing it fails." if gone else "Parts of the package are lost.",
            [Evidence(f"lists {path}, which is not there", f"{dist.metadata}/RECORD") for path in lost[:3]],
            (Remedy("install the package again", _again((name,), version=dist.version)),),
        )


def _lost_version(facts: Facts, distributions: Tuple[Distribution, ...], mixed: Tuple[str, ...]) -> Iterator[Finding]:
    """torch without its version.py, which import takes first: a sample of thousands of files seldom has it."""
    lost, folder = facts.torch.version, value_or(facts.torch.path, "")
    if not folder or not isinstance(lost, Absent) or "torch" in mixed:
        return
    for dist in distributions:
        if real_name(dist) != "torch" or posixpath.join(dist.location, "torch") != folder or dist.missing:
            continue
        yield finding(
            ID,
            NAME,
            "error",
            f"torch {dist.version} is installed, but its version.py is not there",
            "`import torch` fails; other files of it may be lost as well.",
            (Evidence("not there", lost.looked[0] if lost.looked else folder), Evidence("says torch", dist.metadata)),
            (Remedy("install the package again", _again(("torch",), version=dist.version)),),
        )
        return


def _essential(path: str) -> bool:
    """Whether losing a file breaks the package. Tests, docs, headers, caches and scripts are deleted on purpose."""
    parts = path.split("/")
    if path.startswith("..") or "__pycache__" in parts or parts[0].endswith((".dist-info", ".data")):
        return False
    if any(part in ("test", "tests", "testing", "examples", "docs", "benchmarks") for part in parts[:-1]):
        return False
    return parts[-1].endswith(".py") or ".so" in parts[-1]


def _unowned(facts: Facts) -> Iterator[Finding]:
    paths = [path.rstrip("/") for path in value_or(facts.installs.unowned, ()) if "/dist-packages" not in path]
    for path in dict.fromkeys(paths + list(_hollow(facts))):
        name = path.rsplit("/", 1)[-1]
        copies = [copy for copy in copies_of(facts, name) if copy.path.startswith(path)]
        if conda_record(facts, name, "pytorch" if name == "torch" else name):
            continue  # older conda packages bring no metadata of Python's
        hollow = bool(copies) and copies[0].kind == "namespace"
        yield finding(
            ID,
            NAME,
            "error" if hollow else "warning",
            f"{path} has lost its files: it imports as an empty package"
            if hollow
            else f"{path} has no metadata: no tool knows that {name} is installed",
            "An install that was cut off, or an uninstall that did not finish, left the folder."
            if hollow
            else "The next install lays another version over these files instead of replacing them.",
            (seen(f"no metadata for {name}", facts.installs.unowned),),
            (
                Remedy(
                    "delete the folder and install the package again",
                    _again((name,), (path,), copies[0].version if copies and not hollow else ""),
                ),
            ),
            "certain" if hollow else "likely",
        )


def _hollow(facts: Facts) -> Iterator[str]:
    """Folders in site-packages that are all there is of a package, and hold no __init__.py."""
    named = {real_name(dist) for dist in value_or(facts.installs.distributions, ())}
    for name in (*TORCH_FAMILY, "numpy", "ultralytics"):
        copies = copies_of(facts, name)
        if name not in named and copies and all(copy.kind == "namespace" for copy in copies):
            yield from (copy.path.rstrip("/") for copy in copies if copy.origin == "site-packages")


def _unmet(facts: Facts) -> Iterator[Finding]:
    found = unmet(facts)
    missing = [one for one in found if one.have is None]
    if missing:
        fatal = any(one.dist.name.lower() == "torch" for one in missing)
        names = tuple(dict.fromkeys(one.requirement.name for one in missing))
        yield finding(
            ID,
            NAME,
            "error" if fatal else "warning",
            f"{len(names)} required package{'s are' if len(names) > 1 else ' is'} not installed: {listed(names)}",
            "Importing torch fails without them."
            if fatal
            else "The packages that ask for them fail when they use them.",
            [Evidence(f"{one.dist.name} requires {one.requirement.line}", one.dist.metadata) for one in missing[:5]],
            (Remedy("install what is missing", (NeedPackages(joined(missing)),)),),
        )
    wrong = [one for one in found if one.have is not None]
    if wrong:
        core = [one for one in wrong if real_name(one.dist) in (*TORCH_FAMILY, "ultralytics")]
        first = (core or wrong)[0]
        yield finding(
            ID,
            NAME,
            # Most such conflicts never matter at run time; pip reports them all the same.
            "warning" if core else "note",
            f"{len(wrong)} installed package{'s are' if len(wrong) > 1 else ' is'} of a version that another does not "
            f"accept, such as {first.requirement.name} {first.have}",
            "The package that asks may fail, or may not notice.",
            [
                Evidence(f"{one.dist.name} requires {one.requirement.line}, {one.have} is there", one.dist.metadata)
                for one in (core + [one for one in wrong if one not in core])[:5]
            ],
            (Remedy("install versions that are accepted", (NeedPackages(joined(core or wrong)),)),),
        )
