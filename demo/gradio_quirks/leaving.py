"""What Gradio remembers of a visitor goes when they do.

It keeps the last value of every component, and so the small pictures of somebody's own photos, for
10,000 visitors, whether their tabs are closed or not.
"""

from collections.abc import Callable, Collection

import gradio as gr
from gradio.state_holder import SessionState


def keep_only(page: gr.Blocks, known: Callable[[str], bool], wiped: Collection[str] = ()) -> None:
    """Drop what is remembered of visitors who are not `known` by their session hash any more.

    Of those who `wiped` their data too, but for the streams that their open pages still hear. Such
    a page is to Gradio like one that was just opened.
    """
    holder = page.state_holder
    with holder.lock:
        for key in list(holder.session_data):
            if not known(key):
                holder.session_data.pop(key, None)
                holder.time_last_used.pop(key, None)
            elif key in wiped:
                # In place: the stream that an open page hears holds on to the state.
                vars(holder.session_data[key]).update(vars(SessionState(page)))
    for key in [one for one in list(page.pending_diff_streams) if not known(one)]:
        page.pending_diff_streams.pop(key, None)
