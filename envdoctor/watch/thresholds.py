"""The numbers that decide, once.

How they were established: `scripts/watch_bench.py` runs real DataLoader jobs whose own clocks tell what they waited
for, at 58 settings of nine kinds, on two CPUs shared with others (loads of 3 to 70). They were fixed on every second
setting of two passes; UNEVEN was added for two runs of the second, one on either half. A third and a fourth pass,
recorded after that, are kept in tests/watch/recorded.jsonl.gz: 58 of 58 runs are named right on the settings that they
were fixed on, 57 of 58 on the others (a quota that held the job back in 17 % of the periods, beside busy neighbours).
"""

from __future__ import annotations

#: What the kernel calls the waits of network and user-space file systems and of sockets (/proc/PID/wchan). A process
#: in one of them is asleep (S) like one that has nothing to do.
REMOTE_WAITS = (
    *("request_wait_answer", "fuse_", "rpc_wait", "nfs_", "p9_client", "cifs_", "wait_for_response", "ceph_"),
    *("sk_wait_data", "wait_woken", "tcp_", "inet_", "folio_wait", "io_schedule", "wait_on_page"),
)

#: Looks a second at the state of each process, and what the watch may use of one CPU before it looks less often.
GLANCES = 20.0
FEWEST_GLANCES = 2.0
CPU_BUDGET = 0.005
#: Processes whose state is looked at in each round; of more, a part each time.
AT_ONCE = 24

#: Share of the time in which a kernel ran. At GPU_FULL nothing but the GPU can be worth mending; below MAIN_SLOW a main
#: process that is at work beside it is what the GPU waits for.
GPU_FULL = 0.85
MAIN_SLOW = 0.80
#: Share of the time in which a worker has nothing to do: workers with SLACK keep up, those with less than SATURATED
#: never rest.
SLACK = 0.15
SATURATED = 0.08
#: Batches are used in order: where one worker is late the loop waits for it, and the others have a rest meanwhile. With
#: less rest than this they may still be what is waited for.
UNEVEN = 0.4
#: How much of the time that the GPU idles the main process must be at work, to be what it waits for.
MAIN_EXPLAINS = 0.6
#: Of a worker's time: waiting for storage; waiting for a CPU. Of control group's periods: held back.
DISK = 0.25
DELAY = 0.3
THROTTLED = 0.2
#: Workers for each CPU that are too many; CPUs of others, of those that the job may use.
CROWD = 1.5
NEIGHBOURS = 0.25
#: CPUs that a job must use to be one that computes on the CPU.
COMPUTES = 0.5
#: Share of the multiprocessors that others use on the job's card.
SHARED = 0.2
#: Power, of the limit, of a card that is "busy" with waiting: a collective's kernel spins and burns little.
SPINNING_POWER = 0.4
#: Seconds and GPU samples without which nothing is said with high confidence, or at all.
LONG = 8.0
SHORT = 2.0
