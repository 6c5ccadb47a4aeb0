// The file is sent as it is; what was found in it comes back as `props.card`, and `props.value`
// holds how it is to be fed.
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
  say(t('Looking at your model.'), 'busy');
  trigger('look', {});
}

/* What is shown */
function show() {
  const there = Boolean(props.card);
  const going = Boolean(props.busy) || Boolean(sending);
  find('.model').dataset.state = there ? 'card' : 'empty';
  find('[data-choose]').disabled = going;
  find('[data-choose]').textContent = there ? t('Choose another') : t('Choose a model');
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
  const text = invalid ? t('One of the numbers is no use as it is.') : changed ? t('Something is changed; check again first.') : '';
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
  if (!/\.onnx$/i.test(file.name)) return t('A model comes as one file that ends in .onnx.');
  if (file.size > props.megabytes * 1e6) {
    return t('{name} has {size} MB; {most} MB are the most here.', { name: file.name, size: megabytes(file.size), most: props.megabytes });
  }
  return '';
}

async function send(file) {
  const { request, answer } = post('model', { name: file.name }, file, t('the model'), (sent) => progress(sent, file.size));
  sending = request;
  progress(0, file.size);
  show();
  const said = await answer;
  sending = null;
  if (said.cancelled) say(t('Cancelled; no model was brought.'));
  else if (said.error) say(said.error, 'wrong');
  else again();
}

function progress(sent, size) {
  const share = Math.round(100 * Math.min(sent / size, 1));
  find('[data-progress]').textContent = t('{sent} of {size} MB', { sent: megabytes(Math.min(sent, size)), size: megabytes(size) });
  find('[data-sending] .bar').setAttribute('aria-valuenow', share);
  find('[data-sending] .bar i').style.width = `${share}%`;
}

async function bring(file) {
  if (sending || props.busy) return;
  let no = refused(file);
  if (!no && !await connected()) no = LOST;
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
  if (event.dataTransfer.files.length > 1) say(t('One model at a time, please.'), 'wrong');
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
