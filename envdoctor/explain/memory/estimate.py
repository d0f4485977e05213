"""How much GPU memory training or running a model takes, part by part, each with how it was worked out.

What is kept follows from counts: parameters, gradients, optimizer states. Activations do not: they are given, or
measured, or left out and said to be left out. Context and rounding are assumptions, and named as such.
"""

from __future__ import annotations

from typing import Iterator, Optional, Sequence, Tuple

from ...frozen import frozen
from .sizes import MIB, words

#: precision -> bytes a parameter, bytes a gradient, bytes a number of optimizer state. `amp` is torch.autocast over
#: float32 parameters; bf16 and fp16 mean that the parameters themselves are halved, and the states with them.
PRECISIONS = {
    "fp32": (4.0, 4.0, 4.0),
    "amp": (4.0, 4.0, 4.0),
    "bf16": (2.0, 2.0, 2.0),
    "fp16": (2.0, 2.0, 2.0),
    "int8": (1.0, 2.0, 4.0),
    "int4": (0.5, 2.0, 4.0),
}
#: Numbers of state that an optimizer keeps for each parameter.
STATES = {
    "none": 0.0, "sgd": 0.0, "sgd-momentum": 1.0, "lion": 1.0, "rmsprop": 1.0, "adagrad": 1.0, "adam": 2.0,
    "adamw": 2.0, "adamw8bit": 2.0, "adafactor": 0.0,
}  # fmt: skip
#: Bytes of state of the 8-bit optimizers, whatever the precision: one byte, and a float for each block of 256.
_EIGHT_BIT = 1.0 + 4 / 256

CONTEXT = 500 * MIB
#: The allocator takes memory in segments: 2 MiB for tensors of up to 1 MiB (in blocks of 512 bytes), 20 MiB for those
#: of up to 10 MiB, multiples of 2 MiB for larger ones. Of the last one of each the end stays unused.
SEGMENTS = 2 * MIB + 20 * MIB
#: Share of what comes and goes (activations, temporaries) that lies in pieces nothing fits into.
FRAGMENTS = 0.05

_MEASURE = (
    "Activations are not in it: they depend on the model and its input. Run a step at two batch sizes, print "
    "torch.cuda.max_memory_allocated() after each, and give both: --measured 1:6.1GiB --measured 2:9.0GiB"
)


@frozen
class Job:
    """What is asked about. Sizes in bytes."""

    params: int
    optimizer: str = "adamw"  # of STATES
    precision: str = "amp"  # of PRECISIONS
    batch: int = 1
    trainable: Optional[int] = None  # parameters that are trained (LoRA, a frozen backbone); None: all
    master: bool = False  # half-precision parameters with float32 copies and states beside them
    foreach: bool = True  # the optimizer step on all parameters at once, as it is by default on CUDA
    inference: bool = False  # no gradients, no optimizer
    activations: Optional[int] = None  # of the whole batch
    activations_each: Optional[int] = None  # of one sample
    measured: Tuple[Tuple[int, int], ...] = ()  # (batch, torch.cuda.max_memory_allocated()) of runs
    context: int = CONTEXT


@frozen
class Part:
    """A share of the memory, and how it was worked out. `sure`: from counts or measurements, not assumed."""

    name: str
    size: int
    how: str
    sure: bool = True


@frozen
class Estimate:
    parts: Tuple[Part, ...]
    batch: int
    moving: int  # of that, what comes and goes: activations, or the temporaries of the optimizer step if those are more
    temporary: int  # of the optimizer step alone
    complete: bool  # activations are in it
    each: Optional[int]  # bytes of activations that one more sample takes, where it is known
    notes: Tuple[str, ...]

    @property
    def total(self) -> int:
        return sum(part.size for part in self.parts)


def estimate(job: Job) -> Estimate:
    """The parts, and their sum at the worst moment. ValueError (a sentence) where the job makes no sense."""
    _refuse(job)
    kept = list(_kept(job))
    fixed = sum(part.size for part in kept)
    each, activations, how = _activations(job, fixed)
    temporary = _step(job)
    parts = kept
    # The backward pass needs the activations, the step after it its temporaries: the larger of the two counts.
    if activations is not None and activations >= temporary:
        parts.append(Part("activations", activations, how))
    elif temporary:
        parts.append(Part("optimizer step", temporary, "one number a parameter for a moment (foreach)"))
    moving = max(activations or 0, temporary)
    parts.append(_rounding(len(parts), moving))
    parts.append(Part("CUDA context", job.context, "kernels and libraries, outside of what torch counts", False))
    notes = () if activations is not None else (_MEASURE,)
    return Estimate(tuple(parts), job.batch, moving, temporary, activations is not None, each, notes)


def _refuse(job: Job) -> None:
    if job.params <= 0 or job.batch <= 0:
        raise ValueError("parameters and batch must be more than 0")
    if job.optimizer not in STATES or job.precision not in PRECISIONS:
        raise ValueError(f"optimizer is one of {', '.join(STATES)}; precision is one of {', '.join(PRECISIONS)}")
    if (job.trainable or 0) < 0:
        raise ValueError("trainable parameters must not be less than 0")
    if job.precision in ("int8", "int4") and job.trainable is None and not job.inference:
        raise ValueError(f"{job.precision} parameters cannot be trained: give --trainable (LoRA), or --inference")
    if any(batch <= 0 or peak <= 0 for batch, peak in job.measured):
        raise ValueError("a measurement is a batch and a peak, both more than 0")
    given = (job.activations is not None) + (job.activations_each is not None) + bool(job.measured)
    if given > 1:
        raise ValueError("activations are given for the batch, for one sample, or measured: one of the three")


def _trained(job: Job) -> int:
    return 0 if job.inference else job.params if job.trainable is None else job.trainable


def _beside(job: Job) -> int:
    """Trained parameters that come on top of the model: those of adapters. Of a frozen backbone they are part."""
    return _trained(job) if job.precision in ("int8", "int4") else 0


def _kept(job: Job) -> Iterator[Part]:
    weight, gradient, state = PRECISIONS[job.precision]
    trained = _trained(job)
    yield Part("parameters", round(job.params * weight), f"{_count(job.params)} x {weight:g} bytes")
    if _beside(job):
        yield Part("adapters", trained * 4, f"{_count(trained)} x 4 bytes")
        gradient = 4.0
    if not trained:
        return
    if job.precision == "amp":
        how = f"autocast keeps one of what is trained during a pass: {_count(trained)} x 2 bytes"
        yield Part("half-precision copies", trained * 2, how)
    if job.master and weight < 4:
        yield Part("float32 master copies", trained * 4, f"{_count(trained)} x 4 bytes")
        state = 4.0
    yield Part("gradients", round(trained * gradient), f"{_count(trained)} x {gradient:g} bytes")
    states = STATES[job.optimizer]
    if job.optimizer == "adamw8bit":
        state = _EIGHT_BIT
    if states:
        how = f"{job.optimizer}: {_count(trained)} x {states:g} x {state:.3g} bytes"
        yield Part("optimizer states", round(trained * states * state), how)


def _activations(job: Job, fixed: int) -> Tuple[Optional[int], Optional[int], str]:
    """What one sample takes, what the batch takes, and how that is known."""
    if job.activations is not None:
        return job.activations // job.batch, job.activations, "as given"
    if job.activations_each is not None:
        return job.activations_each, job.activations_each * job.batch, f"{words(job.activations_each)} x {job.batch}"
    if not job.measured:
        return None, None, ""
    each, base = line(job.measured, fixed)
    size = max(0, round(base + each * job.batch) - fixed)
    runs = ", ".join(f"{words(peak)} at batch {batch}" for batch, peak in job.measured)
    return round(each), size, f"measured: {runs}; {words(round(each))} a sample"


def line(measured: Sequence[Tuple[int, int]], fixed: int) -> Tuple[float, float]:
    """Bytes a sample, and bytes without any, through measured peaks; with one batch size alone, from what is kept."""
    batches = [batch for batch, _ in measured]
    if len(set(batches)) == 1:
        peak = max(peak for _, peak in measured)
        return max(0.0, (peak - fixed) / batches[0]), float(min(fixed, peak))
    middle = sum(batches) / len(batches)
    level = sum(peak for _, peak in measured) / len(measured)
    spread = sum((batch - middle) ** 2 for batch in batches)
    each = max(0.0, sum((batch - middle) * (peak - level) for batch, peak in measured) / spread)
    return each, level - each * middle


def _step(job: Job) -> int:
    """What the optimizer step takes for a moment: intermediates of the size of the parameters."""
    if not job.foreach or not _trained(job) or job.optimizer in ("none", "adamw8bit", "adafactor"):
        return 0
    size = 4.0 if job.master or _beside(job) else PRECISIONS[job.precision][2]
    return round(_trained(job) * size)


def _rounding(kinds: int, moving: int) -> Part:
    size = kinds * SEGMENTS + round(moving * FRAGMENTS)
    how = f"unused ends of its segments, {words(SEGMENTS)} a line above, and a twentieth of what comes and goes"
    return Part("allocator", size, how, False)


def _count(number: int) -> str:
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.3g}{name}"
    return str(number)
