"""Exceptions as Python, IPython, rich, pytest and log files print them."""

from __future__ import annotations

from envdoctor.pasted.tracebacks import raised

from .reading import kept


def test_a_traceback() -> None:
    (one,) = raised(
        kept("""\
        before
        Traceback (most recent call last):
          File "train.py", line 3, in <module>
            import torch
            ^^^^^^^^^^^^
          File "/home/u/env/lib/python3.8/site-packages/torch/cuda/__init__.py", line 214, in _lazy_init
            torch._C._cuda_init()
        RuntimeError: CUDA error: out of memory
        CUDA kernel errors might be asynchronously reported at some other API call.
        For debugging consider passing CUDA_LAUNCH_BLOCKING=1.

        after
        """)
    )
    assert (one.kind, one.first, one.last) == ("RuntimeError", 2, 10)
    assert one.message.splitlines()[0] == "CUDA error: out of memory"
    assert len(one.message.splitlines()) == 3
    assert [(frame.module, frame.line, frame.function) for frame in one.frames] == [
        ("train", 3, "<module>"),
        ("torch.cuda", 214, "_lazy_init"),
    ]


def test_chained_tracebacks() -> None:
    first, second = raised(
        kept("""\
        Traceback (most recent call last):
          File "a.py", line 1, in f
        OSError: [Errno 122] Disk quota exceeded

        During handling of the above exception, another exception occurred:

        Traceback (most recent call last):
          File "b.py", line 2, in g
        KeyError
        """)
    )
    assert (first.kind, first.message) == ("OSError", "[Errno 122] Disk quota exceeded")
    assert (second.kind, second.message, second.first) == ("KeyError", "", 7)


def test_behind_a_loggers_prefix_whose_digits_change() -> None:
    for before in ("[rank0]: ", "(worker pid=4242) ", "ERROR 07-12 10:0{} core.py:57] "):
        lines = [
            "Traceback (most recent call last):",
            '  File "/x/site-packages/vllm/engine.py", line 9, in run',
            "torch.OutOfMemoryError: CUDA out of memory.",
        ]
        (one,) = raised(kept("".join(before.format(at) + line + "\n" for at, line in enumerate(lines))))
        assert (one.kind, one.message) == ("torch.OutOfMemoryError", "CUDA out of memory.")
        assert one.frames[-1].module == "vllm.engine"


def test_indented_in_pips_output() -> None:
    (one,) = raised(
        kept("""\
          error: subprocess-exited-with-error
              Traceback (most recent call last):
                File "<string>", line 2, in <module>
                File "setup.py", line 19, in <module>
                  import torch
              ModuleNotFoundError: No module named 'torch'
              [end of output]
        """)
    )
    assert (one.kind, len(one.frames)) == ("ModuleNotFoundError", 2)
    assert one.message.startswith("No module named 'torch'")


def test_ipython_and_rich() -> None:
    (one,) = raised(
        kept("""\
        ---------------------------------------------------------------------------
        ModuleNotFoundError                       Traceback (most recent call last)
        Cell In[2], line 1
        ----> 1 import tensorflow

        File ~/env/lib/python3.10/site-packages/foo/bar.py:12, in f(x)
             11 def f(x):
        ---> 12     import tensorflow

        ModuleNotFoundError: No module named 'tensorflow'
        """)
    )
    assert (one.kind, one.message) == ("ModuleNotFoundError", "No module named 'tensorflow'")
    assert [frame.module for frame in one.frames] == ["foo.bar"]
    (one,) = raised(
        kept("""\
        ╭───────────────────── Traceback (most recent call last) ──────────────────────╮
        │ /home/u/env/lib/python3.10/site-packages/torch/nn/modules/conv.py:454 in f   │
        │                                                                              │
        │ ❱ 454         return F.conv2d(input, weight)                                 │
        ╰──────────────────────────────────────────────────────────────────────────────╯
        RuntimeError: cuDNN error: CUDNN_STATUS_NOT_INITIALIZED
        """)
    )
    assert (one.kind, one.message) == ("RuntimeError", "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED")
    assert [(frame.module, frame.line) for frame in one.frames] == [("torch.nn.modules.conv", 454)]


def test_errors_that_stand_alone() -> None:
    found = raised(
        kept("""\
        E   ModuleNotFoundError: No module named 'torch'
        torch.cuda.OutOfMemoryError: CUDA out of memory.
        CondaError: Run 'conda init' before 'conda activate'
        this sentence mentions RuntimeError: but inside
        ERROR: pip's own words are no exception
        """)
    )
    assert [(one.kind, one.first) for one in found] == [
        ("ModuleNotFoundError", 1),
        ("torch.cuda.OutOfMemoryError", 2),
        ("CondaError", 3),
    ]


def test_the_rest_of_a_traceback_whose_head_is_cut_off() -> None:
    (one,) = raised(
        kept("""\
          File "/home/u/venv/lib/python3.11/site-packages/torch/__init__.py", line 427, in <module>
            from torch._C import *  # noqa: F403
            ^^^^^^^^^^^^^^^^^^^^^^
        ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory
        """)
    )
    assert [frame.module for frame in one.frames] == ["torch"]
    assert (one.first, one.last) == (1, 4)


def test_a_message_on_the_next_lines() -> None:
    found = raised(
        kept("""\
              RuntimeError:
              The detected CUDA version (11.8) mismatches the version that was used to compile
              PyTorch (12.1). Please make sure to use the same CUDA versions.

        C:\\env\\lib\\site-packages\\torch\\cuda\\__init__.py:116: UserWarning:
            Found GPU0 GeForce GTX 960M which is of cuda capability 5.0.
        """)
    )
    assert found[0].message.startswith("The detected CUDA version (11.8)")
    assert (found[1].kind, found[1].frames[0].module) == ("UserWarning", "torch.cuda")
    assert found[1].message.startswith("Found GPU0")


def test_a_header_without_an_end() -> None:
    assert raised(kept("Traceback (most recent call last):\nTraceback (most recent call last):\n  File x\n")) == ()


def test_of_very_many_the_first_and_the_last_are_kept() -> None:
    found = raised(kept("".join(f"ValueError: {number}\n\n" for number in range(3000))))
    assert len(found) == 400
    assert (found[0].message, found[-1].message) == ("0", "2999")
