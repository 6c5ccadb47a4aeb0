"""A lost connection, said in the page's own line.

Gradio keeps a failed request to itself: the click is answered by nothing. It asks through `fetch`,
so that a failed one can be seen there.
"""

JS = """
  const ask = window.fetch;
  window.fetch = async (...what) => {
    try {
      return await ask(...what);
    } catch (error) {
      if (error.name !== 'AbortError') lost();
      throw error;
    }
  };
"""
"""Needs `lost()`, which says so, in its scope."""
