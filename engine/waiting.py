"""How idle threads of OpenMP wait: to be said before torch is imported for the first time."""

import os

SPINS = "20000"
"""Looks for new work before a thread sleeps, a tenth of a millisecond or two: long enough to
bridge two steps of one computation, too short to take a core from another one."""


def wait_briefly() -> None:
    """Let idle threads look for work a moment and then sleep; what the user set stays.

    By default they spin for milliseconds, and two pools that do so ruin each other on a small
    machine. Threads that sleep at once take longer to wake than many a small product takes.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    # NumPy's and SciPy's own pool: it is asked for tiny problems alone (scikit-learn's), for which
    # waking a second thread takes longer than they do. Large products are torch's.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
