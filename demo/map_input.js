// What hands do to the map: pointing, picking, zoom and pan, before and after. Follows map_view.js.

// ---- pointing ----
function nearest(x, y, reach) {
  if (!data || !shown) return -1;
  const count = strangers ? data.total : data.roles.length;
  let best = -1, least = reach * reach;
  for (let i = 0; i < count; i++) {
    const dx = screenX(shown, i) - x, dy = screenY(shown, i) - y;
    const away = (dx * dx + dy * dy) * (i >= data.roles.length ? 2.5 : 1);
    if (away < least) { least = away; best = i; }
  }
  return best;
}

function hover(i) {
  stage.classList.toggle('lm-over', i >= 0);
  if (i === hovered) return;
  hovered = i;
  tip.hidden = i < 0;
  if (i >= 0) describe(i);
  kick();
}

function describe(i) {
  const n = data.roles.length, stranger = i >= n, role = stranger ? STRANGER : data.roles[i];
  tip.dataset.role = ROLES[role];
  tip.querySelector('b').textContent = stranger ? t('A stranger') : data.names[data.labels[i]];
  tip.querySelector('small').textContent = WORDS[role];
  face.getContext('2d').clearRect(0, 0, face.width, face.height);
  const { part, cell } = at(i), image = sheet(part);
  if (image) paint(image, cell);
}

function placeTip() {
  const x = screenX(shown, hovered), y = screenY(shown, hovered), w = tip.offsetWidth, h = tip.offsetHeight;
  const left = x + 16 + w > width ? x - 16 - w : x + 16;
  const top = Math.max(0, Math.min(height - h, y - h / 2));
  tip.style.transform = 'translate(' + Math.max(-8, Math.min(width - w + 8, left)) + 'px,' + top + 'px)';
}

// ---- faces: sheets of thumbnails, asked for when first needed ----
function at(i) {
  const stranger = i >= data.roles.length, row = data.rows[i];
  const key = stranger ? data.sheets[1] : data.sheets[0];
  return { part: key + '/' + Math.floor(row / data.sheet), cell: row % data.sheet };
}

function sheet(part) {
  const kept = sheets.get(part);
  if (kept) return kept.complete && kept.naturalWidth ? kept : null;
  const image = new Image();
  sheets.set(part, image);
  image.onload = () => {
    if (hovered < 0 || !data) return;
    const wanted = at(hovered);
    if (wanted.part === part) paint(image, wanted.cell);
  };
  server.sheet(part).then((url) => { if (url) image.src = url; else sheets.delete(part); },
    () => sheets.delete(part));
  return null;
}

function paint(image, cell) {
  const side = data.thumb, across = Math.floor(image.naturalWidth / side);
  const pen = face.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(image, cell % across * side, Math.floor(cell / across) * side, side, side, 0, 0, face.width, face.height);
}

// ---- zoom and pan ----
function zoom(factor, x, y, soft) {
  const k = Math.max(1, Math.min(MAX_ZOOM, view.k * factor)), by = k / view.k;
  const px = x - width / 2, py = y - height / 2;
  go(bound({ k, x: px - by * (px - view.x), y: py - by * (py - view.y) }), soft);
}

function bound(next) {
  const mx = width / 2 * (next.k - 1), my = height / 2 * (next.k - 1);
  return { k: next.k, x: Math.max(-mx, Math.min(mx, next.x)), y: Math.max(-my, Math.min(my, next.y)) };
}

function go(next, soft) {
  flight = soft && !still.matches ? { from: view, to: next, began: performance.now() } : null;
  if (!flight) view = next;
  stage.classList.toggle('lm-zoomed', next.k > 1.001);
  $('[data-zoom="reset"]').hidden = next.k <= 1.001;
  kick();
}

function fly(now) {
  if (!flight) return;
  const s = Math.min(1, (now - flight.began) / 250), e = ease(s), { from, to } = flight;
  view = { k: from.k + e * (to.k - from.k), x: from.x + e * (to.x - from.x), y: from.y + e * (to.y - from.y) };
  if (s >= 1) flight = null;
}

const spot = (event) => {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
};
const spread = () => {
  const [a, b] = [...pointers.values()];
  return { far: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
};

canvas.addEventListener('pointerdown', (event) => {
  if (event.button) return;
  pointers.set(event.pointerId, spot(event));
  moved = pointers.size > 1 ? 99 : 0;
  dropBox();  // a second finger zooms
  if (data && pointers.size === 1 && (boxing || event.shiftKey)) {
    box = { id: event.pointerId, from: spot(event), to: spot(event), out: event.altKey };
    canvas.setPointerCapture(event.pointerId);
  }
  drag = { ...spot(event), view };
  if (pointers.size === 2) pinch = spread().far;
  if (view.k > 1) canvas.setPointerCapture(event.pointerId);
});

canvas.addEventListener('pointermove', (event) => {
  const p = spot(event);
  if (!pointers.has(event.pointerId)) return hover(nearest(p.x, p.y, 12));
  pointers.set(event.pointerId, p);
  if (pointers.size === 2) {
    const now = spread();
    zoom(now.far / pinch, now.x, now.y);
    pinch = now.far;
    return hover(-1);
  }
  moved = Math.max(moved, Math.hypot(p.x - drag.x, p.y - drag.y));
  if (box) return stretch(p, event.altKey);
  if (moved > 4 && view.k > 1) {
    stage.classList.add('lm-drag');
    hover(-1);
    go(bound({ k: drag.view.k, x: drag.view.x + p.x - drag.x, y: drag.view.y + p.y - drag.y }));
  }
});

function release(event) {
  const held = pointers.delete(event.pointerId);
  stage.classList.remove('lm-drag');
  if (pointers.size === 1) drag = { ...[...pointers.values()][0], view };
  return held;
}

canvas.addEventListener('pointerup', (event) => {
  const drawn = box;
  if (drawn) stretch(spot(event), event.altKey);
  dropBox();
  if (!release(event)) return;
  if (moved > 4) return drawn && chooseIn(drawn);
  const p = spot(event), touch = event.pointerType === 'touch', now = performance.now();
  const twice = now - lastTap < 320;
  lastTap = now;
  if (twice && (view.k > 1 || touch)) return go({ k: 1, x: 0, y: 0 }, true);
  const i = nearest(p.x, p.y, touch ? 22 : 12);
  hover(i);
  if (i < 0) return;
  const stranger = i >= data.roles.length;
  trigger('pick', {
    index: stranger ? i - data.roles.length : i, stranger,
    label: stranger ? -1 : data.labels[i], name: stranger ? t('A stranger') : data.names[data.labels[i]],
  });
});
canvas.addEventListener('pointercancel', (event) => { dropBox(); release(event); });
canvas.addEventListener('pointerleave', (event) => { if (event.pointerType !== 'touch') hover(-1); });
canvas.addEventListener('dblclick', (event) => { event.preventDefault(); go({ k: 1, x: 0, y: 0 }, true); });
canvas.addEventListener('wheel', (event) => {
  // At the edges of the zoom the page scrolls on.
  if (event.deltaY > 0 ? view.k <= 1 : view.k >= MAX_ZOOM) return;
  event.preventDefault();
  const p = spot(event);
  hover(-1);
  zoom(Math.exp(-Math.max(-80, Math.min(80, event.deltaY)) * (event.ctrlKey ? 0.01 : 0.0025)), p.x, p.y);
}, { passive: false });

$('.lm-zoom').addEventListener('click', (event) => {
  const what = event.target.dataset && event.target.dataset.zoom;
  if (what === 'reset') { go({ k: 1, x: 0, y: 0 }, true); $('[data-zoom="in"]').focus(); }
  else if (what) zoom(what === 'in' ? 1.6 : 1 / 1.6, width / 2, height / 2, true);
});
$('.lm-zoom').addEventListener('keydown', (event) => {
  const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
  if (!step || view.k <= 1) return;
  event.preventDefault();
  go(bound({ k: view.k, x: view.x + step[0], y: view.y + step[1] }));
});

// ---- choosing by a box ----
function setBoxing(on) {
  boxing = on;
  byBox.setAttribute('aria-pressed', on);
  stage.classList.toggle('lm-boxing', on);
  dropBox();
  if (data) caption();
}

function dropBox() {
  box = null;
  boxFrame.hidden = true;
}

function stretch(to, out) {
  box.to = { x: Math.max(0, Math.min(width, to.x)), y: Math.max(0, Math.min(height, to.y)) };
  box.out = out;
  if (moved <= 4) return;
  const { left, top, right, bottom } = edges(box);
  hover(-1);
  boxFrame.hidden = false;
  Object.assign(boxFrame.style, {
    transform: 'translate(' + left + 'px,' + top + 'px)', width: right - left + 'px', height: bottom - top + 'px',
  });
  const count = inside(box).length;
  boxFrame.firstElementChild.textContent = count ? (box.out ? '−' : '+') + count : '';
}

const edges = ({ from, to }) => ({
  left: Math.min(from.x, to.x), right: Math.max(from.x, to.x),
  top: Math.min(from.y, to.y), bottom: Math.max(from.y, to.y),
});

// Whoever has at least half of their points in a box, as they are seen now, and can be chosen.
function inside(one) {
  const { left, right, top, bottom } = edges(one), all = new Map(), within = new Map();
  for (let i = 0; i < data.roles.length; i++) {
    if (data.roles[i] === FORGOTTEN) continue;
    const label = data.labels[i], x = screenX(shown, i), y = screenY(shown, i);
    all.set(label, (all.get(label) || 0) + 1);
    if (x >= left && x <= right && y >= top && y <= bottom) within.set(label, (within.get(label) || 0) + 1);
  }
  return [...within.keys()].filter((label) => 2 * within.get(label) >= all.get(label) && chosen.has(label) === one.out);
}

// The cards hear of it and choose, as if somebody had ticked them.
function chooseIn(one) {
  const labels = inside(one);
  if (labels.length) document.dispatchEvent(new CustomEvent('lethe:choose', { detail: { labels, on: !one.out } }));
}

// Shift would mark text from wherever the last click was.
canvas.addEventListener('mousedown', (event) => { if (event.shiftKey) event.preventDefault(); });
byBox.addEventListener('click', () => setBoxing(!boxing));
const onEscape = (event) => {
  if (!element.isConnected) return document.removeEventListener('keydown', onEscape);
  if (event.key !== 'Escape') return;
  if (box) {
    dropBox();
    pointers.clear();  // what is left of this drag moves nothing
  } else if (boxing) setBoxing(false);
};
document.addEventListener('keydown', onEscape);

// ---- before and after ----
slider.addEventListener('input', () => {
  if (!data) return;
  glide = null;
  morphTo = slider.value / 100;
  settle();
  kick();
});
for (const end of ends) end.addEventListener('click', () => { if (data) travel(end.dataset.to / 100, GLIDE); });
strangersKey.addEventListener('click', () => {
  strangers = !strangers;
  strangersKey.setAttribute('aria-pressed', strangers);
  hover(-1);
  kick();
});

const onChosen = (event) => {
  if (!element.isConnected) return document.removeEventListener('lethe:chosen', onChosen);
  chosen = new Set((event.detail && event.detail.labels || []).map(Number));
  kick();
};
document.addEventListener('lethe:chosen', onChosen);
new ResizeObserver(() => { measure(); draw(); }).observe(stage);
const themes = new MutationObserver(theme);
for (const one of [document.documentElement, document.body]) themes.observe(one, { attributes: true, attributeFilter: ['class'] });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', theme);
if (document.fonts) document.fonts.ready.then(kick);

theme();
measure();
update();
watch('value', update);
