// The film runs over figures that are already here; nothing is asked of the server. A cursor over
// the charts beside this panel follows it by `--day`, and what is still to come is veiled.
const PACE = 1100;
const LONGEST = 16000;
const panel = () => element.closest('#schedule-panel');
const find = (selector) => element.querySelector(selector);
const percent = (share) => `${(100 * share).toFixed(2)}%`;
let day = null;
let timer = null;

function show() {
  const film = find('.film');
  panel().toggleAttribute('data-begun', Boolean(find('[data-begun]')));
  panel().toggleAttribute('data-film', Boolean(film));
  if (!film) {
    stop();
    day = null;
    return;
  }
  const last = Number(film.dataset.last);
  const at = Math.min(day ?? last, last);
  const now = JSON.parse(film.dataset.days)[at];
  const slider = find('input[data-day]');
  slider.value = at;
  slider.setAttribute('aria-valuetext', now.words);
  panel().style.setProperty('--day', at / last);
  const words = find('[data-words]');
  words.setAttribute('aria-live', timer !== null ? 'off' : 'polite');
  words.textContent = now.words;
  find('.strip .chance').style.bottom = `calc(var(--bars) * ${now.chance ?? 0})`;
  find('.strip .chance').hidden = now.chance === null;
  for (const one of element.querySelectorAll('.strip [data-own]')) {
    const own = Number(one.dataset.own);
    one.classList.toggle('gone', own <= at);
    one.classList.toggle('today', own === at);
    const bar = one.querySelector('.now');
    if (bar) bar.style.height = percent(now.kr[own - 1]);
  }
  const button = find('[data-film]');
  button.setAttribute('aria-pressed', String(timer !== null));
  button.setAttribute('aria-label', timer !== null ? t('Pause') : t('Play the days'));
}

function stop() {
  clearInterval(timer);
  timer = null;
}

function turn(to) {
  stop();
  day = Number(to);
  show();
}

function play() {
  const last = Number(find('.film').dataset.last);
  if (day === null || day >= last) day = 0;
  timer = setInterval(() => {
    if (!find('.film') || document.body.dataset.view !== 'compare') stop();
    else {
      day += 1;
      if (day >= last) stop();
    }
    show();
  }, Math.min(PACE, LONGEST / last));
  show();
}

element.addEventListener('input', (event) => {
  if (!event.target.matches('input[data-day]')) return;
  event.stopPropagation();
  turn(event.target.value);
});
element.addEventListener('change', (event) => {
  if (!event.target.matches('[data-method]')) return;
  event.stopPropagation();
  trigger('method', { method: event.target.value });
});
element.addEventListener('click', (event) => {
  const away = event.target.closest('[data-go]');
  if (away) {
    event.preventDefault();
    window.dispatchEvent(new CustomEvent('lethe:view', { detail: away.dataset.go }));
  }
  // A face leads to its day; without a mouse the slider does.
  const face = event.target.closest('[data-own]');
  if (face) turn(face.dataset.own);
  if (event.target.closest('[data-film]')) {
    if (timer !== null) turn(day);
    else play();
  }
  if (event.target.closest('[data-play]')) trigger('play', {});
  if (event.target.closest('[data-stop]')) trigger('stop', {});
});
enters('compare');
watch('value', show);
show();
