// One popover for all terms of the page: the button that is pressed says which word it is about.
const tip = element.querySelector('#word');
const all = element.querySelector('#all-words');
const GAP = 8;
let by = null, opener = null;

const entry = (key) => all.querySelector(`[data-word="${CSS.escape(key)}"]`);

function fill() {
  const word = entry(by.dataset.term);
  tip.querySelector('#word-name').textContent = word ? word.querySelector('dt').textContent : by.textContent;
  const said = word ? Array.from(word.querySelectorAll('dd'), (one) => one.textContent) : [];
  const more = (by.dataset.more || '').split('\n').filter(Boolean);
  tip.querySelector('[data-said]').replaceChildren(...[...said, ...more].map((text, at) => {
    const line = document.createElement('p');
    line.textContent = text;
    if (at >= said.length) line.className = 'exact';
    return line;
  }));
}

// Below its button where there is room, else above, and always inside the window.
function place() {
  if (!by || !tip.matches(':popover-open')) return;
  const box = by.getBoundingClientRect(), own = tip.getBoundingClientRect();
  // `clientWidth` counts the place that is kept free for a scroll bar; nothing is painted there.
  const page = document.documentElement.getBoundingClientRect(), high = window.innerHeight;
  const inside = (at, size, from, to) => Math.max(from + GAP, Math.min(at, to - size - GAP));
  const start = getComputedStyle(by).direction === 'rtl' ? box.right - own.width : box.left;
  const below = box.bottom + GAP / 2, above = box.top - own.height - GAP / 2;
  const top = below + own.height + GAP <= high || above < GAP ? below : above;
  tip.style.left = `${inside(start, own.width, page.left, page.right)}px`;
  tip.style.top = `${inside(top, own.height, 0, high)}px`;
}

// A panel may have been painted anew meanwhile: then its new button stands for the old one.
function same(button) {
  if (!button || button.isConnected) return button;
  const box = button.dataset.box && document.getElementById(button.dataset.box);
  return (box || document).querySelector(`.term[data-term="${CSS.escape(button.dataset.term)}"]`);
}

// Before the browser itself opens or closes the popover, which a click on a term makes it do.
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('.term');
  if (button) {
    by?.setAttribute('aria-expanded', 'false');
    by = button;
    by.dataset.box = by.closest('.block[id]')?.id || '';
    fill();
  } else if (event.target.closest?.('[data-glossary]')) {
    const inTip = tip.contains(event.target);
    opener = inTip ? by : event.target.closest('[data-glossary]');
    tip.hidePopover();
    all.showModal();
    if (inTip) entry(by.dataset.term)?.scrollIntoView({ block: 'center' });
  }
}, true);
tip.addEventListener('beforetoggle', (event) => {
  if (event.newState === 'open') requestAnimationFrame(place);
});
tip.addEventListener('toggle', (event) => {
  const open = event.newState === 'open', button = same(by);
  button?.setAttribute('aria-expanded', open);
  if (!open && document.activeElement === document.body && !all.open) button?.focus();
});
all.addEventListener('close', () => same(opener)?.focus());
window.addEventListener('resize', place);
window.addEventListener('scroll', (event) => { if (!tip.contains(event.target)) place(); }, true);
