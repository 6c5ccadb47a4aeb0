// The strength slider moves over curves that are already here; nothing is asked of the server.
const find = (selector) => element.querySelector(selector);
let kind = 'training';
const at = {};

function show() {
  const slider = find('[data-strength]');
  if (!slider) return;
  element.querySelectorAll('[data-kind]').forEach((box) => { box.hidden = box.dataset.kind !== kind; });
  element.querySelectorAll('[name="lethe-strength"]').forEach((one) => { one.checked = one.value === kind; });
  const box = find(`[data-kind="${kind}"]`);
  const curve = JSON.parse(box.dataset.curve);
  const last = curve.effort.length - 1;
  const usual = kind === 'penalty' ? Math.max(curve.effort.indexOf('1'), 0) : last;
  const step = Math.min(at[kind] ?? usual, last);
  slider.max = last;
  slider.value = step;
  const cursor = box.querySelector('.cursor');
  const x = Number(cursor.dataset.left) + (Number(cursor.dataset.width) * step) / (last || 1);
  cursor.setAttribute('x1', x);
  cursor.setAttribute('x2', x);
  const effort = curve.words.replace('{}', curve.effort[step]);
  slider.setAttribute('aria-valuetext', effort);
  const floor = curve.floor[step] === '–' ? '' : `, and takes ${curve.floor[step]} of strangers for each of them`;
  find('[data-words]').textContent =
    `With ${effort} the probe names ${curve.forget[step]} of the forgotten and ${curve.retain[step]} of the rest${floor}.`;
}

element.addEventListener('input', (event) => {
  if (!event.target.matches('[data-strength]')) return;
  event.stopPropagation();
  at[kind] = Number(event.target.value);
  show();
});
element.addEventListener('change', (event) => {
  event.stopPropagation();
  if (!event.target.matches('[name="lethe-strength"]')) return;
  kind = event.target.value;
  show();
});
element.addEventListener('click', (event) => {
  if (event.target.closest('[data-attack]')) trigger('attack', {});
  if (event.target.closest('[data-stop]')) trigger('stop', {});
});
watch('value', show);
show();
