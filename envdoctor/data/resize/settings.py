"""What is wanted, and the note of it in the folder that is made, by which a later run knows its own."""

from __future__ import annotations

import json
from typing import Optional

from ...frozen import frozen

#: In the folder that is made. A run that finds other settings in it refuses to go on.
NOTE = ".envdoctor-resize.json"


@frozen
class Settings:
    source: str
    target: str
    size: int  # pixels of the long side
    image_format: str  # keep | jpeg | png | npy
    quality: int


def note_of(settings: Settings, source: str) -> str:
    made = {
        "envdoctor": "resize-v1",
        "source": source,
        "size": settings.size,
        "image_format": settings.image_format,
        "quality": settings.quality,
    }
    return json.dumps(made, indent=1) + "\n"


def differs(text: str, settings: Settings, source: str) -> Optional[str]:
    """Why a folder with this note is not the one to go on with; None where it is."""
    try:
        said = json.loads(text)
        if said.get("envdoctor") != "resize-v1":
            return "it was made by something else"
    except (ValueError, AttributeError, RecursionError):
        return f"its {NOTE} is damaged"
    for name, wanted in json.loads(note_of(settings, source)).items():
        if said.get(name) != wanted:
            return f"it was made with {name} {said.get(name)!r}, not {wanted!r}"
    return None
