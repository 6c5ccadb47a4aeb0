// The cards are real checkboxes: the browser brings keyboard, focus and screen reader. This only
// keeps `{chosen, last, turn}` in `props.value`, and shows what became of whom.
const find = (selector) => element.querySelector(selector);
const all = (selector) => Array.from(element.querySelectorAll(selector));
let turn = 0;
let soon = null;
let later = null;
const boxes = () => all('.card input');

const free = () => boxes().filter((box) => !box.disabled).map((box) => Number(box.value));

function show() {
  const chosen = new Set((props.value && props.value.chosen) || []);
  const known = boxes();
  known.forEach((box) => { box.checked = chosen.has(Number(box.value)); });
  const count = find('[data-count]');
  const text = chosen.size ? `${chosen.size} of ${known.length} chosen` : 'none chosen';
  if (count && count.textContent !== text) count.textContent = text;
  document.dispatchEvent(
    new CustomEvent('lethe:chosen', { detail: { labels: Array.from(chosen) } }));
}

function choose(labels, last) {
  const chosen = Array.from(new Set(labels)).sort((a, b) => a - b);
  turn += 1;
  props.value = { chosen, last: last ?? null, turn };
  show();
  // Quick clicks are told together: the server answers the last of them.
  clearTimeout(soon);
  clearTimeout(later);
  soon = setTimeout(() => trigger('choose', {}), 100);
  later = setTimeout(() => trigger('rested', {}), 500);
}

function showFates() {
  all('.card').forEach((card) => {
    const fate = (props.fates || {})[card.dataset.label];
    card.classList.toggle('erased', fate?.kind === 'erased');
    card.classList.toggle('hidden-name', fate?.kind === 'hidden');
    card.querySelector('input').disabled = Boolean(fate);
    const line = card.querySelector('.fate');
    line.textContent = fate ? fate.note : line.dataset.photos;
  });
  find('.people-top').toggleAttribute('data-busy', Boolean(props.busy));
}

function search() {
  const typed = find('input[type=search]').value.trim().toLocaleLowerCase();
  let shown = 0;
  all('.card').forEach((card) => {
    const match = card.querySelector('.name').textContent.toLocaleLowerCase().includes(typed);
    card.hidden = !match;
    shown += match;
  });
  find('.nobody').hidden = shown > 0;
}

element.addEventListener('change', (event) => {
  event.stopPropagation();
  if (event.target.matches('[data-groups]') && event.target.value) {
    const group = JSON.parse(event.target.value).filter((label) => free().includes(label));
    event.target.value = '';
    choose(group, group[0]);
  }
  if (!event.target.matches('.card input')) return;
  const on = boxes().filter((box) => box.checked).map((box) => Number(box.value));
  choose(on, event.target.checked ? Number(event.target.value) : null);
});
element.addEventListener('input', (event) => {
  if (event.target.matches('input[type=search]')) search();
});
element.addEventListener('keydown', (event) => {
  // In the search field, Enter chooses when one person is left.
  if (event.key !== 'Enter' || !event.target.matches('input[type=search]')) return;
  const left = all('.card:not([hidden]) input:not(:disabled)');
  if (left.length === 1) left[0].click();
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.matches('[data-clear]')) {
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

watch('value', show);
watch(['fates', 'busy'], showFates);
watch('markup', () => { show(); showFates(); });
show();
showFates();
