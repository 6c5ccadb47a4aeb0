// What is changed in the review, before the server looks again: `props.value` holds photos left out
// by key, people renamed and photos moved by the names that people were brought under, and the
// faces chosen by their places. `yours.js` brings the photos and shares what stands here.
let looked = null;
let asked = null;
let sifted = 'all';

const value = () => ({ company: true, out: [], names: {}, moved: {}, faces: {}, ...props.value });
const sorted = (some) => Object.fromEntries(Object.entries(some).sort(([a], [b]) => (a < b ? -1 : 1)));
const state = () => JSON.stringify([
  value().company, [...value().out].sort(), sorted(value().names), arrived,
  sorted(value().moved), sorted(value().faces),
]);
const before = () => {
  const [, , names, , moved, faces] = looked ? JSON.parse(looked) : [];
  return { names: names || {}, moved: moved || {}, faces: faces || {} };
};

function change(part) {
  props.value = { ...value(), ...part };
  show();
}

/* What is shown */
function showReview(going, changed) {
  const { moved } = value();
  const out = new Set(value().out);
  all('[data-out]').forEach((box) => {
    box.checked = out.has(box.dataset.out);
    box.disabled = going;
  });
  all('[data-back]').forEach((one) => { one.hidden = !out.has(one.dataset.back); });
  all('[data-leave]').forEach((one) => {
    write(one, out.has(one.dataset.leave) ? t('Take it back') : t('Leave out'));
  });
  all('[data-all]').forEach((one) => {
    write(one, one.dataset[areOut(one, out) ? 'taking' : 'leaving']);
  });
  all('[data-identity]').forEach((field) => {
    const now = current(field.dataset.identity);
    if (document.activeElement !== field && now !== undefined) field.value = now;
    field.disabled = going;
  });
  all('[data-move]').forEach((one) => {
    one.setAttribute('aria-pressed', moved[one.dataset.move] === origins(one.dataset.to)[0]);
  });
  all('[data-unmove]').forEach((one) => {
    one.setAttribute('aria-pressed', !Object.hasOwn(moved, one.dataset.unmove));
  });
  all('[data-face]').forEach((one) => { one.checked = isFace(one); });
  all('.found .link, [data-face]').forEach((one) => { one.disabled = going; });
  const open = find('[data-enter]');
  const again = find('.acts [data-look]');
  open.disabled = going || changed;
  open.classList.toggle('go', !changed);
  again.classList.toggle('go', changed);
  write(find('[data-changed]'), changed ? t('Something is changed; look again first.') : '');
}

// Text that is there already is no news to a screen reader.
function write(one, text) {
  if (one.textContent !== text) one.textContent = text;
}

/* Names: somebody shown as B may have been brought as A, and be renamed once more. */
function origins(shown) {
  const { names } = before();
  const found = Object.keys(names).filter((one) => names[one] === shown);
  if (!Object.hasOwn(names, shown)) found.push(shown);
  return found;
}

function current(shown) {
  const { names } = value();
  const [first] = origins(shown);
  const name = Object.hasOwn(names, first) ? names[first] : first;
  return name === shown ? undefined : name;
}

function rename(field) {
  const shown = field.dataset.identity;
  const plain = field.defaultValue;
  const typed = field.value.replace(/\s+/g, ' ').trim() || plain;
  field.value = typed;
  const names = { ...value().names };
  for (const one of origins(shown)) {
    const name = typed === plain ? shown : typed;
    if (name === one) delete names[one]; else names[one] = name;
  }
  change({ names });
}

/* Photos: left out, given to somebody else, about another face */
function leaveOut(keys, on) {
  const out = new Set(value().out);
  keys.forEach((key) => { if (on) out.add(key); else out.delete(key); });
  change({ out: Array.from(out) });
}

const marked = (kind) => all('.shots li').filter((one) => one.dataset.marks.split(' ').includes(kind));
const keysOf = (kind) => marked(kind).map((one) => one.querySelector('[data-out]').dataset.out);
const areOut = (button, out) => keysOf(button.dataset.all).every((key) => out.has(key));

// A second click takes the first one back.
function move(key, to) {
  const moved = { ...value().moved };
  const was = before().moved[key];
  if (moved[key] !== to) moved[key] = to;
  else if (was === undefined || was === to) delete moved[key];
  else moved[key] = was;
  if (moved[key] === undefined) delete moved[key];
  change({ moved });
}

function unmove(key) {
  const moved = { ...value().moved };
  if (Object.hasOwn(moved, key)) delete moved[key];
  else moved[key] = before().moved[key];
  change({ moved });
}

const placeOf = (radio) => radio.dataset.at.split(',').map(Number);

// Whoever is marked by the server is so by what was asked before, which may be nothing.
function isFace(radio) {
  const now = value().faces[radio.dataset.face];
  const was = before().faces[radio.dataset.face];
  if (JSON.stringify(now) === JSON.stringify(was)) return radio.defaultChecked;
  return JSON.stringify(now) === JSON.stringify(placeOf(radio));
}

function pick(radio) {
  const faces = { ...value().faces };
  const key = radio.dataset.face;
  const was = before().faces[key];
  if (!radio.defaultChecked) faces[key] = placeOf(radio);
  else if (was) faces[key] = was;
  else delete faces[key];
  change({ faces });
}

/* Some of the photos alone */
function sift(kind) {
  sifted = find(`[data-sift="${kind}"]`) ? kind : 'all';
  const some = sifted !== 'all' && sifted !== 'used';
  const fits = (one) => !some || one.dataset.marks.split(' ').includes(sifted);
  all('.sift').forEach((one) => {
    one.setAttribute('aria-pressed', one.dataset.sift === sifted);
  });
  all('.shots li, .notes li').forEach((one) => { one.hidden = !fits(one); });
  all('.person').forEach((one) => { one.hidden = !one.querySelector('.shots li:not([hidden])'); });
  all('.further').forEach((one) => {
    one.hidden = !one.querySelector('li:not([hidden])');
    if (some && !one.hidden) one.open = true;
  });
  all('.remarks').forEach((one) => { if (some) one.open = true; });
  const left = all('.left li');
  left.forEach((one) => { one.hidden = some && one.dataset.kind !== sifted; });
  if (find('.left')) {
    find('.left').hidden = sifted === 'used' || !left.some((one) => !one.hidden);
    if (some) find('.left').open = true;
  }
  if (find('.oddities')) find('.oddities').hidden = sifted !== 'all';
  const button = find(`[data-sift="${sifted}"]`);
  const hint = find('[data-hint]');
  hint.dataset.plain ??= hint.textContent;
  write(hint, button && sifted !== 'all'
    ? t('Shown: {what}. Press it again to see all.', { what: button.textContent }) : hint.dataset.plain);
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button || button.disabled) return;
  const on = button.dataset;
  if (on.back !== undefined) leaveOut([on.back], false);
  else if (on.leave !== undefined) leaveOut([on.leave], !value().out.includes(on.leave));
  else if (on.all !== undefined) leaveOut(keysOf(on.all), !areOut(button, new Set(value().out)));
  else if (on.move !== undefined) move(on.move, origins(on.to)[0]);
  else if (on.unmove !== undefined) unmove(on.unmove);
  else if (on.sift !== undefined) sift(on.sift === sifted ? 'all' : on.sift);
});
element.addEventListener('change', (event) => {
  const field = event.target;
  if (field.matches('[data-out]')) leaveOut([field.dataset.out], field.checked);
  else if (field.matches('[data-identity]')) rename(field);
  else if (field.matches('[data-face]')) pick(field);
});

// Which photo is pointed at, tapped or focused: its file and what is odd about it.
function which(event) {
  const line = find('p[data-which]');
  if (line) line.textContent = event.target.closest('.shot')?.dataset.which || '';
}
element.addEventListener('pointerover', which);
element.addEventListener('focusin', which);

function insert() {
  find('[data-review]').innerHTML = props.review || '';
  looked = props.review ? asked ?? state() : null;
  asked = null;
  show();
  if (!props.review) return;
  sift(sifted);
  // Whoever left something out wants to see that it is.
  if (find('.left [data-back]:not([hidden])')) find('.left').open = true;
}
