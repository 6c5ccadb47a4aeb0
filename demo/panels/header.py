"""The page's head: its name, what is looked at, light or dark."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from demo import templates
from engine.said import joined, noted, said
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
  if (event.target.matches('[data-language]')) {
    window.dispatchEvent(new CustomEvent('lethe:language', { detail: event.target.value }));
    return;
  }
  const [faces, backbone] = selects();
  if (event.target === backbone && backbone.value === 'yours' && !props.value.model) {
    backbone.value = props.value.backbone;
    window.dispatchEvent(new CustomEvent('lethe:view', { detail: 'yours' }));
    window.dispatchEvent(new Event('lethe:model'));
    return;
  }
  props.value = { ...props.value, faces: faces.value, backbone: backbone.value };
  trigger('open_workspace', {});
});
element.addEventListener('click', (event) => {
  if (event.target.closest('[data-share]')) window.dispatchEvent(new Event('lethe:share'));
  if (!event.target.closest('[data-theme]')) return;
  const dark = document.body.classList.toggle('dark');
  localStorage.setItem('lethe-theme', dark ? 'dark' : 'light');
  window.dispatchEvent(new Event('lethe-theme'));
});
window.addEventListener('lethe:language-stays', () => {
  find('[data-language]').value = lethe.language;
});
watch(['value', 'busy'], show);
show();
"""

OWN_MODEL = noted("Your model…: a face-recognition model of your own, as an ONNX file.")


def build(
    galleries: Sequence[Choice],
    backbones: Sequence[Choice],
    at: Mapping[str, Any],
    *,
    models: bool = False,
) -> gr.HTML:
    """The header. Value: `{"faces", "backbone", "model"}`; event `open_workspace` on a change.

    With `models` an own one may be chosen; where none is there (`model`), this leads to its place.
    """
    return gr.HTML(
        value=dict(at),
        html_template="${markup}",
        js_on_load=JS,
        apply_default_css=False,
        elem_id="header",
        markup=markup(galleries, backbones, models),
        busy=False,
    )


def markup(galleries: Sequence[Choice], backbones: Sequence[Choice], models: bool = False) -> str:
    """The header's HTML."""
    own = [OWN_MODEL] if models else []
    return templates.render(
        "header",
        galleries=galleries,
        backbones=backbones,
        models=models,
        hints=(_hints(galleries), _hints(backbones) + own),
    )


def _hints(choices: Sequence[Choice]) -> list[str]:
    """What each choice is, a line each."""
    return [joined(said("{title}:", title=one.title), one.hint) for one in choices if one.hint]


def read(value: Any) -> tuple[Any, Any]:
    """The two pickers' keys, from the panel's value; nothing where a page sent something else."""
    value = value if isinstance(value, Mapping) else {}
    return value.get("faces"), value.get("backbone")
