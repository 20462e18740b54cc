"""Pools of threads that must not fight for the processor.

NumPy multiplies matrices with OpenBLAS, whose threads busy-wait for some 25 ms after each product
in case another comes. An encoder's own threads, those of torch, then find no free core:
on 2 cores embedding a text took 90 ms in place of 28 ms. NumPy's products here are small, and one
thread is enough for them.

Torch's threads wait for each other at the end of every layer. Where many chats are answered, one
core is busy with everything that is not torch, and a thread of torch that does not get its core
makes all others wait, turning: with two threads on two busy cores embedding a text took 0.1 to
1.5 s in place of 26 ms.
"""

import os

import threadpoolctl


def leave_cores_to_torch() -> None:
    """Let NumPy's products use one thread each, in the whole process, from now on."""
    threadpoolctl.ThreadpoolController().limit(limits=1, user_api="blas")


def leave_a_core_to_python() -> None:
    """Let torch use all cores but one in the whole process, for a server of many chats.

    A smaller number that was asked for by ``OMP_NUM_THREADS`` stays.
    """
    import torch

    torch.set_num_threads(min(torch.get_num_threads(), max(1, usable_cores() - 1)))


def usable_cores() -> int:
    """Cores that this process may run on, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads_for_networks() -> int:
    """Cores to compute with; OMP_NUM_THREADS, which torch heeds as well, may say fewer."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(usable_cores(), int(asked)) if asked.isdecimal() and int(asked) else usable_cores()
