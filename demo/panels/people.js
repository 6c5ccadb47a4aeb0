// The cards are real checkboxes: the browser brings keyboard, focus and screen reader. This only
// keeps `{chosen, last, turn}` in `props.value`, and shows what became of whom. Of a large gallery
// the first cards are here; the others come from the server when they are scrolled to, searched
// for or chosen. `props.roster` knows everybody's name.
const find = (selector) => element.querySelector(selector);
const all = (selector) => Array.from(element.querySelectorAll(selector));
const card = (label) => find(`.card[data-label="${label}"]`);
const fates = () => props.fates || {};
const TOGETHER = 50; // milliseconds within which clicks are told at once
let turn = 0;
let mine = null;
let soon = null;
let limit = 0;
let found = [];
let folded = null;
const asked = new Set();

const chosen = () => new Set((props.value && props.value.chosen) || []);
const free = () => props.roster.names.map((_, label) => label).filter((label) => !fates()[label]);

// Case, accents and how a disk spells them make no difference: `zoe` finds Zoë.
function fold(text) {
  return text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '').replace(/ß/g, 'ss')
    .replace(/[\s_]+/g, ' ').trim();
}

function matches() {
  const typed = fold(find('input[type=search]').value);
  if (!folded || folded.of !== props.roster.token) {
    folded = { of: props.roster.token, names: props.roster.names.map(fold) };
    limit = 0;
  }
  const labels = [];
  folded.names.forEach((name, label) => { if (name.includes(typed)) labels.push(label); });
  return labels;
}

// Which cards are to be seen: the first so many that match, and whoever is chosen or forgotten.
function arrange() {
  found = matches();
  limit = Math.max(limit, props.roster.at_once);
  const shown = new Set(found.slice(0, limit));
  if (!find('input[type=search]').value.trim()) {
    for (const label of [...chosen(), ...Object.keys(fates()).map(Number)]) shown.add(label);
  }
  all('.card').forEach((one) => { one.hidden = !shown.has(Number(one.dataset.label)); });
  find('.nobody').hidden = found.length > 0;
  const rest = find('[data-more]');
  const left = found.length - Math.min(limit, found.length);
  rest.hidden = !left;
  rest.textContent = tn('{count} more: scroll on or search', '{count} more: scroll on or search', left);
  bring(Array.from(shown));
}

function bring(labels) {
  const { token } = props.roster;
  const missing = labels.filter((label) => !card(label) && !asked.has(`${token}/${label}`));
  for (let at = 0; at < missing.length; at += props.roster.at_once) {
    const some = missing.slice(at, at + props.roster.at_once);
    some.forEach((label) => asked.add(`${token}/${label}`));
    const done = () => some.forEach((label) => asked.delete(`${token}/${label}`));
    server.more(`${token}/${some.join()}`).then((html) => {
      done();
      if (token === props.roster.token && html) insert(html);
    }, done);
  }
}

function insert(html) {
  const box = document.createElement('template');
  box.innerHTML = html;
  const here = all('.card');
  let at = 0;
  Array.from(box.content.children)
    .sort((a, b) => a.dataset.label - b.dataset.label)
    .forEach((one) => {
      if (card(one.dataset.label)) return;
      while (at < here.length && Number(here[at].dataset.label) < Number(one.dataset.label)) at += 1;
      find('.cards').insertBefore(one, here[at] || find('[data-more]'));
    });
  show();
  showFates();
}

function show() {
  const now = chosen();
  all('.card input').forEach((box) => { box.checked = now.has(Number(box.value)); });
  const count = find('[data-count]');
  const everybody = props.roster.names.length.toLocaleString('en');
  const text = now.size ? tn('{count} of {everybody} chosen', '{count} of {everybody} chosen', now.size, { everybody })
    : t('none chosen');
  if (count && count.textContent !== text) count.textContent = text;
  arrange();
}

function tell() {
  document.dispatchEvent(
    new CustomEvent('lethe:chosen', { detail: { labels: Array.from(chosen()) } }));
}

function choose(labels, last) {
  const now = Array.from(new Set(labels)).sort((a, b) => a - b);
  turn += 1;
  props.value = mine = { chosen: now, last: last ?? null, turn };
  show();
  tell();
  ask();
}

// Quick clicks are told together: the server answers the last of them, once it knows this page.
function ask() {
  clearTimeout(soon);
  if (props.session) soon = setTimeout(() => trigger('choose', {}), TOGETHER);
}

function toggle(label, on) {
  const now = chosen();
  if (on) now.add(label); else now.delete(label);
  choose(now, on ? label : null);
}

function showFates() {
  all('.card').forEach((one) => {
    const fate = fates()[one.dataset.label];
    one.classList.toggle('erased', fate?.kind === 'erased');
    one.classList.toggle('hidden-name', fate?.kind === 'hidden');
    one.querySelector('input').disabled = Boolean(fate);
    const line = one.querySelector('.fate');
    const note = fate ? fate.note : line.dataset.photos;
    // The same text written again would lay out every card.
    if (line.textContent !== note) line.textContent = note;
  });
  find('.people-top').toggleAttribute('data-busy', Boolean(props.busy));
}

element.addEventListener('change', (event) => {
  event.stopPropagation();
  if (event.target.matches('[data-groups]') && event.target.value) {
    const there = new Set(free());
    const group = JSON.parse(event.target.value).filter((label) => there.has(label));
    event.target.value = '';
    choose(group, group[0]);
  }
  if (event.target.matches('.card input')) toggle(Number(event.target.value), event.target.checked);
});
element.addEventListener('input', (event) => {
  if (!event.target.matches('input[type=search]')) return;
  limit = 0;
  find('.cards').scrollTop = 0;
  arrange();
});
element.addEventListener('keydown', (event) => {
  // In the search field, Enter chooses when one person is left.
  if (event.key !== 'Enter' || !event.target.matches('input[type=search]')) return;
  const [only] = found;
  if (found.length === 1 && !fates()[only]) toggle(only, !chosen().has(only));
});
function further() {
  if (found.length <= limit) return;
  limit += props.roster.at_once;
  arrange();
}
element.addEventListener('scroll', (event) => {
  const list = event.target;
  if (!list.matches?.('.cards')) return;
  if (list.scrollTop + list.clientHeight > list.scrollHeight - 300) further();
}, true);
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.matches('[data-more]')) {
    further();
  } else if (button.matches('[data-clear]')) {
    choose([]);
  } else if (button.matches('[data-random]')) {
    const left = free();
    for (let i = left.length - 1; i > 0; i -= 1) {
      const j = Math.floor(Math.random() * (i + 1));
      [left[i], left[j]] = [left[j], left[i]];
    }
    const five = left.slice(0, Math.min(5, left.length - 1));
    choose(five, five[0]);
  }
});

// A box on the map chooses as ticks do.
document.addEventListener('lethe:choose', (event) => {
  const { labels, on } = event.detail;
  const there = new Set(free());
  const wanted = labels.filter((label) => there.has(label));
  const now = chosen();
  wanted.forEach((label) => { if (on) now.add(label); else now.delete(label); });
  if (wanted.length) choose(now, on ? wanted[0] : null);
});

watch('value', () => {
  // The value of the first paint may come after the first tick.
  if (props.value.first && mine) choose(mine.chosen, mine.last);
  show();
  tell();
});
plays('fates', ({ fates }) => fates, showFates);
watch('session', () => { if (mine) ask(); });
watch(['fates', 'busy'], () => { showFates(); arrange(); });
watch(['markup', 'roster'], () => { show(); tell(); showFates(); });
// The cards are there before this runs: who was quick is not to tick again.
const early = all('.card input:checked').map((box) => Number(box.value));
if (early.length && !chosen().size) choose(early, early.at(-1)); else show();
tell();
showFates();
