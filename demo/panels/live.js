// A camera that is asked about again and again: the next frame goes out when the answer to the last
// one is here. Opened by the document's event `lethe:live`; a frame to look at closer is handed on
// by `lethe:look`, its detail the photo.
const EVERY = 333;
const SIDE = 640;
const LARGE = 1280;
const LATER = 1500;
const find = (selector) => element.querySelector(selector);
const wait = (time) => new Promise((done) => { setTimeout(done, time); });
const canvas = document.createElement('canvas');

let filming = null; // { stream, leave }
let opening = false;

function text(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

function say(words, wrong) {
  text(find('[data-word]'), words || '');
  find('[data-word]').classList.toggle('wrong', Boolean(wrong));
}

function side(key, told, otherwise) {
  const place = find(`[data-side="${key}"]`);
  place.dataset.tone = told ? told.tone : 'none';
  text(place.querySelector('[data-words]'), told ? told.words : otherwise);
  text(place.querySelector('[data-name]'), told ? told.name : '');
  text(place.querySelector('[data-score]'), told ? t('similarity {score}', { score: told.score }) : '');
}

// Numbers change with every frame; who listens is told when the words do.
function tell(told) {
  const said = ({ words, name }) => [words, name].filter(Boolean).join(' ');
  const lines = told.before ? [t('Before: {words}.', { words: said(told.before) })] : [];
  if (told.before && told.after) lines.push(t('After: {words}.', { words: said(told.after) }));
  if (told.remark) lines.push(told.remark);
  text(find('[data-told]'), lines.join(' '));
}

function show(told) {
  const nobody = told.before ? '' : '–';
  side('before', told.before, nobody);
  side('after', told.after, told.forgot ? nobody : t('nobody was forgotten yet'));
  text(find('[data-from]'), told.from || '');
  text(find('[data-note]'), told.note || '');
  find('[data-note]').hidden = !told.note;
  say(told.remark);
  tell(told);
}

function paint() {
  const on = Boolean(filming);
  find('.live').dataset.state = on ? 'on' : 'off';
  find('[data-start]').hidden = on || opening;
  find('[data-closer]').hidden = !on && !opening;
  find('[data-closer]').disabled = !on;
  text(find('[data-close]'), on || opening ? t('Stop the camera') : t('Close'));
}

function clear() {
  side('before', null, '–');
  side('after', null, '–');
  text(find('[data-told]'), '');
}

/* The camera */
async function start() {
  if (filming || opening) return;
  if (!navigator.mediaDevices?.getUserMedia) {
    say(t('This browser gives a page its camera only over https or on this very computer.'), true);
    return;
  }
  opening = true;
  say(t('Starting the camera.'));
  paint();
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'user', width: { ideal: LARGE } }, audio: false,
    });
  } catch (error) {
    const no = error.name === 'NotAllowedError' || error.name === 'SecurityError';
    say(no ? t('The browser was not allowed to use the camera; allow it beside the address.')
      : t('No camera was found that is free.'), true);
  }
  const wanted = opening;
  opening = false;
  if (!stream || !wanted || document.hidden) {
    stream?.getTracks().forEach((track) => { track.stop(); });
    paint();
    return;
  }
  filming = { stream, leave: new AbortController() };
  stream.getTracks().forEach((track) => {
    track.addEventListener('ended', () => halt(t('The camera stopped.'), true));
  });
  find('video').srcObject = stream;
  find('video').play().catch(() => {});
  paint();
  follow(filming);
}

function halt(words, wrong) {
  opening = false;
  if (filming) {
    filming.leave.abort();
    filming.stream.getTracks().forEach((track) => { track.stop(); });
    find('video').srcObject = null;
    filming = null;
  }
  clear();
  say(words, wrong);
  paint();
}

function still(longest, quality) {
  const video = find('video');
  const scale = Math.min(1, longest / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob(done, 'image/jpeg', quality); });
}

/* Asking */
async function follow(mine) {
  if (!await connected() && filming === mine) halt(LOST, true);
  while (filming === mine) {
    const began = performance.now();
    let pause = EVERY;
    if (find('video').videoWidth) {
      const frame = await still(SIDE, 0.85);
      if (frame && filming === mine) pause = await ask(frame, mine);
    }
    await wait(Math.max(40, pause - (performance.now() - began)));
  }
}

// Asks about one frame; gives the time from one question to the next.
async function ask(frame, mine) {
  const where = `lethe/ask?live=1&session=${encodeURIComponent(props.session)}`;
  try {
    const answer = await fetch(where, { method: 'POST', body: frame, signal: mine.leave.signal });
    const told = await answer.json();
    if (filming !== mine) return EVERY;
    if (answer.ok) {
      if (told.wait) say(told.wait); else show(told);
      return EVERY;
    }
    if (answer.status === 404) halt(told.error, true); else say(told.error, true);
  } catch {
    if (filming === mine) say(t('The server does not answer; it is asked again.'), true);
  }
  return LATER;
}

async function closer() {
  if (!filming || !find('video').videoWidth) return;
  const photo = await still(LARGE, 0.92);
  close();
  if (photo) document.dispatchEvent(new CustomEvent('lethe:look', { detail: photo }));
}

/* Opening and closing */
function open() {
  if (document.body.dataset.live !== undefined) return;
  document.body.dataset.live = '';
  clear();
  text(find('[data-from]'), '');
  find('[data-note]').hidden = true;
  find('.live').scrollIntoView({ block: 'nearest' });
  find('[data-close]').focus({ preventScroll: true });
  start();
}

function close() {
  if (document.body.dataset.live === undefined) return;
  halt('');
  delete document.body.dataset.live;
}

function leave() {
  close();
  document.querySelector('#who [data-camera]')?.focus();
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button || button.disabled) return;
  if ('start' in button.dataset) {
    start();
    find('[data-close]').focus();
  } else if ('closer' in button.dataset) closer();
  else if ('close' in button.dataset) leave();
});
element.addEventListener('keydown', (event) => { if (event.key === 'Escape') leave(); });
document.addEventListener('lethe:live', open);
document.addEventListener('visibilitychange', () => {
  if (document.hidden && (filming || opening)) halt(t('The camera was stopped while this page was out of sight.'));
});
window.addEventListener('lethe:viewed', (event) => { if (event.detail !== 'studio') close(); });
window.addEventListener('pagehide', () => halt(''));
