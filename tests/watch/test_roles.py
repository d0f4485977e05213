from __future__ import annotations

from typing import Dict

from envdoctor.watch.roles import Seen, below, ranks, workers


def table(*rows: Seen) -> Dict[int, Seen]:
    return {row.pid: row for row in rows}


def seen(pid: int, parent: int, command: str, name: str = "python") -> Seen:
    return Seen(pid, parent, name, command, 1000, pid)


TRAIN = "python train.py --epochs 3"


def test_forked_workers_have_their_parents_arguments() -> None:
    of = table(seen(1, 0, "bash"), seen(2, 1, TRAIN), seen(3, 2, TRAIN, "pt_data_worker"), seen(4, 2, TRAIN))
    assert workers(of, 2, (2,)) == (3, 4)


def test_spawned_workers_and_helpers() -> None:
    of = table(
        seen(2, 1, TRAIN),
        seen(
            3,
            2,
            "python -c from multiprocessing.spawn import spawn_main; spawn_main(pipe_handle=9) --multiprocessing-fork",
        ),
        seen(4, 2, "python -c from multiprocessing.resource_tracker import main;main(8)"),
        seen(5, 2, "python -m torch._inductor.compile_worker --pickler=x"),
        seen(6, 2, "torch_shm_manager"),
        seen(7, 2, "nvidia-smi dmon"),
    )
    assert workers(of, 2, (2,)) == (3,)


def test_workers_of_a_fork_server_are_its_children() -> None:
    server = "python -c from multiprocessing.forkserver import main; main(5)"
    of = table(seen(2, 1, TRAIN), seen(3, 2, server), seen(4, 3, server, "pt_data_worker"))
    assert workers(of, 2, (2,)) == (4,)
    shell = {1: seen(1, 0, "sh"), **of}
    assert ranks(shell, 1, (), (2, 4)) == (2,) == ranks(shell, 1, (), ())


def test_ranks_hold_a_gpu_each() -> None:
    launcher = "python /usr/bin/torchrun --nproc-per-node 2 train.py"
    of = table(
        seen(2, 1, launcher),
        seen(3, 2, TRAIN),
        seen(4, 2, TRAIN),
        seen(5, 3, TRAIN, "pt_data_worker"),
        seen(6, 4, TRAIN),
    )
    assert ranks(of, 2, holders=(3, 4), computing=()) == (3, 4)
    assert workers(of, 3, (3, 4)) == (5,) and workers(of, 4, (3, 4)) == (6,)


def test_a_worker_that_touched_cuda_is_no_rank() -> None:
    of = table(seen(2, 1, TRAIN), seen(3, 2, TRAIN, "pt_data_worker"), seen(4, 2, TRAIN))
    assert ranks(of, 2, holders=(2, 3, 4), computing=()) == (2,)


def test_without_a_gpu_those_that_have_workers() -> None:
    of = table(seen(1, 0, "sh run.sh", "sh"), seen(2, 1, TRAIN), seen(3, 2, TRAIN, "pt_data_worker"))
    assert ranks(of, 1, (), ()) == (2,)


def test_without_workers_those_that_have_torch_and_else_the_root() -> None:
    of = table(seen(1, 0, "sh run.sh", "sh"), seen(2, 1, TRAIN), seen(3, 2, TRAIN))
    assert ranks(of, 1, (), (2, 3)) == (2,)
    assert ranks(table(seen(1, 0, "sh")), 1, (), ()) == (1,)


def test_a_table_with_a_circle_or_without_the_root() -> None:
    assert below({}, 7) == ()
    assert below(table(seen(1, 2, "a"), seen(2, 1, "b")), 1) == (1, 2)
    assert workers({}, 7, ()) == ()
