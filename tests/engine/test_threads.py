"""Small work runs on one thread, and nothing else in the process notices."""

import pytest
import torch

from engine.threads import ALL, SMALL, few_threads

pytestmark = pytest.mark.skipif(ALL == 1, reason="torch has only one thread here")


def test_small_work_gets_one_thread_and_gives_it_back():
    """Catches a setting that stays: every later extraction would run at half speed."""
    with few_threads(SMALL):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == ALL


def test_an_error_inside_gives_the_threads_back():
    """Catches a refused selection that slows everything after it."""
    with pytest.raises(ValueError, match="refused"), few_threads(1):
        raise ValueError("refused")
    assert torch.get_num_threads() == ALL


def test_large_work_keeps_all_threads():
    """Catches a gallery of 100,000 faces decomposed on one core."""
    with few_threads(SMALL + 1):
        assert torch.get_num_threads() == ALL


def test_nested_use_stays_on_one_thread_until_the_outer_ends():
    """Catches an inner piece of work that wakes all threads for the rest of the outer one."""
    with few_threads(1):
        with few_threads(1):
            pass
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == ALL
