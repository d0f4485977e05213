"""`envdoctor data PATH`, and `envdoctor data resize SRC DST`."""

from __future__ import annotations

from typing import Any, List, Optional

import click
import typer

from ..answer import FORMATS
from ._options import ENV, PYTHON

EPILOG = (
    "\b\nExamples:\n  envdoctor data datasets/coco/data.yaml --imgsz 640 --batch 16 --workers 8\n"
    "  envdoctor data /data/images --format json\n"
    "  envdoctor data resize /data/images /data/images-640 --size 640"
)
RESIZE_EPILOG = (
    "\b\nLabels and other files are copied; a folder may be interrupted and run again, what is done is kept.\n\n"
    "\b\nExample:\n  envdoctor data resize /data/coco /data/coco-640 --size 640"
)
_FRAMEWORKS = ("ultralytics", "yolov5", "mmdet", "generic")
_FORMAT = typer.Option(
    None, "--format", click_type=click.Choice(FORMATS), help="Default: terminal on a terminal, plain elsewhere."
)


def data(
    path: str = typer.Argument(..., metavar="PATH", help="A folder, list, data.yaml, COCO json or tar shard."),
    imgsz: int = typer.Option(640, "--imgsz", metavar="PIXELS", min=8, max=65536, help="The size that is trained at."),
    batch: int = typer.Option(16, "--batch", min=1, max=65536),
    workers: int = typer.Option(8, "--workers", min=0, max=1024, help="Loader processes, of each rank."),
    ranks: int = typer.Option(1, "--ranks", min=1, max=1024, help="Training processes on this machine, one a GPU."),
    framework: Optional[str] = typer.Option(
        None, "--framework", click_type=click.Choice(_FRAMEWORKS), help="Default: what is installed."
    ),
    version: str = typer.Option("", "--framework-version", metavar="VERSION", help="Default: the one installed."),
    mosaic: Optional[float] = typer.Option(None, "--mosaic", metavar="P", min=0, max=1, help="Probability."),
    mixup: Optional[float] = typer.Option(None, "--mixup", metavar="P", min=0, max=1, help="Probability."),
    budget: float = typer.Option(10.0, "--budget", metavar="SECONDS", min=1, max=3600, help="For the whole look."),
    python: Optional[str] = PYTHON,
    env: Optional[str] = ENV,
    format: Optional[str] = _FORMAT,
) -> None:
    """Say how fast images load here, what holds that back, and what would help; `data resize` makes them small."""
    from ..data.command import framework_of, run
    from ..data.facts import Asked
    from ..host import LocalHost
    from ..target import Request

    request = Request(python=python, env=env)
    host = LocalHost(patience=request.mount_patience)
    name = framework or framework_of(host, request, path)
    asked = Asked(path, imgsz, batch, workers, ranks, name, version, mosaic, mixup, budget)
    raise typer.Exit(run(host, asked, request, format))


def resize(
    source: str = typer.Argument(..., metavar="SRC", help="The folder with the images; it is never changed."),
    target: str = typer.Argument(..., metavar="DST", help="The folder to make; the same tree, labels copied."),
    size: int = typer.Option(640, "--size", metavar="PIXELS", min=8, max=65536, help="Of the long side."),
    image_format: str = typer.Option(
        "keep",
        "--image-format",
        click_type=click.Choice(("keep", "jpeg", "png", "npy")),
        help="keep: JPEG and PNG stay what they are, all else becomes JPEG. npy: height x width x 3, blue first.",
    ),
    quality: int = typer.Option(95, "--quality", metavar="1-100", min=1, max=100, help="Of JPEG."),
    jobs: Optional[int] = typer.Option(None, "--jobs", min=1, max=1024, help="Processes. Default: one a CPU."),
    python: Optional[str] = PYTHON,
    env: Optional[str] = ENV,
    format: Optional[str] = _FORMAT,
) -> None:
    """Make a copy of a folder of images with the long side resized, for training; interrupted, it goes on."""
    from ..data.resize.command import run
    from ..data.resize.settings import Settings
    from ..host import LocalHost
    from ..target import Request

    request = Request(python=python, env=env)
    host = LocalHost(patience=request.mount_patience)
    settings = Settings(source, target, size, image_format, quality)
    raise typer.Exit(run(host, settings, jobs, request, format))


def _made(function: Any, epilog: str) -> click.Command:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command("data", epilog=epilog, context_settings={"help_option_names": ["-h", "--help"]})(function)
    return typer.main.get_command(app)


class Data(click.Command):
    """The look, whose first word `resize` leads to the other command; a folder of that name is ./resize."""

    def make_context(
        self, info_name: Optional[str], args: List[str], parent: Optional[click.Context] = None, **extra: Any
    ) -> click.Context:
        if args[:1] == ["resize"]:
            return _made(resize, RESIZE_EPILOG).make_context(f"{info_name} resize", args[1:], parent, **extra)
        return _made(_look, EPILOG).make_context(info_name, args, parent, **extra)


_look = data
data = Data("data", help=(_look.__doc__ or "").strip())
