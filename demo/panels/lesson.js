// Where the learner stands is kept by this tab alone: the step, the answers given and which steps
// were done. What is done is judged by the server after every act and comes as `props.news`.
const KEY = 'lethe-lesson';
const REACHING = 5000; // milliseconds
const OWN = 'input:not(:disabled), button:not(:disabled), [tabindex], a[href]';
const find = (selector) => element.querySelector(selector);
const all = (selector) => Array.from(element.querySelectorAll(selector));
const wide = window.matchMedia('(min-width: 1200px)');
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
const outline = document.createElement('style');
outline.dataset.lessonOutline = '';
const kept = { step: '', answers: {}, done: [], folded: false };
let waiting = null; // what is opened once the server knows this page
let latest = null; // of the news of this step
let fetched = ''; // the step whose text is in the card
let turn = 0;
let moved = false; // whether the next step was asked for from the card
let away = false; // whether the focus was sent to a control

try {
  Object.assign(kept, JSON.parse(window.sessionStorage.getItem(KEY) || '{}'));
} catch { /* a storage that is closed, or holds something else */ }

function keep() {
  try {
    if (kept.step) window.sessionStorage.setItem(KEY, JSON.stringify(kept));
    else window.sessionStorage.removeItem(KEY);
  } catch { /* then a reload starts anew */ }
  window.dispatchEvent(new CustomEvent('lethe:lesson-kept', { detail: kept.step }));
}

const here = () => (props.step && props.step.id === kept.step ? props.step : null);
const news = () => (latest && latest.id === kept.step ? latest : null);

// An answer that was overtaken by a later one is of no interest.
function hear() {
  const heard = props.news;
  if (!heard || heard.id !== kept.step) return;
  if (!news() || heard.at > latest.at) latest = heard;
}

function open(step, how) {
  turn += 1;
  waiting = { ...how, step, turn };
  if (!props.session) return;
  trigger('open', waiting);
  waiting = null;
}

/* What is shown */
function set(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

function say(text) {
  set(find('[data-said]'), text);
}

function showStep() {
  const step = props.step;
  if (!step) return;
  const fresh = fetched !== step.id;
  kept.step = step.id;
  fetched = step.id;
  latest = null;
  keep();
  find('.lesson').hidden = false;
  find('[data-body]').innerHTML = step.html;
  const many = all('[data-of]').length;
  set(find('[data-at]'), t('Step {number} of {many}', { number: step.number, many }));
  set(find('[data-title]'), step.title);
  find('[data-back]').hidden = !step.before;
  find('.inside').scrollTop = 0;
  const given = kept.answers[step.id];
  const radio = find(`[name=lethe-answer][value="${given}"]`);
  if (radio) radio.checked = true;
  explain();
  showNews();
  if (fresh) say(t('Step {number} of {many}: {title}.', { number: step.number, many, title: step.title }));
  if (moved) {
    fold(false);
    find('[data-title]').focus({ preventScroll: true });
  }
  moved = false;
  if (step.go) window.dispatchEvent(new CustomEvent('lethe:view', { detail: step.go }));
}

function explain() {
  all('[data-because]').forEach((one) => {
    one.hidden = one.dataset.because !== String(kept.answers[kept.step] ?? '');
  });
}

function showNews() {
  hear();
  const now = news();
  const step = here();
  const at = find('[data-news]');
  if (!now || !step || !at) return;
  if (at.dataset.shown !== now.html) {
    at.innerHTML = now.html;
    at.dataset.shown = now.html;
  }
  if (now.done && !kept.done.includes(now.id)) {
    kept.done.push(now.id);
    keep();
    say(t('Step {number} is done. The lesson card shows what you found.', { number: step.number }));
    find('.did').scrollIntoView({ block: 'nearest' });
  }
  const done = now.done || kept.done.includes(now.id);
  const next = find('[data-next]');
  set(next, step.after ? (done ? t('Next step') : t('Skip')) : t('End the lesson'));
  next.classList.toggle('go', done);
  find('[data-where]').hidden = !now.act;
  find('[data-leave]').hidden = !step.after;
  all('[data-of]').forEach((one) => {
    one.classList.toggle('here', one.dataset.of === kept.step);
    one.classList.toggle('done', kept.done.includes(one.dataset.of));
  });
  set(find('[data-now]'), kept.folded ? (now.act || t('Done: see what you found')) : '');
  outlined();
}

function fold(on) {
  kept.folded = on;
  keep();
  layout();
  showNews();
  const did = on ? null : find('.did');
  if (did) did.scrollIntoView({ block: 'start' });
}

function layout() {
  const card = find('.lesson');
  card.toggleAttribute('data-folded', kept.folded);
  find('[data-fold]').setAttribute('aria-expanded', String(!kept.folded));
  const on = kept.step && !card.hidden;
  const before = document.body.dataset.lesson;
  if (!on) delete document.body.dataset.lesson;
  else document.body.dataset.lesson = kept.folded ? 'folded' : wide.matches ? 'beside' : 'sheet';
  // Charts measure their width when the window's changes.
  if (before !== document.body.dataset.lesson) window.dispatchEvent(new Event('resize'));
}

// A rule and no mark on the control itself, which the page may draw anew at any time.
function outlined() {
  const now = news();
  if (!now || !now.where) {
    outline.textContent = '';
    return;
  }
  const link = `body:not([data-view="${now.place}"]) #views [data-place="${now.place}"]`;
  outline.textContent = `:is(${now.where}, ${link}) {`
    + ' outline: 2px solid var(--ink) !important; outline-offset: 2px; border-radius: 10px; }';
  if (!outline.isConnected) document.head.append(outline);
}

/* What the learner does with the card */
function where() {
  const now = news();
  if (!now || !now.where) return;
  if (document.body.dataset.view !== now.place) {
    window.dispatchEvent(new CustomEvent('lethe:view', { detail: now.place }));
  }
  if (!wide.matches) fold(true);
  const until = performance.now() + REACHING;
  window.requestAnimationFrame(() => reach(now.where, until, false));
}

// The control may be off while work goes on, or its place not be there yet: then the focus waits for
// it, unless the learner takes it elsewhere.
function reach(selector, until, again) {
  const control = document.querySelector(selector);
  const to = control && (control.matches(OWN) ? control : control.querySelector(OWN));
  if (to) to.focus({ preventScroll: true });
  const now = document.activeElement;
  const reached = to && now === to;
  away = true;
  if (control && (reached || !again)) {
    control.scrollIntoView({ block: 'center', behavior: calm.matches ? 'auto' : 'smooth' });
  }
  const left = now !== document.body && !element.contains(now);
  if (left || performance.now() > until) return;
  window.requestAnimationFrame(() => reach(selector, until, true));
}

function go(step) {
  moved = true;
  open(step);
}

function leave() {
  Object.assign(kept, { step: '', answers: {}, done: [], folded: false });
  fetched = '';
  keep();
  find('.lesson').hidden = true;
  outline.remove();
  layout();
  trigger('leave', {});
  const back = document.querySelector('#views [aria-current]');
  if (back) back.focus({ preventScroll: true });
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const step = here();
  if ('fold' in button.dataset) fold(!kept.folded);
  else if ('leave' in button.dataset) leave();
  else if ('where' in button.dataset) where();
  else if ('back' in button.dataset && step) go(step.before);
  else if ('next' in button.dataset && step) {
    if (step.after) go(step.after);
    else leave();
  }
});
element.addEventListener('change', (event) => {
  if (event.target.name !== 'lethe-answer') return;
  event.stopPropagation();
  kept.answers[kept.step] = Number(event.target.value);
  keep();
  explain();
  const because = find('.because:not([hidden])');
  if (because) because.scrollIntoView({ block: 'nearest' });
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !away || !kept.step || element.contains(event.target)) return;
  if (document.querySelector('.pop[open]')) return;
  away = false;
  fold(false);
  find('[data-title]').focus({ preventScroll: true });
});
window.addEventListener('lethe:lesson', (event) => {
  moved = true;
  const step = event.detail || kept.step;
  open(step, { go: true });
});
wide.addEventListener('change', layout);

watch('step', () => { showStep(); layout(); });
watch('news', showNews);
watch('afresh', () => { if (kept.step) open(kept.step, { resumed: true }); });
watch('session', () => { if (waiting) open(waiting.step, waiting); });

// A link of the teacher's opens at its step; a reload goes on where the learner was.
const address = new URL(window.location);
const linked = address.searchParams.get('view') === 'learn' ? address.searchParams.get('step') : null;
if (linked !== null) {
  address.searchParams.delete('step');
  window.history.replaceState(window.history.state, '', address);
  open(linked, { go: true });
} else if (kept.step) {
  open(kept.step, { resumed: true });
}
