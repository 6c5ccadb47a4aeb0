// The strength slider moves over curves that are already here; nothing is asked of the server. It
// stands beside this panel, with the charts, and a cursor over them follows it by `--at`.
const panel = () => element.closest('#attack-panel');
const find = (selector) => panel().querySelector(selector);
let kind = 'training';
const at = {};

function show() {
  const slider = find('[data-strength]');
  panel().dataset.kind = kind;
  if (!slider) return;
  const tab = find(`[name="lethe-strength"][value="${kind}"]`);
  tab.checked = true;
  const curve = JSON.parse(tab.dataset.curve);
  const last = curve.effort.length - 1;
  const usual = kind === 'penalty' ? Math.max(curve.effort.indexOf('1'), 0) : last;
  const step = Math.min(at[kind] ?? usual, last);
  slider.max = last;
  slider.value = step;
  panel().style.setProperty('--at', step / (last || 1));
  const effort = curve.words.replace('{effort}', curve.effort[step]);
  slider.setAttribute('aria-valuetext', effort);
  const figures = { effort, forgotten: curve.forget[step], rest: curve.retain[step], floor: curve.floor[step] };
  find('[data-words]').textContent = figures.floor === '–'
    ? t('With {effort} the probe names {forgotten} of the forgotten and {rest} of the rest.', figures)
    : t('With {effort} the probe names {forgotten} of the forgotten and {rest} of the rest, and takes {floor} of strangers for each of them.', figures);
}

panel().addEventListener('input', (event) => {
  if (!event.target.matches('[data-strength]')) return;
  event.stopPropagation();
  at[kind] = Number(event.target.value);
  show();
});
panel().addEventListener('change', (event) => {
  if (!event.target.matches('[name="lethe-strength"]')) return;
  event.stopPropagation();
  kind = event.target.value;
  show();
});
// The slider's own panel is drawn anew by the page, after this one or before it.
new MutationObserver(() => {
  const words = find('[data-words]');
  if (words && !words.textContent) show();
}).observe(panel(), { childList: true, subtree: true });
element.addEventListener('click', (event) => {
  const away = event.target.closest('[data-go]');
  if (away) {
    event.preventDefault();
    window.dispatchEvent(new CustomEvent('lethe:view', { detail: away.dataset.go }));
  }
  if (event.target.closest('[data-attack]')) trigger('attack', {});
  if (event.target.closest('[data-stop]')) trigger('stop', {});
});
enters('attack');
watch('value', show);
show();
