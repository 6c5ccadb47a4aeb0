// Sorting happens here and outlasts the rows that are still streaming in.
let key = null;
let best = true;
let exact = false;

// The box is painted anew with the rows; whether it is ticked is known here.
function tell() {
  element.querySelector('section').classList.toggle('in-full', exact);
  const box = element.querySelector('[data-exact]');
  if (box) box.checked = exact;
}
element.addEventListener('change', (event) => {
  if (!event.target.matches('[data-exact]')) return;
  exact = event.target.checked;
  tell();
});

function sort() {
  const buttons = Array.from(element.querySelectorAll('th button[data-key]'));
  const column = buttons.findIndex((one) => one.dataset.key === key);
  buttons.forEach((one, at) => {
    const order = at === column ? (best ? 'ascending' : 'descending') : 'none';
    one.parentElement.setAttribute('aria-sort', order);
  });
  if (column < 0) return;
  const up = buttons[column].dataset.good === 'up' ? -1 : 1;
  const body = element.querySelector('tbody');
  const value = (row) => {
    const shown = row.children[column + 1]?.dataset.value;
    return shown === undefined ? null : Number(shown) * up;
  };
  const rows = Array.from(body.rows);
  rows.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return best ? x - y : y - x;
  });
  rows.forEach((row) => body.append(row));
}

element.addEventListener('click', (event) => {
  const away = event.target.closest('[data-go]');
  if (away) {
    event.preventDefault();
    window.dispatchEvent(new CustomEvent('lethe:view', { detail: away.dataset.go }));
  }
  const head = event.target.closest('button[data-key]');
  if (head) {
    best = head.dataset.key === key ? !best : true;
    key = head.dataset.key;
    sort();
  }
  if (event.target.closest('[data-compare]')) trigger('compare', {});
  if (event.target.closest('[data-stop]')) trigger('stop', {});
});
enters('compare');
watch('value', () => { sort(); tell(); });
