"""The page's head: its name, what is looked at, light or dark."""

from collections.abc import Mapping, Sequence

import gradio as gr

from demo import templates
from engine.service.shelf import Choice

JS = """
const find = (selector) => element.querySelector(selector);
const selects = () => [find('[data-faces]'), find('[data-backbone]')];
function show() {
  if (!props.value) return;
  const [faces, backbone] = selects();
  faces.value = props.value.faces;
  backbone.value = props.value.backbone;
  selects().forEach((one) => { one.disabled = Boolean(props.busy); });
}
element.addEventListener('change', (event) => {
  event.stopPropagation();
  const [faces, backbone] = selects();
  props.value = { faces: faces.value, backbone: backbone.value };
  trigger('open_workspace', {});
});
element.addEventListener('click', (event) => {
  if (!event.target.closest('[data-theme]')) return;
  const dark = document.body.classList.toggle('dark');
  localStorage.setItem('lethe-theme', dark ? 'dark' : 'light');
  window.dispatchEvent(new Event('lethe-theme'));
});
watch(['value', 'busy'], show);
show();
"""


def build(
    galleries: Sequence[Choice], backbones: Sequence[Choice], at: Mapping[str, str]
) -> gr.HTML:
    """The header. Its value is `{"faces", "backbone"}`; event `open_workspace` on a change."""
    return gr.HTML(
        value=dict(at),
        html_template="${markup}",
        js_on_load=JS,
        apply_default_css=False,
        elem_id="header",
        markup=markup(galleries, backbones),
        busy=False,
    )


def markup(galleries: Sequence[Choice], backbones: Sequence[Choice]) -> str:
    """The header's HTML."""
    return templates.render("header", galleries=galleries, backbones=backbones)
