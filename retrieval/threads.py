"""Two pools of threads that must not fight for the processor.

NumPy multiplies matrices with OpenBLAS, whose threads busy-wait for some 25 ms after each product
in case another comes. An encoder's own threads, those of torch, then find no free core:
on 2 cores embedding a text took 90 ms in place of 28 ms. NumPy's products here are small, and one
thread is enough for them.
"""

import threadpoolctl


def leave_cores_to_torch() -> None:
    """Let NumPy's products use one thread each, in the whole process, from now on."""
    threadpoolctl.ThreadpoolController().limit(limits=1, user_api="blas")
