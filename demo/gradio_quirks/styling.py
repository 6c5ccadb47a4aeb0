"""Style sheets that stay when nothing in them is new.

With every property of a panel that changes, Gradio writes the panel's style sheet anew, the same as
before: the browser reads it again and asks of the whole page which of its rules hold where.
"""

JS = """
  const written = Object.getOwnPropertyDescriptor(Node.prototype, 'textContent');
  Object.defineProperty(HTMLStyleElement.prototype, 'textContent', {
    ...written,
    set(text) { if (text !== this.textContent) written.set.call(this, text); },
  });
"""
