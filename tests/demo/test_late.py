"""The lean import of Gradio: what was left out comes when it is asked for."""

import subprocess
import sys
from pathlib import Path

IMPORTED = """
import inspect, sys
from demo.late import pandas_later
with pandas_later():
    import gradio
    assert not hasattr(sys.modules["pandas"], "__file__")
assert not any(name.partition(".")[0] == "pandas" for name in sys.modules)
from gradio import caching
kept = caching.pd
import pandas, pandas.testing
assert kept is not pandas and kept.DataFrame is pandas.DataFrame
with pandas_later():
    assert sys.modules["pandas"] is pandas
assert sys.modules["pandas"] is pandas
print("fine")
"""
USED_BEFORE = """
import sys
from demo.late import pandas_later
with pandas_later():
    import pandas
    frame = pandas.DataFrame({"a": [1]})
assert sys.modules["pandas"].DataFrame is type(frame)
import pandas.testing
print("fine")
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_gradio_gets_pandas_when_it_asks() -> None:
    """Would catch a stand-in that stays in the way of the real library, or is none."""
    assert run(IMPORTED) == "fine"


def test_pandas_that_is_used_at_once_is_the_real_one() -> None:
    """Would catch two copies of pandas in one process."""
    assert run(USED_BEFORE) == "fine"
