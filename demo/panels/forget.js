// Keeps {method, options} in `props.value`; draws the spectrum with its cut, or a training trace.
const find = (selector) => element.querySelector(selector);
const all = (selector) => Array.from(element.querySelectorAll(selector));
const SHOWN = 26;
let rank = 'auto';
let whose = '', asked = '', ticked = '';

const chosen = () => find('input[name=lethe-method]:checked');
const knobs = () => find(`.knobs[data-for="${chosen().value}"]`);

function options() {
  const out = {};
  knobs().querySelectorAll('select[data-option], input[type=number][data-option]').forEach((field) => {
    if (field.value === '') return;
    out[field.dataset.option] = field.type === 'number' ? Number(field.value) : field.value;
  });
  const box = knobs().querySelector('.rank');
  if (box) out[box.dataset.option] = rank;
  return out;
}

function store() {
  props.value = { method: chosen().value, options: options() };
}

function cut() {
  if (!knobs().querySelector('.rank')) return 0;
  if (rank === 'auto') return props.spectrum ? props.spectrum.auto : 0;
  if (rank === 'paper') return props.spectrum ? props.spectrum.paper : 0;
  return rank;
}

function words(at) {
  const box = knobs().querySelector('.rank');
  if (!box) return;
  const line = box.querySelector('[data-words]');
  const word = line.querySelector('.term');
  box.querySelector('[data-auto]').hidden = rank === 'auto';
  if (!at) {
    line.replaceChildren(word, ': ', t('auto'));
    return;
  }
  const strong = document.createElement('b');
  const dimension = props.spectrum ? props.spectrum.dimension : props.dimension;
  strong.textContent = t('{count} of {dimension} directions', { count: at, dimension });
  line.replaceChildren(word, ': ', strong);
  if (rank === 'auto') line.append(', ', t('auto'));
}

function drawSpectrum() {
  const box = find('[data-spectrum]');
  const at = cut();
  words(at);
  const slider = knobs().querySelector('[data-rank]');
  const values = props.spectrum ? props.spectrum.values : [];
  if (slider) {
    const most = Math.max(2, at, props.spectrum ? props.spectrum.last : 20);
    slider.max = String(most);
    slider.value = String(at || 1);
    slider.disabled = !values.length;
    slider.setAttribute('aria-valuetext', at ? tn('{count} direction', '{count} directions', at) : t('automatic'));
  }
  if (props.trace && props.trace.method === chosen().value) return drawTrace(box);
  box.textContent = '';
  const shown = values.slice(0, Math.max(SHOWN, Math.min(at + 6, values.length)));
  if (!shown.length) {
    const note = document.createElement('p');
    note.textContent = t('Choose people: a bar for each way in which they stand out.');
    box.append(note);
    return undefined;
  }
  const top = shown[0];
  find('.spectrum-key .term').dataset.more = t('From the first: {values}.', { values: shown.map((v) => v.toFixed(2)).join(', ') });
  shown.forEach((value, i) => {
    const bar = document.createElement('i');
    bar.style.height = `${Math.max(2, (100 * value) / top)}%`;
    if (i < at) bar.className = 'cut';
    box.append(bar);
    if (i === at - 1) {
      const line = document.createElement('b');
      // Further to the right stands what the bars are.
      if (i < 0.55 * shown.length) line.textContent = t('cut');
      box.append(line);
    }
  });
  return undefined;
}

function drawTrace(box) {
  const { hits, loss, total } = props.trace;
  const line = (series, top) => series
    .map((v, i) => `${((100 * (i + 1)) / Math.max(total, 1)).toFixed(2)},${(50 - (46 * v) / top).toFixed(2)}`)
    .join(' ');
  const peak = Math.max(...loss, 1e-9);
  box.innerHTML = '<svg viewBox="0 0 100 52" preserveAspectRatio="none">'
    + '<polyline class="loss" points=""/><polyline class="hits" points=""/></svg>'
    + '<span class="key"><i class="hits"></i> <i class="loss"></i></span>';
  box.querySelector('.key .hits').after(t('still named'));
  box.querySelector('.key .loss').after(t('loss'));
  box.querySelector('polyline.hits').setAttribute('points', line(hits, 1));
  box.querySelector('polyline.loss').setAttribute('points', line(loss, peak));
}

function showMethod() {
  const on = chosen();
  if (!on) return;
  all('.knobs, .summary').forEach((box) => { box.hidden = box.dataset.for !== on.value; });
  const more = find('.more');
  if (more) {
    const inside = more.contains(on);
    more.classList.toggle('on', inside);
    more.querySelector('summary span').textContent = inside ? on.dataset.title : t('More ways');
  }
  all('[data-rank]').forEach((slider) => slider.removeAttribute('id'));
  const slider = knobs().querySelector('[data-rank]');
  if (slider) slider.id = 'strength';
  drawSpectrum();
}

element.addEventListener('change', (event) => {
  if (event.target.matches('input[name=lethe-method]')) {
    props.trace = null;
    const more = find('.more');
    if (more && more.contains(event.target)) more.open = false;
    look(false);
    showMethod();
    store();
    trigger('change_method', {});
  } else if (event.target.matches('[data-rank]')) {
    if (!erased()) return;
    rest();
    trigger('settled', {});
  } else if (event.target.matches('[data-option]')) {
    store();
  }
  event.stopPropagation();
});

// ---- the slider: it drags the last deletion, or shows what that of the chosen would do ----
const PATIENCE = 5000; // milliseconds after which a strip that has not come is asked for again
let hand = false, moving = false, served = false, near = '', until = 0, come = {};
const erased = () => props.spectrum && props.spectrum.rank !== null;

// Whether the page itself shows this rank, from the strip that it was sent.
function plays(to) {
  const { spectrum } = props;
  if (!spectrum || ticked !== (erased() ? '' : spectrum.people.join())) return false;
  const method = chosen().value;
  if (erased() && spectrum.method !== method) return false;
  const detail = { mark: spectrum.mark, rank: to, method, preview: !erased() };
  return !document.dispatchEvent(new CustomEvent('lethe:drag', { cancelable: true, detail }));
}

// The slider rests: what it played gives way to what the server says, or goes `back` at once.
function rest(back = false) {
  moving = served = false;
  document.dispatchEvent(new CustomEvent('lethe:rest', { detail: { back } }));
}

// A look at what a deletion would do ends here; a deletion that is dragged goes on.
function look(on) {
  if (!on && moving && !erased()) rest(true);
}

// The strip of the chosen is asked for once the choice rests, that of all ranks once hands are near.
function approach(whole) {
  const { spectrum } = props;
  if (!spectrum || erased() || chosen().value !== spectrum.plays || ticked !== spectrum.people.join()) return;
  if (moving || (come.mark === spectrum.mark && (come.whole || !whole))) return;
  const now = `${spectrum.mark} ${whole}`;
  if ((near === now || near === `${spectrum.mark} true`) && performance.now() < until) return;
  near = now;
  until = performance.now() + PATIENCE;
  trigger('near', { whole });
}
const around = () => {
  const box = knobs().querySelector('.rank');
  return Boolean(box && (box.matches(':hover') || box.contains(document.activeElement)));
};
for (const kind of ['pointerover', 'focusin']) {
  element.addEventListener(kind, (event) => { if (event.target.closest('.rank')) approach(true); });
}

element.addEventListener('pointerdown', (event) => {
  if (event.target.matches('[data-rank]')) hand = true;
});
for (const kind of ['pointerup', 'pointercancel']) {
  window.addEventListener(kind, () => {
    if (!hand) return;
    hand = false;
    look(false);
    // Back where it began, a slider fires no `change`: what stood there stands again.
    if (moving) setTimeout(() => { if (moving && !hand) returned(); }, 60);
  });
}
function returned() {
  const asked = served;
  rest(!asked);
  if (asked) trigger('settled', {});
}
// Keys have no release: what they show stays as long as the slider has the focus.
element.addEventListener('focusout', (event) => {
  if (event.target.matches('[data-rank]') && !hand) look(false);
});

element.addEventListener('input', (event) => {
  if (!event.target.matches('[data-rank]')) return;
  rank = Number(event.target.value);
  props.trace = null;
  drawSpectrum();
  store();
  moving = true;
  if (plays(rank) || !erased()) return;
  served = true;
  trigger('strength', {});
});
document.addEventListener('lethe:strip', ({ detail }) => {
  come = detail;
  if (moving && element.isConnected) plays(rank);
});
element.addEventListener('click', (event) => {
  if (!event.target.closest('[data-auto]')) return;
  rank = 'auto';
  drawSpectrum();
  store();
  trigger('settled', {});
});
element.addEventListener('keydown', (event) => {
  const open = event.target.closest('.pop[open]');
  if (event.key === 'Escape' && open) {
    open.open = false;
    open.querySelector('summary').focus();
  }
});
document.addEventListener('click', (event) => {
  all('.pop[open]').forEach((open) => {
    if (!open.contains(event.target)) open.open = false;
  });
});

// A strength belongs to the people it was set for: whoever is chosen next starts at auto, and
// after a deletion is undone the slider stands where the one before it was made.
document.addEventListener('lethe:chosen', (event) => {
  const now = event.detail.labels.join();
  if (now !== ticked) look(false);
  ticked = now;
  if (!now || now === asked) return;
  asked = now;
  strengthen('auto');
});
function strengthen(to) {
  if (rank === to) return;
  rank = to;
  drawSpectrum();
  store();
}
watch('spectrum', () => {
  const { people, rank: set } = props.spectrum || { people: [], rank: null };
  const now = `${set === null ? 'chosen' : 'erased'} ${people.join()}`;
  if (now !== whose && set !== null) strengthen(set);
  if (!props.spectrum) { asked = ''; strengthen('auto'); }
  whose = now;
  approach(around());
});
watch(['spectrum', 'trace'], drawSpectrum);
watch('markup', () => {
  const kept = props.value && find(`input[name=lethe-method][value="${props.value.method}"]`);
  (kept || find('input[name=lethe-method]')).checked = true;
  showMethod();
  store();
});
showMethod();
