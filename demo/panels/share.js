// Shares what is shown, and opens what was shared: a link is read once, when the page is known to
// the server. Its place is read by the bar of places, its step by the lesson.
const LINK = ['faces', 'backbone', 'seed', 'key', 'do', 'people', 'ask', 'theme'];
const LONGEST = 4000; // signs sent on; the server refuses half of it
const box = element.querySelector('[popover]');
const given = () => new URL(window.location).searchParams;
let turn = 0;
let begun = false;
let opened = false;
let stood = null;
let language = '';

function show() {
  turn += 1;
  box.setAttribute('aria-label', t('Share'));
  box.textContent = t('One moment.');
  box.showPopover();
  const at = given();
  trigger('ask', {
    turn,
    base: window.location.origin + window.location.pathname,
    view: document.body.dataset.view === 'studio' ? '' : document.body.dataset.view,
    step: at.get('step') || '',
    theme: document.body.classList.contains('dark') ? 'dark' : 'light',
  });
}

function say(text) {
  box.querySelector('.said').textContent = text;
}

// Without a secure address there is no clipboard to write to but by the old command.
function copied() {
  const field = box.querySelector('input');
  field.focus();
  field.select();
  return document.execCommand('copy');
}

async function copy() {
  let done = true;
  try {
    await navigator.clipboard.writeText(box.querySelector('input').value);
  } catch {
    done = copied();
  }
  say(done ? t('Copied.') : t('The link is selected; copy it with Ctrl+C, or hold it down.'));
}

// The address says what is shown, or nothing.
function forgetLink() {
  const url = new URL(window.location);
  LINK.forEach((key) => url.searchParams.delete(key));
  window.history.replaceState(window.history.state, '', url);
}

// The page in another language is another page: it is opened at what is shown here. What is the
// visitor's own cannot stand in an address.
function speak(sure) {
  const own = props.stands === '' || document.querySelector('#yours [data-end]:not([hidden]), #model [data-state="card"]');
  if (own && !sure) {
    box.innerHTML = element.querySelector('[data-sure]').innerHTML;
    box.setAttribute('aria-label', box.querySelector('h2').textContent);
    box.showPopover();
    box.querySelector('[data-stay]').focus();
    return;
  }
  const rest = given();
  [...LINK, 'lang'].forEach((key) => rest.delete(key));
  const query = [props.stands, rest.toString(), `lang=${encodeURIComponent(language)}`].filter(Boolean).join('&');
  window.location.replace(`${window.location.pathname}?${query}`);
}

window.addEventListener('lethe:share', show);
window.addEventListener('lethe:language', (event) => {
  language = event.detail;
  speak(false);
});
element.addEventListener('click', (event) => {
  if (event.target.closest('[data-copy]')) copy();
  if (event.target.closest('[data-speak]')) speak(true);
  if (event.target.closest('[data-stay]')) box.hidePopover();
});
box.addEventListener('toggle', (event) => {
  if (event.newState === 'closed') window.dispatchEvent(new Event('lethe:language-stays'));
});
watch('shown', () => {
  if (props.shown?.turn !== turn) return;
  box.innerHTML = props.shown.html;
  box.querySelector('[data-copy]:not(:disabled)')?.focus();
});
watch('session', () => {
  const at = given();
  if (begun || !props.session) return;
  begun = true;
  if (['light', 'dark'].includes(at.get('theme'))) {
    document.body.classList.toggle('dark', at.get('theme') === 'dark');
    window.dispatchEvent(new Event('lethe-theme'));
  }
  if (LINK.some((key) => at.has(key))) {
    trigger('open_link', { query: window.location.search.slice(0, LONGEST) });
  }
});
watch('opened', () => {
  if (!props.opened) return;
  opened = true;
  if (props.opened.refused) {
    forgetLink();
    window.dispatchEvent(new CustomEvent('lethe:view', { detail: 'studio' }));
    return;
  }
  const way = document.querySelector(`#method input[value="${CSS.escape(props.opened.method)}"]`);
  if (way && !way.checked) way.click();
  // Its place was entered before there was anything to show.
  window.dispatchEvent(new CustomEvent('lethe:viewed', { detail: document.body.dataset.view }));
});
watch('stands', () => {
  if (!opened) return;
  if (stood === null) stood = props.stands;
  else if (stood !== props.stands) forgetLink();
});
