"""`envdoctor memory`: options, and what they become."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Tuple

import click
import typer

from ...answer import FORMATS, format_for, show_page
from ...commands._quick import Seconds
from ...voice import Unusable, out
from .estimate import CONTEXT, PRECISIONS, STATES, Job, estimate
from .sizes import count, typed

if TYPE_CHECKING:
    from .fitting import Room

PARAMS = typer.Option(..., "--params", metavar="NUMBER", help="Parameters of the model: 7B, 86.6M, 43_000_000.")
OPTIMIZER = typer.Option("adamw", "--optimizer", click_type=click.Choice(list(STATES)))
PRECISION = typer.Option(
    "amp",
    "--precision",
    click_type=click.Choice(list(PRECISIONS)),
    help="Of the parameters. amp: float32 ones under torch.autocast.",
)
BATCH = typer.Option(1, "--batch", min=1, help="Samples on one GPU at a time.")
TRAINABLE = typer.Option(None, "--trainable", metavar="NUMBER", help="Parameters that are trained, if not all: 20M.")
ACTIVATIONS = typer.Option(None, "--activations", metavar="SIZE", help="Activations of the whole batch: 12GiB.")
EACH = typer.Option(None, "--per-sample", metavar="SIZE", help="Activations of one sample: 750MiB.")
MEASURED = typer.Option(
    [],
    "--measured",
    metavar="BATCH:SIZE",
    help="torch.cuda.max_memory_allocated() of a step at this batch size; two of them tell most.",
)
INFERENCE = typer.Option(False, "--inference", help="No gradients and no optimizer.")
MASTER = typer.Option(False, "--master-weights", help="float32 copies and states beside bf16 or fp16 parameters.")
FOREACH = typer.Option(True, "--foreach/--no-foreach", help="The optimizer takes all parameters at once (the default).")
CONTEXT_SIZE = typer.Option(f"{CONTEXT >> 20}MiB", "--context", metavar="SIZE", help="What CUDA takes for itself.")
GPU = typer.Option(None, "--gpu", metavar="GPU", help="An index or a name here, or a size such as 24GiB. Default: all.")
FORMAT = typer.Option(
    None, "--format", click_type=click.Choice(FORMATS), help="Default: terminal on a terminal, plain elsewhere."
)
PATIENCE = typer.Option(
    10.0, "--patience", metavar="SECONDS", click_type=Seconds(min=0.1), help="For the look at this machine's GPUs."
)

EPILOG = (
    "\b\nExamples:\n  envdoctor memory --params 43M --batch 16 --measured 1:1.9GiB --measured 2:2.6GiB\n"
    "  envdoctor memory --params 7B --precision bf16 --inference --gpu 24GiB"
)


def memory_command(
    params: str = PARAMS,
    optimizer: str = OPTIMIZER,
    precision: str = PRECISION,
    batch: int = BATCH,
    trainable: Optional[str] = TRAINABLE,
    activations: Optional[str] = ACTIVATIONS,
    per_sample: Optional[str] = EACH,
    measured: List[str] = MEASURED,
    inference: bool = INFERENCE,
    master_weights: bool = MASTER,
    foreach: bool = FOREACH,
    context: str = CONTEXT_SIZE,
    gpu: Optional[str] = GPU,
    format: Optional[str] = FORMAT,
    patience: float = PATIENCE,
) -> None:
    """Say where GPU memory goes for a model, and which GPU here holds it."""
    try:
        job = Job(
            params=count(params),
            optimizer=optimizer,
            precision=precision,
            batch=batch,
            trainable=None if trainable is None else count(trainable),
            master=master_weights,
            foreach=foreach,
            inference=inference,
            activations=None if activations is None else typed(activations),
            activations_each=None if per_sample is None else typed(per_sample),
            measured=tuple(_measurement(one) for one in measured),
            context=typed(context),
        )
        found = estimate(job)
        places, why_none = _places(gpu, patience)
    except ValueError as error:
        raise Unusable(str(error)) from None
    from .fitting import code_of, fits

    told = fits(found, places)
    code = code_of(told)
    wanted = _format(format)
    if wanted == "json-v1":
        from ...render.json_v1 import text_of
        from .page import document

        out(text_of(document(found, told, code)))
    else:
        from .page import page

        show_page(page(found, told, why_none), wanted)
    raise typer.Exit(code)


def _measurement(text: str) -> Tuple[int, int]:
    batch, colon, size = text.partition(":")
    if not colon or not batch.strip().isdigit() or len(batch) > 9:
        raise ValueError(f"--measured takes a batch and a size, as 2:9.0GiB, not {text[:40]!r}")
    return int(batch), typed(size)


def _places(gpu: Optional[str], patience: float) -> Tuple[Tuple[Room, ...], str]:
    """The GPUs to compare with, and why there is none."""
    from ...doctor import look
    from ...host import LocalHost
    from ...reading import Known, source_of
    from ...target import Request
    from .fitting import rooms

    request = Request(patience=patience)
    facts, _ = look(LocalHost(patience=request.mount_patience), request)
    if isinstance(facts.gpus.gpus, Known):
        why = "This machine has no NVIDIA GPU."
    else:
        why = f"No GPU could be asked here ({source_of(facts.gpus.gpus) or 'no answer'})."
    return rooms(facts, gpu), f"{why} --gpu 24GiB compares with a size."


def _format(wanted: Optional[str]) -> str:
    from ...host import LocalHost

    return format_for(wanted, LocalHost().environ)
