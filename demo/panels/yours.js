// Photos are sent one by one as they are, with their paths; what was found in them comes back as
// `props.review`, with which `yours_review.js` deals.
const AT_ONCE = 3;
const SHOTS = 8;
const EVERY = 400;
const SIDE = 1280;
const ARCHIVE = /\.(zip|tar|tgz|tbz2?|txz|gz|bz2|xz|7z|rar)$/i;
const number = (count) => count.toLocaleString('en');
const files = (count) => tn('{count} file', '{count} files', count);
const megabytes = (bytes) => (bytes / 1e6).toLocaleString('en', {
  minimumFractionDigits: 0, maximumFractionDigits: bytes < 1e7 ? 1 : 0,
});
const wait = (time) => new Promise((done) => { setTimeout(done, time); });

const brought = new Map(); // path -> bytes
let arrived = 0;
let sending = null;
let filming = null;
let entered = props.entered || 0;

function say(text, tone) {
  // What the server says next is news even where it has said so before.
  props.said = { text, tone: tone || 'calm' };
  show();
}

/* What is shown */
function show() {
  const busy = Boolean(props.busy);
  const there = Boolean(props.review);
  const going = busy || Boolean(sending);
  const changed = there && looked !== null && looked !== state();
  find('.yours').dataset.state = there ? 'review' : 'empty';
  find('.yours').toggleAttribute('data-busy', going);
  find('[data-stage]').hidden = !filming;
  find('[data-zone]').hidden = Boolean(filming);
  find('[data-sending]').hidden = !sending;
  const word = props.said || { text: '', tone: 'calm' };
  const line = find('[data-word]');
  const said = find('[data-said]');
  if (said.textContent !== word.text) said.textContent = word.text;
  find('[data-stop]').hidden = !busy;
  const waiting = find('[data-word] [data-look]');
  waiting.hidden = there || going || !brought.size;
  line.hidden = !word.text && waiting.hidden && !busy;
  line.className = `word ${word.tone || 'calm'}`;
  const company = find('[data-company]');
  company.checked = Boolean(value().company);
  company.disabled = busy;
  // Embeddings of another system have no company here.
  company.closest('label').hidden = brought.size > 0 && Array.from(brought.keys()).every((one) => /\.npz$/i.test(one));
  all('[data-files], [data-folder], [data-camera], [data-look]')
    .forEach((one) => { one.disabled = going; });
  find('[data-end]').hidden = !there && !brought.size;
  if (there) showReview(going, changed);
}

function look() {
  asked = state();
  say(t('Looking at what you brought.'), 'busy');
  trigger('look', {});
}

/* What is brought: from a drop, a choice of files or a folder */
const hidden = (path) => path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');

async function walk(entry) {
  if (entry.isFile) {
    const file = await new Promise((done) => { entry.file(done, () => done(null)); });
    return file ? [{ path: entry.fullPath.replace(/^\/+/, ''), file }] : [];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A browser gives a large folder in parts.
    const some = await new Promise((done) => { reader.readEntries(done, () => done([])); });
    if (!some.length) break;
    for (const one of some) {
      if (!one.name.startsWith('.')) found.push(...await walk(one));
    }
  }
  return found;
}

async function dropped(transfer) {
  const entries = Array.from(transfer.items || [])
    .filter((one) => one.kind === 'file')
    .map((one) => one.webkitGetAsEntry?.() || one.getAsFile());
  const found = [];
  for (const one of entries) {
    if (one instanceof File) found.push({ path: one.name, file: one });
    else if (one) found.push(...await walk(one));
  }
  return found;
}

const chosen = (list) => Array.from(list)
  .map((file) => ({ path: file.webkitRelativePath || file.name, file }));

// A folder around the people's folders says nothing, and would stand beside other people's folders.
function unwrapped(list) {
  const [outer, ...others] = new Set(list.map((one) => one.path.split('/')[0]));
  const depths = list.filter((one) => /^image\//.test(one.file.type) || /\.(heic|heif|avif)$/i.test(one.path))
    .map((one) => one.path.split('/').length);
  if (others.length || !depths.length || depths.some((depth) => depth < 3)) return list;
  return list.map((one) => ({ ...one, path: one.path.slice(outer.length + 1) }));
}

// Another photo of the same path must not take the place of the first.
function apart(list) {
  const sizes = new Map(brought);
  return list.map(({ path, file }) => {
    const [, stem, ending] = /^(.*?)(\.[^./]*)?$/s.exec(path);
    let free = path;
    for (let at = 2; sizes.has(free) && sizes.get(free) !== file.size; at += 1) {
      free = `${stem}-${at}${ending || ''}`;
    }
    sizes.set(free, file.size);
    return { path: free, file };
  });
}

function refused(list) {
  const most = props.limits || {};
  const paths = new Set([...brought.keys(), ...list.map((one) => one.path)]);
  let size = list.reduce((sum, one) => sum + one.file.size, 0);
  const fresh = new Set(list.map((one) => one.path));
  for (const [path, bytes] of brought) if (!fresh.has(path)) size += bytes;
  if (list.some((one) => ARCHIVE.test(one.path)) && paths.size > 1) {
    return brought.size
      ? t('A zip comes alone: delete what you brought first, or unpack it and bring its folders.')
      : t('A zip comes alone: bring only that one, or unpack it and bring its folders.');
  }
  const large = list.find((one) => one.file.size > most.file_megabytes * 1e6);
  if (large) {
    return t('{name} has {size} MB; {most} MB a file are the most. Bring smaller ones, or a folder instead of a zip.', {
      name: large.path, size: megabytes(large.file.size), most: number(most.file_megabytes),
    });
  }
  if (paths.size > most.files) {
    return t('That makes {files}; {most} are the most. Choose some of them.', { files: files(paths.size), most: number(most.files) });
  }
  if (size > most.megabytes * 1e6) {
    return t('That makes {size} MB; {most} MB are the most. Choose fewer photos.', { size: megabytes(size), most: number(most.megabytes) });
  }
  return '';
}

async function take(list) {
  if (!list.length || sending) return;
  if (props.busy) {
    say(t('Wait for what is under way, or stop it; then bring more.'), 'wrong');
    return;
  }
  const seen = list.filter((one) => !hidden(one.path));
  const wanted = apart(unwrapped(seen.filter((one) => !/^(video|audio)\//.test(one.file.type))));
  const films = seen.length - wanted.length;
  const note = films ? tn('{count} film was not sent; only photos are of use.', '{count} films were not sent; only photos are of use.', films) : '';
  if (!wanted.length) {
    say(note || t('There is no file in it.'), 'wrong');
    return;
  }
  const no = refused(wanted);
  if (no) {
    say(no, 'wrong');
    return;
  }
  say(note, 'calm');
  const trouble = await send(wanted);
  const cancelled = sending.cancelled;
  sending = null;
  if (trouble) say(trouble, 'wrong');
  else if (cancelled) {
    say(brought.size
      ? tn('Cancelled; {count} file of yours is there.', 'Cancelled; {count} files of yours are there.', brought.size)
      : t('Cancelled; nothing was brought.'));
  } else look();
}

async function send(list) {
  sending = {
    done: 0, files: list.length, sent: new Map(), cancelled: false, requests: new Set(),
    bytes: list.reduce((sum, one) => sum + one.file.size, 0),
  };
  const now = sending;
  show();
  progress();
  const there = await connected();
  const left = [...list];
  const told = new Map();
  let stop = there ? '' : LOST;
  async function one() {
    while (left.length && !stop && !now.cancelled) {
      const next = left.shift();
      const answer = await put(next.path, next.file);
      // Of what is cancelled, a file that was there already stays there.
      if (now.cancelled && (now.sent.get(next.path) || 0) < next.file.size) return;
      now.sent.set(next.path, next.file.size);
      if (answer.error) {
        told.set(answer.error, (told.get(answer.error) || 0) + 1);
        // What is said of one file after another is true of the others too.
        if (answer.lost || told.get(answer.error) > 2) stop = answer.error;
      } else {
        brought.set(next.path, next.file.size);
        arrived += 1;
      }
      now.done += 1;
      progress();
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return now.cancelled ? '' : Array.from(new Set([...told.keys(), ...stop ? [stop] : []])).join(' ');
}

async function put(path, file) {
  const now = sending;
  const { request, answer } = post('bring', { path }, file, t('the photos'), (sent) => {
    now.sent.set(path, sent);
    progress();
  });
  now.requests.add(request);
  const said = await answer;
  now.requests.delete(request);
  return said;
}

function progress() {
  if (!sending) return;
  const sent = Array.from(sending.sent.values()).reduce((sum, one) => sum + one, 0);
  const share = Math.round(100 * (sending.bytes ? sent / sending.bytes : 1));
  find('[data-progress]').textContent = t('{done} of {files}, {sent} of {size} MB', {
    done: number(sending.done), files: files(sending.files), sent: megabytes(sent), size: megabytes(sending.bytes),
  });
  find('[data-sending] .bar').setAttribute('aria-valuenow', share);
  find('[data-sending] .bar i').style.width = `${share}%`;
}

/* The camera */
async function film() {
  if (!navigator.mediaDevices?.getUserMedia) {
    say(t('This browser gives a page its camera only over https or on this very computer.'), 'wrong');
    return;
  }
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'user', width: { ideal: 1280 } }, audio: false,
    });
  } catch (error) {
    const no = error.name === 'NotAllowedError' || error.name === 'SecurityError';
    say(no ? t('The browser was not allowed to use the camera; allow it beside the address, or choose files.')
      : t('No camera was found that is free; choose files instead.'), 'wrong');
    return;
  }
  if (filming || !find('video') || document.body.dataset.view === 'studio') {
    stream.getTracks().forEach((track) => { track.stop(); });
    return;
  }
  filming = { stream, taking: false };
  find('video').srcObject = stream;
  find('video').play().catch(() => {});
  say('', 'calm');
  find('[data-who]').focus();
}

function stopFilming() {
  if (!filming) return;
  filming.stream.getTracks().forEach((track) => { track.stop(); });
  find('video').srcObject = null;
  find('[data-taken]').textContent = '';
  find('[data-take]').disabled = false;
  filming = null;
  show();
}

function still(video) {
  const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob(done, 'image/jpeg', 0.92); });
}

async function shoot() {
  const video = find('video');
  const mine = filming;
  if (!mine || mine.taking || !video.videoWidth) return;
  mine.taking = true;
  find('[data-take]').disabled = true;
  const name = find('[data-who]').value.replace(/[/\\]/g, ' ').replace(/\s+/g, ' ').replace(/^[ .]+/, '')
    .trim() || t('Me');
  let first = 1;
  while (brought.has(`${name}/camera-${first}.jpg`)) first += 1;
  const list = [];
  for (let at = 0; at < SHOTS; at += 1) {
    await wait(EVERY);
    if (filming !== mine) return;
    find('[data-taken]').textContent = t('{done} of {total}', { done: at + 1, total: SHOTS });
    const file = await still(video);
    if (file) list.push({ path: `${name}/camera-${first + at}.jpg`, file });
  }
  if (filming !== mine) return;
  await wait(EVERY);
  stopFilming();
  take(list);
}

/* What hands do */
function confirm(on) {
  find('[data-sure]').hidden = !on;
  find('[data-wipe]').hidden = on;
  find(on ? '[data-keep]' : '[data-wipe]').focus();
}

const ACTS = {
  files: () => find('[data-pick="files"]').click(),
  folder: () => find('[data-pick="folder"]').click(),
  camera: film,
  take: shoot,
  off: stopFilming,
  cancel: () => {
    if (!sending) return;
    sending.cancelled = true;
    Array.from(sending.requests).forEach((one) => { one.abort(); });
  },
  look,
  enter: () => {
    say(t('Opening the studio with your photos.'), 'busy');
    trigger('enter', {});
  },
  stop: () => trigger('stop', {}),
  wipe: () => confirm(true),
  keep: () => confirm(false),
  really: () => {
    confirm(false);
    stopFilming();
    ACTS.cancel();
    brought.clear();
    looked = null;
    asked = null;
    props.value = { ...value(), out: [], names: {}, moved: {}, faces: {} };
    say('', 'calm');
    trigger('wipe', {});
  },
};

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button || button.disabled) return;
  const act = Object.keys(ACTS).find((name) => button.dataset[name] !== undefined);
  if (act) ACTS[act]();
});
element.addEventListener('change', (event) => {
  event.stopPropagation();
  const field = event.target;
  if (field.matches('[data-company]')) change({ company: field.checked });
  else if (field.matches('[data-pick]')) {
    const list = chosen(field.files);
    field.value = '';
    if (list.length) take(list);
  }
});
element.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches('[data-identity]')) event.target.blur();
  if (event.key === 'Escape' && !find('[data-sure]').hidden) confirm(false);
});

// A file that is dropped beside the zone must not replace the page.
const here = () => document.body.dataset.view === 'yours' && element.isConnected;
const carries = (event) => here() && Array.from(event.dataTransfer?.types || []).includes('Files');
const over = (on) => find('[data-zone]')?.toggleAttribute('data-over', on);
window.addEventListener('dragover', (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  over(true);
});
window.addEventListener('dragleave', (event) => { if (here() && !event.relatedTarget) over(false); });
window.addEventListener('drop', async (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  over(false);
  take(await dropped(event.dataTransfer));
});
window.addEventListener('lethe:viewed', (event) => { if (event.detail !== 'yours') stopFilming(); });
window.addEventListener('pagehide', stopFilming);

watch('review', insert);
watch(['said', 'busy', 'value'], show);
watch('entered', () => {
  const more = (props.entered || 0) > entered;
  entered = props.entered || 0;
  if (more) window.dispatchEvent(new CustomEvent('lethe:view', { detail: 'studio' }));
});
if (!('webkitdirectory' in find('[data-pick="folder"]'))) find('[data-folder]').hidden = true;
insert();
