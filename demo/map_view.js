// The embedding map on a canvas: points that glide from before to after, faces on hover.
// Runs inside gr.HTML with `element`, `props`, `watch`, `trigger` and `server`.
const $ = (selector) => element.querySelector(selector);
const root = $('.lm'), stage = $('.lm-stage'), canvas = $('.lm-canvas'), tip = $('.lm-tip');
const face = tip.querySelector('canvas'), slider = $('#map-morph'), empty = $('.lm-empty');
const ends = [...element.querySelectorAll('.lm-end')];
const byBox = $('.lm-by-box'), boxFrame = $('.lm-box');
const BOXING = t('Drag a box around people to choose them, with Alt to let them go; Escape ends it');
const strangersKey = $('.lm-key[data-role="stranger"]');
let context = canvas.getContext('2d');
const still = matchMedia('(prefers-reduced-motion: reduce)');
const coarse = matchMedia('(pointer: coarse)').matches;
const KNOWN = 0, FORGOTTEN = 1, INNOCENT = 2, STRANGER = 3;
const ROLES = ['known', 'forgotten', 'innocent', 'stranger'];
const WORDS = [t('known'), t('forgotten'), t('innocent, found instead of the forgotten'), t('not enrolled')];
const GLIDE = 600, LIVE = 80, MARGIN = 20, MAX_ZOOM = 24;
// Photos up to which each point gets an edge of its own: it doubles the work of a zoom.
const EDGED = 3000;
const COLOURS = ['ink', 'muted', 'card', 'known', 'forgotten', 'innocent', 'stranger', 'forgotten-ink'];

let data = null, strangers = true, shown = null, start = null, glide = null, morph = 0, morphFrom = 0, morphTo = 0;
let chosen = new Set(), hovered = -1, colours = {}, font = '11px sans-serif';
let width = 0, height = 0, ratio = 1, fit = { x: 1, y: 1, cx: 0.5, cy: 0.5 }, asked = 0;
let view = { k: 1, x: 0, y: 0 }, flight = null, drag = null, moved = 0, pinch = 0, lastTap = 0;
let boxing = false, box = null;
const back = document.createElement('canvas');
let travels = new Uint8Array(0), painted = '', version = 0, drawn = 0;
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

// What a frame holds is told once; steps of a drag name the frame and say what moved.
function decode(value) {
  const moved = { after: positions(value.after), roles: new Uint8Array(bytes(value.roles)) };
  if (data && data.frame === value.frame) return { ...data, ...value, ...moved, ...data.fixed };
  const before = positions(value.before);
  if (!before) return null;
  const fixed = {
    before, total: before.length / 2,
    labels: new Uint16Array(bytes(value.labels)), rows: new Uint32Array(bytes(value.rows)),
  };
  fixed.middles = middles({ ...fixed, ...moved });
  return { ...value, ...moved, ...fixed, fixed };
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
  const told = morph > 0.5 ? t('{share} %, after the deletion', { share: slider.value })
    : t('{share} %, before the deletion', { share: slider.value });
  slider.setAttribute('aria-valuetext', told);
  ends[0].setAttribute('aria-pressed', morph <= 0.01);
  ends[1].setAttribute('aria-pressed', morph >= 0.99);
}

function update() {
  // A step of a drag may be answered after another gallery was opened.
  if (props.value?.live && data?.frame !== props.value.frame) return;
  const next = decode(props.value || {});
  const known = data && next && data.frame === next.frame;
  data = next;
  empty.hidden = Boolean(data);
  empty.textContent = (props.value && props.value.note) || t('The map appears when a gallery is open.');
  if (!known) {
    shown = null; glide = null; morph = morphTo = 0; hovered = -1; tip.hidden = true;
    view = { k: 1, x: 0, y: 0 }; flight = null;
  }
  if (!known) dropBox();
  byBox.disabled = !data;
  if (!data) { slider.disabled = true; ends[1].disabled = true; return kick(); }
  if (hovered >= data.total) hovered = -1;
  chosen = new Set(data.chosen);
  slider.disabled = ends[1].disabled = !data.after;
  tellRoles();
  $('.lm-key[data-role="stranger"]').hidden = data.total === data.roles.length;
  caption();
  if (!known) measure();  // asking for sizes here lays the page out; resizes are watched
  // An update during a glide changes where it ends, not how far the slider was to go.
  travel(data.play ? 1 : morphTo, !known ? 0 : data.live ? LIVE : GLIDE);
}

// The map in words, and the key to the colours that are on it.
function tellRoles() {
  const seen = new Set(data.roles);
  $('.lm-key[data-role="forgotten"]').hidden = !seen.has(FORGOTTEN);
  $('.lm-key[data-role="innocent"]').hidden = !seen.has(INNOCENT);
  canvas.setAttribute('aria-label', data.summary);
}

function caption() {
  const point = coarse
    ? tn('{count} photo · tap a point to see the face', '{count} photos · tap a point to see the face', data.photos)
    : tn('{count} photo · hover a point to see the face', '{count} photos · hover a point to see the face', data.photos);
  $('.lm-caption').textContent = boxing ? BOXING : data.note || point;
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
  for (const name of COLOURS) colours[name] = style.getPropertyValue('--' + name).trim();
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
  if (chosen.size) halos(n, r, dim);
  backdrop(r, focus);
  crowd(r, focus, false);
  if (data.after && morph > 0) {
    trails(n, dim, focus >= 0);
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

// The chosen keep their colour on a vermilion ground, so that a group reads as one.
function halos(n, r, dim) {
  context.fillStyle = colours.forgotten;
  for (let i = 0; i < n; i++) {
    if (data.roles[i] !== KNOWN || !chosen.has(data.labels[i])) continue;
    context.globalAlpha = dim(i) ? 0.25 : 0.9;
    dot(screenX(shown, i), screenY(shown, i), r + 2.4);
  }
}

function trails(n, dim, focused) {
  // Hairlines, one by one: a single long path is rasterised many times slower.
  context.lineWidth = 1 / ratio;
  const many = travels.subarray(0, n).reduce((sum, one) => sum + one, 0);
  const faint = Math.max(0.07, Math.min(0.24, 2.2 / Math.sqrt(many))) * (ratio > 1.5 ? 1.4 : 1);
  for (let i = 0; i < n; i++) {
    const role = data.roles[i];
    if (!travels[i]) continue;
    const x = screenX(data.before, i), y = screenY(data.before, i);
    const u = screenX(shown, i), v = screenY(shown, i);
    // Others leave a trail only where they really moved.
    if (role !== FORGOTTEN && Math.hypot(u - x, v - y) < 12 * view.k) continue;
    context.strokeStyle = colours[ROLES[role]];
    context.globalAlpha = dim(i) ? 0.04 : focused ? 0.4 : faint;
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
  // While a slider is dragged the server needs the processor more than every frame does.
  if (glide && data.live && now - drawn < 25) return kick();
  drawn = now;
  if (data) { advance(now); fly(now); }
  const chasing = data && follow(now);
  draw();
  if (hovered >= 0) placeTip();
  if (glide || flight || chasing) kick();
}
