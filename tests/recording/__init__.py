"""How the machines under tests/machines were recorded, and are again when a probe learns to ask more.

    python -m tests.recording FOLDER [NAME...]        # as root on Linux; FOLDER holds what cannot be made here

Each machine is staged in name spaces of its own (mounts, processes, host name): a real distribution in an overlay, a
real user, a real environment at a path as people have it, device files and kernel tables of its GPUs, and the
stand-in NVML. What no stage can show (another kernel, another C library, the mounts and disks of a server) is answered
by `inside.Changed`; README.md of each machine says what was set by hand.

FOLDER/roots/NAME is a root file system made by debootstrap, FOLDER/torch/VERSION a virtual environment that holds a
real torch. Machines whose parts are missing are left as they are.
"""
