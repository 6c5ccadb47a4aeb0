// Opens the list, asks for a file, and fetches what was made by the session's own door, once.
const opener = element.querySelector('[data-open]');
const list = element.querySelector('#take-list');
let turn = 0;
let waiting = false;
let asked = '';

function paint() {
  opener.disabled = !props.session || !props.ready;
  if (!props.ready) open(false);
  for (const one of list.querySelectorAll('[data-key]')) one.disabled = waiting;
}

function open(on) {
  list.hidden = !on;
  opener.setAttribute('aria-expanded', String(on));
}

function fill() {
  list.querySelector('[data-rows]').innerHTML = props.rows || '';
  paint();
}

// Said once for who listens, and shown where it was asked.
function tell() {
  const text = props.said?.text || '';
  list.querySelector('[data-said]').textContent = text;
  for (const one of list.querySelectorAll('[data-told]')) {
    one.textContent = one.dataset.told === asked ? text : '';
  }
}

function save(name, data) {
  const url = URL.createObjectURL(data);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

async function fetched(names) {
  const session = encodeURIComponent(props.session);
  for (const name of names) {
    const where = `lethe/take?session=${session}&name=${encodeURIComponent(name)}`;
    const answer = await fetch(where, { method: 'POST' });
    if (answer.ok) save(name, await answer.blob());
  }
}

element.addEventListener('click', (event) => {
  if (event.target.closest('[data-open]')) open(list.hidden);
  const row = event.target.closest('[data-key]');
  if (!row || waiting) return;
  turn += 1;
  waiting = true;
  asked = row.dataset.key;
  paint();
  trigger('make', { turn, key: asked });
});
// The line below the steps leads here.
window.addEventListener('lethe:take', () => {
  if (opener.disabled) return;
  open(true);
  opener.focus({ preventScroll: true });
  element.closest('#take-panel').scrollIntoView({ block: 'start' });
});
watch('made', async () => {
  if (props.made?.turn !== turn || !waiting) return;
  try {
    await fetched(props.made.names);
  } finally {
    waiting = false;
    paint();
  }
});
watch('session', paint);
watch('ready', paint);
watch('rows', fill);
watch('said', tell);
fill();
