// The embedding map on a canvas: points that glide from before to after, faces on hover.
// Runs inside gr.HTML with `element`, `props`, `watch`, `trigger` and `server`.
const $ = (selector) => element.querySelector(selector);
const root = $('.lm'), stage = $('.lm-stage'), canvas = $('.lm-canvas'), tip = $('.lm-tip');
const face = tip.querySelector('canvas'), slider = $('#map-morph'), empty = $('.lm-empty');
const ends = [...element.querySelectorAll('.lm-end')];
const strangersKey = $('.lm-key[data-role="stranger"]');
let context = canvas.getContext('2d');
const still = matchMedia('(prefers-reduced-motion: reduce)');
const coarse = matchMedia('(pointer: coarse)').matches;
const KNOWN = 0, FORGOTTEN = 1, INNOCENT = 2, STRANGER = 3;
const ROLES = ['known', 'forgotten', 'innocent', 'stranger'];
const WORDS = ['known', 'forgotten', 'innocent, taken for one of the forgotten', 'not enrolled'];
const GLIDE = 600, LIVE = 120, MARGIN = 20, MAX_ZOOM = 24;
// Photos up to which each point gets an edge of its own: it doubles the work of a zoom.
const EDGED = 3000;
const FALLBACK = {
  ink: '#1d2026', muted: '#5f6672', card: '#ffffff', known: '#2f6db3', forgotten: '#d5472f',
  innocent: '#b7791f', stranger: '#c9ccd2', 'forgotten-ink': '#b5361f',
};

let data = null, strangers = true, shown = null, start = null, glide = null, morph = 0, morphFrom = 0, morphTo = 0;
let chosen = new Set(), hovered = -1, colours = FALLBACK, font = '11px sans-serif';
let width = 0, height = 0, ratio = 1, fit = { x: 1, y: 1, cx: 0.5, cy: 0.5 }, asked = 0;
let view = { k: 1, x: 0, y: 0 }, flight = null, drag = null, moved = 0, pinch = 0, lastTap = 0;
const back = document.createElement('canvas');
let travels = new Uint8Array(0), painted = '', version = 0;
const pointers = new Map(), sheets = new Map();

function bytes(text) {
  const raw = atob(text || '');
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out.buffer;
}

function positions(text) {
  const coded = new Uint16Array(bytes(text));
  return coded.length ? Float32Array.from(coded, (v) => v / 65535 * 2 - 0.5) : null;
}

function decode(value) {
  const before = positions(value.before);
  if (!before) return null;
  return {
    ...value, before, after: positions(value.after), total: before.length / 2,
    labels: new Uint16Array(bytes(value.labels)), roles: new Uint8Array(bytes(value.roles)),
    rows: new Uint32Array(bytes(value.rows)),
  };
}

// Of each person the photo nearest to the middle of theirs: where the name goes.
function middles(next) {
  const sums = new Map(), out = {}, least = {};
  for (let i = 0; i < next.roles.length; i++) {
    const sum = sums.get(next.labels[i]) || [0, 0, 0];
    sum[0] += next.before[2 * i]; sum[1] += next.before[2 * i + 1]; sum[2]++;
    sums.set(next.labels[i], sum);
  }
  for (let i = 0; i < next.roles.length; i++) {
    const label = next.labels[i], [x, y, count] = sums.get(label);
    const far = Math.hypot(next.before[2 * i] - x / count, next.before[2 * i + 1] - y / count);
    if (!(far >= least[label])) { least[label] = far; out[label] = i; }
  }
  return out;
}

// Where the points are at share t between before and after.
function target(t) {
  if (!data.after || t <= 0) return data.before;
  if (t >= 1) return data.after;
  const out = new Float32Array(data.before.length);
  for (let i = 0; i < out.length; i++) out[i] = data.before[i] + t * (data.after[i] - data.before[i]);
  return out;
}

const ease = (s) => s < 0.5 ? 4 * s * s * s : 1 - (2 - 2 * s) ** 3 / 2;

// Every point travels from where it is seen now to its new place.
function travel(to, duration) {
  morphFrom = morph;
  morphTo = data.after ? to : 0;
  if (!shown || shown.length !== data.before.length || still.matches) duration = 0;
  start = duration ? Float32Array.from(shown) : null;
  mark();
  glide = duration ? { began: performance.now(), duration } : null;
  if (!glide) settle();
  kick();
}

// Which points are not everywhere at one place: before, after and where this journey starts.
function mark() {
  const { before, after } = data, hair = 1e-4;
  travels = new Uint8Array(data.total);
  for (let i = 0; i < before.length; i++) {
    if (after && Math.abs(after[i] - before[i]) > hair) travels[i >> 1] = 1;
    if (start && Math.abs(start[i] - before[i]) > hair) travels[i >> 1] = 1;
  }
  version++;
}

function settle() {
  glide = null;
  morph = morphTo;
  shown = target(morph);
  tell();
}

function advance(now) {
  if (!glide) return;
  const s = Math.min(1, (now - glide.began) / glide.duration);
  if (s >= 1) return settle();
  const e = ease(s), goal = target(morphTo);
  const out = shown === data.before || shown === data.after || shown.length !== goal.length
    ? new Float32Array(goal.length) : shown;
  for (let i = 0; i < out.length; i++) out[i] = start[i] + e * (goal[i] - start[i]);
  shown = out;
  morph = morphFrom + e * (morphTo - morphFrom);
  tell();
}

// The controls say what the canvas shows.
function tell() {
  slider.value = Math.round(morph * 100);
  slider.style.setProperty('--at', slider.value + '%');
  const at = morph > 0.5 ? 'after the deletion' : 'before the deletion';
  slider.setAttribute('aria-valuetext', slider.value + ' %, ' + at);
  ends[0].setAttribute('aria-pressed', morph <= 0.01);
  ends[1].setAttribute('aria-pressed', morph >= 0.99);
}

function update() {
  const next = decode(props.value || {});
  const known = data && next && data.frame === next.frame;
  data = next;
  empty.hidden = Boolean(data);
  empty.textContent = (props.value && props.value.note) || 'The map appears when a gallery is open.';
  if (!known) {
    shown = null; glide = null; morph = morphTo = 0; hovered = -1; tip.hidden = true;
    view = { k: 1, x: 0, y: 0 }; flight = null;
  }
  if (!data) { slider.disabled = true; ends[1].disabled = true; return kick(); }
  data.middles = middles(data);
  if (hovered >= data.total) hovered = -1;
  chosen = new Set(data.chosen);
  canvas.setAttribute('aria-label', data.summary);
  slider.disabled = ends[1].disabled = !data.after;
  const seen = new Set(data.roles);
  $('.lm-key[data-role="forgotten"]').hidden = !seen.has(FORGOTTEN);
  $('.lm-key[data-role="innocent"]').hidden = !seen.has(INNOCENT);
  $('.lm-key[data-role="stranger"]').hidden = data.total === data.roles.length;
  $('.lm-caption').textContent = data.note || data.caption + (coarse ? 'tap' : 'hover') + ' a point to see the face';
  measure();
  // An update during a glide changes where it ends, not how far the slider was to go.
  travel(data.play ? 1 : morphTo, !known ? 0 : data.live ? LIVE : GLIDE);
}

// Size of the canvas and the place of the map in it; UMAP's axes mean nothing, so the map may be
// stretched a little to use a wide frame.
function measure() {
  const box = stage.getBoundingClientRect();
  ratio = window.devicePixelRatio || 1;
  width = box.width; height = box.height;
  const w = Math.round(width * ratio), h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
  if (!data) return;
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  for (let i = 0; i < data.before.length; i += 2) {
    x0 = Math.min(x0, data.before[i]); x1 = Math.max(x1, data.before[i]);
    y0 = Math.min(y0, data.before[i + 1]); y1 = Math.max(y1, data.before[i + 1]);
  }
  const sx = (width - 2 * MARGIN) / Math.max(x1 - x0, 1e-3), sy = (height - 2 * MARGIN) / Math.max(y1 - y0, 1e-3);
  const least = Math.min(sx, sy);
  fit = { x: Math.min(sx, 1.6 * least), y: Math.min(sy, 1.6 * least), cx: (x0 + x1) / 2, cy: (y0 + y1) / 2 };
}

function theme() {
  const style = getComputedStyle(root);
  colours = {};
  for (const name of Object.keys(FALLBACK)) colours[name] = style.getPropertyValue('--' + name).trim() || FALLBACK[name];
  font = style.fontFamily;
  version++;
  kick();
}

const screenX = (p, i) => width / 2 + view.x + view.k * fit.x * (p[2 * i] - fit.cx);
const screenY = (p, i) => height / 2 + view.y + view.k * fit.y * (p[2 * i + 1] - fit.cy);

function radius() {
  const base = 0.25 * Math.sqrt(width * height / Math.max(data.roles.length, 200));
  return Math.max(1.7, Math.min(4, base)) * Math.min(2.4, view.k ** 0.35);
}

// One arc and fill a point: measured on 5,000 points, a third of the cost of stamping images.
function dot(x, y, r) {
  if (x < -r || y < -r || x > width + r || y > height + r) return;
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fill();
}

function diamond(x, y, r) {
  context.beginPath();
  context.moveTo(x, y - r); context.lineTo(x + r, y); context.lineTo(x, y + r); context.lineTo(x - r, y);
  context.closePath();
  context.fill();
}

function hoop(x, y, r) {
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.stroke();
}

// Strangers and known people, either those who hold still or those who travel.
function crowd(r, focus, still) {
  const n = data.roles.length, edged = data.total <= EDGED;
  if (strangers) {
    context.fillStyle = colours.stranger;
    context.globalAlpha = focus >= 0 ? 0.35 : 0.75;
    for (let i = n; i < data.total; i++) {
      if (!travels[i] === still) dot(screenX(shown, i), screenY(shown, i), r * 0.62);
    }
  }
  // Whoever is not pointed at steps back, and lies below.
  for (const faint of focus >= 0 ? [true, false] : [false]) {
    context.fillStyle = colours.known;
    context.strokeStyle = colours.card;
    context.lineWidth = 0.7;
    context.globalAlpha = faint ? 0.16 : 0.85;
    for (let i = 0; i < n; i++) {
      if (data.roles[i] !== KNOWN || !travels[i] !== still) continue;
      if ((focus >= 0 && data.labels[i] !== focus) !== faint) continue;
      dot(screenX(shown, i), screenY(shown, i), r);
      if (edged && !faint) context.stroke();
    }
  }
}

// Nearly everybody holds still: they are painted once and laid under every frame of a glide.
function backdrop(r, focus) {
  const state = [view.k, view.x, view.y, width, height, ratio, focus, strangers, version].join();
  if (state !== painted) {
    painted = state;
    if (back.width !== canvas.width) back.width = canvas.width;
    if (back.height !== canvas.height) back.height = canvas.height;
    const front = context;
    context = back.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    crowd(r, focus, true);
    context = front;
  }
  context.globalAlpha = 1;
  context.drawImage(back, 0, 0, width, height);
}

function draw() {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  if (!data || !shown || width < 2) return;
  const n = data.roles.length, r = radius(), focus = hovered >= 0 && hovered < n ? data.labels[hovered] : -1;
  const dim = (i) => focus >= 0 && data.labels[i] !== focus;
  backdrop(r, focus);
  crowd(r, focus, false);
  if (chosen.size) halos(n, r, dim);
  if (data.after && morph > 0) {
    trails(n, dim);
    context.lineWidth = 1.1; context.strokeStyle = colours.forgotten;
    for (let i = 0; i < n; i++) {
      if (data.roles[i] !== FORGOTTEN) continue;
      context.globalAlpha = (dim(i) ? 0.12 : 0.5) * Math.min(1, 4 * morph);
      hoop(screenX(data.before, i), screenY(data.before, i), r);
    }
  }
  context.strokeStyle = colours.card; context.lineWidth = 0.8;
  for (const role of [INNOCENT, FORGOTTEN]) {
    context.fillStyle = colours[ROLES[role]];
    for (let i = 0; i < n; i++) {
      if (data.roles[i] !== role) continue;
      context.globalAlpha = dim(i) ? 0.16 : 0.95;
      const x = screenX(shown, i), y = screenY(shown, i);
      if (role === INNOCENT) diamond(x, y, r * 1.45); else dot(x, y, r * 1.15);
      if (!dim(i)) context.stroke();
    }
  }
  context.globalAlpha = 1;
  if (data.query >= 0 && data.query < n) ring(data.query, r + 4.5, 2);
  if (hovered >= 0) ring(hovered, r + 3, 1.6);
  names(n, r, focus);
}

function halos(n, r, dim) {
  context.lineWidth = 1.2; context.strokeStyle = colours.forgotten;
  for (let i = 0; i < n; i++) {
    if (data.roles[i] !== KNOWN || !chosen.has(data.labels[i])) continue;
    context.globalAlpha = dim(i) ? 0.3 : 0.9;
    hoop(screenX(shown, i), screenY(shown, i), r + 1.8);
  }
}

function trails(n, dim) {
  // Hairlines, one by one: a single long path is rasterised many times slower.
  context.lineWidth = 1 / ratio;
  for (let i = 0; i < n; i++) {
    const role = data.roles[i];
    if (!travels[i]) continue;
    const x = screenX(data.before, i), y = screenY(data.before, i);
    const u = screenX(shown, i), v = screenY(shown, i);
    // Others leave a trail only where they really moved.
    if (role !== FORGOTTEN && Math.hypot(u - x, v - y) < 12 * view.k) continue;
    context.strokeStyle = colours[ROLES[role]];
    context.globalAlpha = dim(i) ? 0.05 : ratio > 1.5 ? 0.34 : 0.24;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(u, v);
    context.stroke();
  }
}

function ring(i, r, weight) {
  context.beginPath();
  context.arc(screenX(shown, i), screenY(shown, i), r, 0, 2 * Math.PI);
  context.lineWidth = weight + 2; context.strokeStyle = colours.card; context.stroke();
  context.lineWidth = weight; context.strokeStyle = colours.ink; context.stroke();
}

// Names beside the places where the forgotten were and the chosen are, and of everybody who has
// room once the map is zoomed in.
function names(n, r, focus) {
  const groups = new Map();
  for (let i = 0; i < n; i++) {
    const label = data.labels[i], gone = data.roles[i] === FORGOTTEN;
    if (!(chosen.has(label) || (gone && data.after) || view.k >= 2.5)) continue;
    const p = gone && data.after && morph > 0.25 ? data.before : shown;
    const y = screenY(p, i), group = groups.get(label);
    if (!group) groups.set(label, { label, gone, x: screenX(p, data.middles[label]), y: screenY(p, data.middles[label]), top: y });
    else if (y < group.top) group.top = y;
  }
  const rank = (g) => g.label === focus ? 0 : g.gone || chosen.has(g.label) ? 1 : 2;
  const order = [...groups.values()].sort((a, b) => rank(a) - rank(b));
  const taken = [];
  context.textAlign = 'center'; context.textBaseline = 'alphabetic'; context.lineJoin = 'round';
  for (const g of order) {
    const text = data.names[g.label] || '';
    if (g.x < -20 || g.x > width + 20) continue;
    context.font = (rank(g) < 2 ? '700 ' : '400 ') + '11px ' + font;
    const half = context.measureText(text).width / 2 + 3;
    const x = Math.max(half, Math.min(width - half, g.x));
    const y = Math.max(12, (g.y - g.top > 40 * view.k ? g.y : g.top) - r - 6);
    const box = [x - half, y - 11, x + half, y + 3];
    if (y > height + 8 || taken.some((b) => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3])) continue;
    taken.push(box);
    context.globalAlpha = focus >= 0 && g.label !== focus ? 0.35 : 1;
    context.lineWidth = 3.5; context.strokeStyle = colours.card; context.strokeText(text, x, y);
    context.fillStyle = g.gone || chosen.has(g.label) ? colours['forgotten-ink'] : colours.ink;
    context.fillText(text, x, y);
  }
  context.globalAlpha = 1;
}

function kick() { asked ||= requestAnimationFrame(frame); }

function frame(now) {
  asked = 0;
  if (!element.isConnected) return;
  if (data) { advance(now); fly(now); }
  draw();
  if (hovered >= 0) placeTip();
  if (glide || flight) kick();
}

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
  tip.querySelector('b').textContent = stranger ? 'A stranger' : data.names[data.labels[i]];
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
  if (!release(event) || moved > 4) return;
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
    label: stranger ? -1 : data.labels[i], name: stranger ? 'A stranger' : data.names[data.labels[i]],
  });
});
canvas.addEventListener('pointercancel', release);
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
