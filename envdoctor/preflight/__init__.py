"""May my job start now, and on which GPU: go, no go, cannot tell; a claim for it, and the job itself.

look (NVML) + offers (what this session may use) -> judge (one line a GPU) -> rank -> claims -> the job
"""
