"""`envdoctor record`."""

from __future__ import annotations

from typing import Optional

import typer

from ..voice import Unusable, say
from ._options import DEEP, ENV, PATIENCE, PYTHON
from ._steps import refuse_unusable, request_of, spinner

EPILOG = "\b\nExample:\n  envdoctor record gpu-server && envdoctor check --replay gpu-server"


def record(
    folder: str = typer.Argument(..., metavar="DIR", help="A new folder, or one that holds an older recording."),
    python: Optional[str] = PYTHON,
    env: Optional[str] = ENV,
    deep: bool = DEEP,
    patience: float = PATIENCE,
) -> None:
    """Write down what is seen of this machine, for somebody else to look at. Names and secrets are replaced."""
    from ..doctor import look
    from ..gpus.discreet import DiscreetHost
    from ..gpus.look import look as look_at_holders
    from ..reading import Absent, Unknown
    from ..record import RecordingHost
    from ..target import Request, Target

    request = request_of(python, env, deep, patience)
    host = RecordingHost(DiscreetHost(patience=request.mount_patience))
    with spinner() as waiting:
        facts, _ = look(host, request, waiting)
    refuse_unusable(request, facts)
    gpus = facts.gpus.gpus
    if not (
        isinstance(gpus, Unknown) and gpus.reason == "timeout" and gpus.source == "nvml"
    ):  # one stuck there is enough
        look_at_holders(host, Target(Absent(), Absent(), (), Request(patience=patience)), whole=False)
    try:
        host.save(folder)
    except ValueError as error:
        raise Unusable(str(error)) from None
    except OSError as error:
        raise Unusable(f"{folder} cannot be written: {error.strerror or error}") from None
    say(f"Recorded in {folder}. Names, hosts and secrets were replaced; read it before you give it away.")
