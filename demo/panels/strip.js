// Plays the strip of the strength slider: at each frame the rank that the slider stands at, without
// the server. `demo/strips.py` packs it: a header, the rows of the points that move, their places.
let strip = null;
let wanted = null;
let preview = false;
let asked = 0;
// Panels are told of a rank in turns, a group a frame: all of them at once take longer than a frame.
const GROUPS = [['innocent', 'summary', 'status', 'result'], ['kr'], ['scoreboard', 'fates'], ['who']];
let told = [];
let turn = 0;

async function unpack() {
  const text = props.packet;
  strip = null;
  if (!text || !window.DecompressionStream) return;
  const packed = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  const buffer = await new Response(plain).arrayBuffer();
  if (text !== props.packet) return; // a newer one has come
  const length = new DataView(buffer).getUint32(0, true);
  const found = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const rows = 4 + length;
  found.rows = new Uint32Array(buffer, rows, found.moved);
  const coded = new Uint16Array(buffer, rows + 4 * found.moved);
  found.places = Float32Array.from(coded, (one) => one / 65535 * 2 - 0.5);
  found.panels.who = found.panels.who.map((html) => (
    html.replace(/src="#(\d+)"/g, (_, at) => `src="${found.pictures[at]}"`)
  ));
  told = [];
  strip = found;
  element.dataset.ranks = found.ranks.length;
  element.dataset.mark = found.mark;
  const { mark, whole } = found;
  document.dispatchEvent(new CustomEvent('lethe:strip', { detail: { mark, whole } }));
}

// The frame at or below a rank, and how far the way to the next one it is.
function place(rank) {
  const { ranks } = strip;
  let at = 0;
  while (at + 1 < ranks.length && ranks[at + 1] <= rank) at += 1;
  const next = ranks[at + 1];
  return { at, share: next === undefined ? 0 : Math.min(1, (rank - ranks[at]) / (next - ranks[at])) };
}

function play() {
  asked = 0;
  if (!strip || wanted === null) return;
  const { at, share } = place(wanted);
  const two = 2 * strip.moved;
  const nearest = share > 0.5 ? at + 1 : at;
  const part = (from) => strip.places.subarray(from * two, from * two + two);
  const stale = GROUPS.map((_, one) => (turn + one) % GROUPS.length).filter((one) => told[one] !== nearest);
  const detail = {
    strip,
    frame: strip.frame,
    rows: strip.rows,
    from: part(at),
    to: share ? part(at + 1) : part(at),
    share,
    gone: strip.gone,
    preview,
    panels: stale.length ? shown(stale[0], nearest) : null,
  };
  if (stale.length) {
    told[stale[0]] = nearest;
    turn = stale[0] + 1;
  }
  document.dispatchEvent(new CustomEvent('lethe:play', { detail }));
  if (stale.length > 1) asked ||= requestAnimationFrame(play);
}

function shown(group, rank) {
  const panels = {};
  GROUPS[group].forEach((name) => {
    panels[name] = name === 'status' ? (preview ? strip.preview : strip.status) : strip.panels[name][rank];
  });
  if (preview) delete panels.fates; // nobody's card says that they are gone
  return panels;
}

// Whoever drags is told by `preventDefault` that it is played; else the server answers.
document.addEventListener('lethe:drag', (event) => {
  if (!strip || !element.isConnected || event.detail.mark !== strip.mark) return;
  if (event.detail.method !== strip.method) return;
  // Another photo, or each person's bar, may have been asked for since it was packed.
  if (document.querySelector('#who [data-asked]')?.dataset.asked !== strip.asked) return;
  if (Boolean(document.querySelector('.kr-more input')?.checked) !== strip.spread) return;
  event.preventDefault();
  wanted = event.detail.rank;
  preview = event.detail.preview;
  asked ||= requestAnimationFrame(play);
});
document.addEventListener('lethe:rest', ({ detail }) => {
  while (asked) { // let go before all is told: what stays tells of one rank
    cancelAnimationFrame(asked);
    asked = 0;
    if (!detail.back) play();
  }
  wanted = null;
  told = [];
});
watch('packet', unpack);
unpack();
