// The film runs over figures that are already here; nothing is asked of the server. A cursor over
// the chart beside this panel follows it by `--day`, and what is still to come is veiled.
const PACE = 1100;
const LONGEST = 16000;
const panel = () => element.closest('#schedule-panel');
const find = (selector) => element.querySelector(selector);
let day = null;
let timer = null;

function show() {
  const film = find('.film');
  panel().classList.toggle('has-film', Boolean(film));
  if (!film) {
    stop();
    day = null;
    return;
  }
  const last = Number(film.dataset.last);
  const at = Math.min(day ?? last, last);
  const words = JSON.parse(film.dataset.days)[at];
  const slider = find('input[data-day]');
  slider.value = at;
  slider.setAttribute('aria-valuetext', words);
  panel().style.setProperty('--day', at / last);
  find('[data-words]').textContent = words;
  find('.end').classList.toggle('not-yet', at < last);
  for (const one of element.querySelectorAll('.strip li')) {
    const own = Number(one.dataset.day);
    one.classList.toggle('gone', own <= at);
    one.classList.toggle('now', own === at);
  }
  const button = find('[data-film]');
  button.setAttribute('aria-pressed', String(timer !== null));
  button.setAttribute('aria-label', timer !== null ? t('Pause') : t('Play the days'));
}

function stop() {
  clearInterval(timer);
  timer = null;
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
  stop();
  day = Number(event.target.value);
  show();
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
  if (event.target.closest('[data-film]')) {
    if (timer !== null) {
      stop();
      show();
    } else play();
  }
  if (event.target.closest('[data-play]')) trigger('play', {});
  if (event.target.closest('[data-stop]')) trigger('stop', {});
});
// Nothing is told of a page that the server does not know yet: it would take it for an expired one.
function opened() {
  if (props.session && document.body.dataset.view === 'compare') trigger('open', {});
}
window.addEventListener('lethe:viewed', opened);
watch('value', show);
show();
