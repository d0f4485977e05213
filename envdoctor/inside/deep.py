"""What `import torch` really does. Run by the user's interpreter, only when asked for (--deep), under a deadline.

    python -c SOURCE TOKEN

prints TOKEN, one line of ASCII JSON, TOKEN. CPython 2.7 and 3.5 to 3.15, as far back as there are wheels of torch.

    {"error": "ImportError: libcublas.so.12: cannot open shared object file"}    torch cannot be imported; or:

    version, file, cuda ("" for a CPU build), is_available, device_count, arch_list
    gpus       [{index, name, capability, kernel}]; kernel: "ok", or the error of a small addition and product
    loaded     paths of CUDA, cuDNN, NCCL, OpenMP, MKL and C++ libraries that are mapped after that
    warnings   what torch warned of, and why CUDA is not available where the build has it
    seconds    that the import took

A crash or a hang is the host's to tell: then nothing is printed.
"""

import sys

PATH = list(sys.path)
HAS_CWD = PATH[:1] == [""]
os = sys.modules.get("os")
if os is None:  # python -S
    if HAS_CWD:
        del sys.path[0]
    import os
# A json.py beside the script must not be taken for the library's; torch itself is looked for where the user's is.
HOME = os.path.dirname(os.path.abspath(os.__file__))
sys.path[:] = [p for p in PATH if p == HOME or os.path.basename(p) == "lib-dynload"]
import json
import time
import warnings

sys.path[:] = PATH
WATCHED = ("libcu", "libnv", "libnccl", "libstdc++", "libgomp", "libiomp", "libomp", "libmkl", "libc10", "libtorch")
LONGEST = 2000  # characters of an error or a warning


def text(value):
    if isinstance(value, bytes):  # Python 2
        value = value.decode("utf-8", "replace")
    return ("%s" % (value,)).strip()[:LONGEST]


def told(error):
    return text("%s: %s" % (type(error).__name__, error))


def asked(question, default):
    """The answer, or `default` where asking raises: these differ from release to release."""
    try:
        return question()
    except Exception:
        return default


def kernel(torch, index):
    try:
        one = torch.ones(64, 64, device="cuda:%d" % index)
        total = (one + one).mm(one).sum().item()
        return "ok" if total == 64 * 64 * 64 * 2 else "a product of ones came out as %r" % total
    except Exception as error:
        return told(error)


def gpu(torch, index):
    capability = asked(lambda: "%d.%d" % torch.cuda.get_device_capability(index), "")
    return {
        "index": index,
        "name": asked(lambda: text(torch.cuda.get_device_name(index)), ""),
        "capability": capability,
        "kernel": kernel(torch, index),
    }


def loaded():
    found = set()
    try:
        with open("/proc/self/maps", "rb") as maps:
            for line in maps:
                path = line.rstrip(b"\n").split(None, 5)[5:]
                if path and path[0].rsplit(b"/", 1)[-1].startswith(tuple(name.encode() for name in WATCHED)):
                    found.add(path[0].decode("utf-8", "surrogateescape" if sys.version_info[0] > 2 else "replace"))
    except (IOError, OSError):
        pass
    return sorted(found)


def main():
    started = time.time()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        import torch

        seconds = time.time() - started
        available = asked(lambda: bool(torch.cuda.is_available()), False)
        count = asked(lambda: int(torch.cuda.device_count()), 0)
        build = asked(lambda: torch.version.cuda, None)
        gpus = [gpu(torch, index) for index in range(count)] if available else []
        said = [text(one.message) for one in heard]
        if build and not available:
            try:
                torch.cuda.init()
            except Exception as error:
                said.append(told(error))
    return {
        "version": asked(lambda: text(torch.__version__), ""),
        "file": asked(lambda: text(os.path.abspath(torch.__file__)), ""),
        "cuda": text(build or ""),
        "is_available": available,
        "device_count": count,
        # get_arch_list() is empty without a usable GPU; the flags are there all the same.
        "arch_list": asked(lambda: text(torch._C._cuda_getArchFlags()).split(), []),
        "gpus": gpus,
        "loaded": loaded(),
        "warnings": list(dict.fromkeys(said)) if sys.version_info >= (3, 7) else said,
        "seconds": round(seconds, 3),
    }


if __name__ == "__main__":
    TOKEN = sys.argv[1]
    try:
        SAID = main()
    except (Exception, SystemExit) as failure:
        SAID = {"error": told(failure)}
    try:
        sys.stdout.flush()
    except Exception:
        pass
    OUT = ("\n%s\n%s\n%s\n" % (TOKEN, json.dumps(SAID), TOKEN)).encode("ascii")
    while OUT:
        OUT = OUT[os.write(1, OUT) :]
    os._exit(0)  # a driver that is in trouble may not let go of the process
