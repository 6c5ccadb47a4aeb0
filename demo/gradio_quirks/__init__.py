"""What Gradio 6.31.0 forces on the page, one thing a module, each with why.

`tests/demo/test_gradio_quirks.py` fails when Gradio itself no longer needs one of them.
"""

PINNED = "6.31.0"
"""The version whose ways these modules know; `requirements.txt` holds the same."""
