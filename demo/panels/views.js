// Which place is shown stands in the address, `?view=yours`, so that Back, a reload and a link work.
const links = () => Array.from(element.querySelectorAll('[data-place]'));
const keys = () => links().map((one) => one.dataset.place);
const scrolled = {};

function asked() {
  const key = new URL(window.location).searchParams.get('view');
  return keys().includes(key) ? key : keys()[0];
}

function address(key) {
  const url = new URL(window.location);
  if (key === keys()[0]) url.searchParams.delete('view'); else url.searchParams.set('view', key);
  return url;
}

function show(key) {
  const before = document.body.dataset.view;
  if (before) scrolled[before] = window.scrollY;
  document.body.dataset.view = key;
  links().forEach((one) => {
    if (one.dataset.place === key) one.setAttribute('aria-current', 'page');
    else one.removeAttribute('aria-current');
  });
  const link = links().find((one) => one.dataset.place === key);
  document.title = key === keys()[0] ? 'Lethe' : `${link.textContent} · Lethe`;
  if (before && before !== key) window.scrollTo(0, scrolled[key] || 0);
  window.dispatchEvent(new CustomEvent('lethe:viewed', { detail: key }));
}

function go(key) {
  if (!keys().includes(key) || key === document.body.dataset.view) return;
  window.history.pushState(window.history.state, '', address(key));
  show(key);
}

element.addEventListener('click', (event) => {
  const link = event.target.closest('[data-place]');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
    return;
  }
  event.preventDefault();
  go(link.dataset.place);
});

window.addEventListener('popstate', () => show(asked()));
window.addEventListener('lethe:view', (event) => go(event.detail));
show(asked());

// From a width on the bar lies beside the name of the page; where words are long, the line between
// them gives way.
function fit() {
  const pickers = document.querySelector('#header .pickers');
  if (!pickers) return;
  delete document.body.dataset.tight;
  const [bar, other] = [element.querySelector('.places'), pickers].map((one) => one.getBoundingClientRect());
  const over = bar.bottom > other.top && other.bottom > bar.top && bar.right + 20 > other.left && other.right + 20 > bar.left;
  if (over) document.body.dataset.tight = '';
}
window.addEventListener('resize', fit);
document.fonts.ready.then(fit);
fit();
