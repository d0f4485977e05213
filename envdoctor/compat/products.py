"""GPU names as NVML, nvidia-smi, shops and people write them, matched to rows without guessing."""

from __future__ import annotations

import dataclasses
from typing import Any, FrozenSet, Iterable, Mapping, Tuple

from .rows import GpuModel, NoRow

# Words before the model: a name may leave them out ("A6000"), but one that it has must be the product's too:
# "Quadro 2000" is a Fermi card and none of "RTX 2000 Ada Generation".
_BRANDS = frozenset(("geforce", "gtx", "rtx", "quadro", "tesla", "grid"))


def plain(name: str) -> str:
    """'NVIDIA A100-SXM4-40GB MIG 1g.5gb' -> 'a100 sxm4 40gb'; without NVIDIA, GeForce and Tesla, which come and go
    with the driver's age."""
    words = name.lower().replace("-", " ").split()
    if "mig" in words:
        words = words[: words.index("mig")]
    return " ".join(word for word in words if word not in ("nvidia", "geforce", "tesla"))


def brand_and_model(name: str) -> Tuple[FrozenSet[str], str]:
    """'Quadro RTX 4000' -> ({quadro, rtx}, '4000')."""
    words = name.lower().replace("-", " ").split()
    if "mig" in words:
        words = words[: words.index("mig")]
    words = [word for word in words if word != "nvidia"]
    place = next((place for place, word in enumerate(words) if word not in _BRANDS), len(words))
    return frozenset(words[:place]), " ".join(words[place:])


def family(name: str, rows: Iterable[Mapping[str, Any]]) -> Tuple[Mapping[str, Any], ...]:
    """Rows that a shortened name may mean: 'A100' -> every A100, whatever its socket and memory."""
    brand, model = brand_and_model(name)
    if not model:
        return ()
    found = []
    for row in rows:
        row_brand, row_model = brand_and_model(row["name"])
        if brand <= row_brand and (row_model + " ").startswith(model + " "):
            found.append(row)
    return tuple(found)


def agreed(name: str, models: Tuple[GpuModel, ...]) -> GpuModel:
    """The one model, or several that agree on everything but their name; NoRow where they do not agree."""
    if not models:
        raise NoRow(f"the table has no row for GPU {name[:60]!r}")
    if len({model.capability for model in models}) > 1:
        raise NoRow(f"GPU {name[:60]!r} may be several chips: only its PCI device id tells which")
    if len(models) == 1:
        return models[0]
    ids = tuple(sorted({one for model in models for one in model.pci_ids}))
    return dataclasses.replace(models[0], pci_ids=ids)
