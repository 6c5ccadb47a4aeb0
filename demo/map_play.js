
// ---- a dragged strength slider: `lethe:play` says where the points are, and the server is not asked ----
const CATCH = 40;  // milliseconds in which a point covers most of its way
const BACK = 300;
const LOOK = t('A preview: nobody is forgotten yet');
let chase = null;

// Marked once a strip: from then on only these points are painted anew at each frame.
function begin({ strip, preview }) {
  const goal = Float32Array.from(data.before);
  const stood = chase && data.after === chase.goal ? chase.stood : { data, morph: morphTo };
  data = { ...data, after: goal, roles: Uint8Array.from(data.roles) };
  if (preview) data.note = LOOK;
  caption();
  glide = null;
  start = Float32Array.from(shown && shown.length === goal.length ? shown : goal);
  mark();
  for (const i of strip.rows) travels[i] = 1;
  shown = start;
  start = null;
  chase = { strip, goal, stood, innocent: null, at: performance.now() };
  version++;
}

function lay(detail) {
  const { goal } = chase, { rows, from, to, share } = detail;
  goal.set(data.before);
  for (let m = 0; m < rows.length; m++) {
    const i = 2 * rows[m];
    goal[i] = from[2 * m] + share * (to[2 * m] - from[2 * m]);
    goal[i + 1] = from[2 * m + 1] + share * (to[2 * m + 1] - from[2 * m + 1]);
  }
}

function cast(gone, innocent) {
  const out = new Set(gone), instead = new Set(innocent);
  for (let i = 0; i < data.roles.length; i++) {
    const label = data.labels[i];
    data.roles[i] = out.has(label) ? FORGOTTEN : instead.has(label) ? INNOCENT : KNOWN;
  }
  version++;
  $('.lm-key[data-role="forgotten"]').hidden = !gone.length;
  $('.lm-key[data-role="innocent"]').hidden = !innocent.length;
}

const onPlay = ({ detail }) => {
  if (!element.isConnected) return document.removeEventListener('lethe:play', onPlay);
  if (!data || data.frame !== detail.frame) return;
  if (chase?.strip !== detail.strip || data.after !== chase.goal) begin(detail);
  lay(detail);
  if (detail.panels?.innocent) {
    const innocent = detail.panels.innocent.join();
    if (innocent !== chase.innocent) cast(detail.gone, detail.panels.innocent);
    chase.innocent = innocent;
    data.summary = detail.panels.summary;
    canvas.setAttribute('aria-label', data.summary);
  }
  morph = morphTo = 1;
  chase.on = true;
  chase.at = performance.now();
  tell();
  kick();
};
document.addEventListener('lethe:play', onPlay);

// What was dragged goes back to how it stood, where the server has not said anything since.
const onRest = ({ detail }) => {
  if (!element.isConnected) return document.removeEventListener('lethe:rest', onRest);
  if (!detail.back || !chase || data?.after !== chase.goal) return;
  const { stood } = chase;
  chase = null;
  data = stood.data;
  tellRoles();
  caption();
  travel(stood.morph, BACK);
};
document.addEventListener('lethe:rest', onRest);

// The points run after the slider and come to rest where it stands.
function follow(now) {
  if (!chase?.on || data.after !== chase.goal) return false;
  const near = still.matches ? 1 : 1 - Math.exp(-Math.max(now - chase.at, 8) / CATCH);
  chase.at = now;
  let far = 0;
  for (let i = 0; i < shown.length; i++) {
    const way = chase.goal[i] - shown[i];
    if (!way) continue;
    shown[i] += near * way;
    far = Math.max(far, Math.abs(way));
  }
  chase.on = far * (1 - near) > 2e-4;
  if (!chase.on) shown.set(chase.goal);
  return chase.on;
}
