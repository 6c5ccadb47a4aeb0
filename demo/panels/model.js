// The file is sent as it is; what was found in it comes back as `props.card`, and `props.value`
// holds how it is to be fed.
const find = (selector) => element.querySelector(selector);
const all = (selector) => Array.from(element.querySelectorAll(selector));
const megabytes = (bytes) => (bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 });
let sending = null;
let checked = '';
let entered = props.entered || 0;

function say(text, tone) {
  props.said = { text, tone: tone || 'calm' };
  show();
}

/* How it is fed */
function settings() {
  const value = {};
  for (const one of all('[data-set]')) value[one.dataset.set] = one.value;
  const usual = find('[data-pixels]');
  if (usual && usual.value !== 'own') [value.mean, value.std] = usual.value.split(',');
  return value;
}

function fed() {
  const usual = find('[data-pixels]');
  all('[data-own]').forEach((one) => { one.hidden = usual.value !== 'own'; });
  props.value = settings();
  show();
}

function take(better) {
  const usual = find('[data-pixels]');
  const pair = `${Number(better.mean).toFixed(6)},${Number(better.std).toFixed(6)}`;
  const known = Array.from(usual.options)
    .find((one) => one.value.split(',').map((part) => Number(part).toFixed(6)).join(',') === pair);
  usual.value = known ? known.value : 'own';
  for (const one of all('[data-set]')) {
    if (one.dataset.set in better) one.value = better[one.dataset.set] ?? '';
  }
  fed();
  again();
}

function again() {
  say('Looking at your model.', 'busy');
  trigger('look', {});
}

/* What is shown */
function show() {
  const there = Boolean(props.card);
  const going = Boolean(props.busy) || Boolean(sending);
  find('.model').dataset.state = there ? 'card' : 'empty';
  find('[data-choose]').disabled = going;
  find('[data-choose]').textContent = there ? 'Choose another' : 'Choose a model';
  find('[data-sending]').hidden = !sending;
  const word = props.said || { text: '', tone: 'calm' };
  const said = find('[data-said]');
  if (said.textContent !== word.text) said.textContent = word.text;
  find('[data-stop]').hidden = !props.busy;
  find('[data-word]').hidden = !word.text && !props.busy;
  find('[data-word]').className = `word ${word.tone || 'calm'}`;
  if (!there) return;
  const changed = JSON.stringify(settings()) !== checked;
  const invalid = !find('.feed').checkValidity();
  find('[data-use]').disabled = going || changed;
  find('[data-use]').classList.toggle('go', !changed);
  find('[data-again]').hidden = !changed;
  find('[data-again]').disabled = going || invalid;
  find('[data-again]').classList.toggle('go', changed);
  find('[data-remove]').disabled = going;
  if (find('[data-better]')) find('[data-better]').disabled = going;
  const text = invalid ? 'One of the numbers is no use as it is.' : changed ? 'Something is changed; check again first.' : '';
  if (find('[data-changed]').textContent !== text) find('[data-changed]').textContent = text;
}

function showCard() {
  find('[data-card]').innerHTML = props.card || '';
  if (props.card) {
    props.value = settings();
    checked = JSON.stringify(props.value);
  }
  show();
}

/* The file's way */
function refused(file) {
  if (!/\.onnx$/i.test(file.name)) return 'A model comes as one file that ends in .onnx.';
  if (file.size > props.megabytes * 1e6) {
    return `${file.name} has ${megabytes(file.size)} MB; ${props.megabytes} MB are the most here.`;
  }
  return '';
}

function send(file) {
  const here = window.location.pathname.replace(/\/?$/, '/');
  const query = new URLSearchParams({ session: props.session, name: file.name });
  const request = new XMLHttpRequest();
  sending = request;
  progress(0, file.size);
  show();
  const end = (text, tone) => {
    sending = null;
    if (text === null) again(); else say(text, tone);
  };
  request.open('POST', `${here}lethe/model?${query}`);
  request.responseType = 'text';
  request.upload.onprogress = (event) => progress(event.loaded, file.size);
  request.onload = () => {
    let answer = null;
    try { answer = JSON.parse(request.responseText); } catch { /* not of this page's server */ }
    if (request.status === 200 && answer) end(null);
    else end(answer?.error || `The server did not take the model (${request.status}); please try again.`, 'wrong');
  };
  request.onerror = () => end('The connection to the server was lost; please bring the model again.', 'wrong');
  request.onabort = () => end('Cancelled; no model was brought.');
  request.send(file);
}

function progress(sent, size) {
  const share = Math.round(100 * Math.min(sent / size, 1));
  find('[data-progress]').textContent = `${megabytes(Math.min(sent, size))} of ${megabytes(size)} MB`;
  find('[data-sending] .bar').setAttribute('aria-valuenow', share);
  find('[data-sending] .bar i').style.width = `${share}%`;
}

function ready() {
  if (props.session) return Promise.resolve();
  return new Promise((done) => {
    const end = Date.now() + 15000;
    const again = () => { if (props.session || Date.now() > end) done(); else setTimeout(again, 100); };
    again();
  });
}

async function bring(file) {
  if (sending || props.busy) return;
  let no = refused(file);
  if (!no) {
    await ready();
    if (!props.session) no = 'The page is not connected to its server; please load it anew.';
  }
  if (no) {
    say(no, 'wrong');
    return;
  }
  // How the last one was fed says nothing of this one.
  props.value = {};
  send(file);
}

element.addEventListener('click', (event) => {
  const hit = (name) => event.target.closest(`[data-${name}]`);
  if (hit('choose')) find('[data-pick]').click();
  else if (hit('cancel')) sending?.abort();
  else if (hit('stop')) trigger('stop', {});
  else if (hit('better')) take(JSON.parse(hit('better').dataset.better));
  else if (hit('again')) again();
  else if (hit('use')) trigger('use', {});
  else if (hit('remove')) trigger('remove', {});
});
element.addEventListener('submit', (event) => event.preventDefault());
element.addEventListener('input', (event) => {
  event.stopPropagation();
  if (event.target.closest('.feed')) fed();
});
element.addEventListener('change', (event) => {
  event.stopPropagation();
  const [file] = event.target.closest('[data-pick]')?.files || [];
  if (!file) return;
  event.target.value = '';
  bring(file);
});
const zone = find('.model');
zone.addEventListener('dragover', (event) => { event.preventDefault(); zone.toggleAttribute('data-over', true); });
zone.addEventListener('dragleave', () => zone.toggleAttribute('data-over', false));
zone.addEventListener('drop', (event) => {
  event.preventDefault();
  zone.toggleAttribute('data-over', false);
  if (event.dataTransfer.files.length > 1) say('One model at a time, please.', 'wrong');
  else if (event.dataTransfer.files.length) bring(event.dataTransfer.files[0]);
});
window.addEventListener('lethe:model', () => {
  zone.scrollIntoView({ block: 'start' });
  find('[data-choose]').focus();
});
watch(['card'], showCard);
watch(['said', 'busy', 'session'], show);
watch(['entered'], () => {
  if ((props.entered || 0) <= entered) return;
  ({ entered } = props);
  window.dispatchEvent(new CustomEvent('lethe:view', { detail: 'studio' }));
});
showCard();
