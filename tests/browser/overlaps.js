// Texts and controls that lie on each other, or are cut without a sign of it.
() => {
  const floats = '#status, .sr, svg, canvas, [popover], dialog, #lesson, #result, .places, .lm-tools, .pop:not(.odd) .menu';
  const controls = 'button, a, select, input:not([type=range]), textarea, summary';
  const seen = [...document.querySelectorAll('.gradio-container *')].filter((one) => (
    one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !one.closest(floats)
    && (one.matches(controls) || [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  ));
  const box = (one) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    const whole = one.matches('input, select, textarea, button');
    let { left, right, top, bottom } = (whole ? one : range).getBoundingClientRect();
    for (let up = one; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflowX === 'visible') continue;
      const clip = up.getBoundingClientRect();
      [left, right] = [Math.max(left, clip.left), Math.min(right, clip.right)];
      [top, bottom] = [Math.max(top, clip.top), Math.min(bottom, clip.bottom)];
    }
    return { left, right, top, bottom };
  };
  const boxes = seen.map(box);
  const inline = (one) => getComputedStyle(one).display.startsWith('inline') && !one.matches('.chip');
  const words = (one) => `${one.tagName}.${one.className} "${one.textContent.trim().slice(0, 40)}"`;
  const out = new Set();
  for (let i = 0; i < seen.length; i += 1) {
    for (let j = i + 1; j < seen.length; j += 1) {
      const [one, other, a, b] = [seen[i], seen[j], boxes[i], boxes[j]];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide <= 3 || high <= 5) continue;
      if (one.parentElement.contains(other) && (one.contains(other.parentElement) || other.contains(one.parentElement))) continue;
      if (one.contains(other) || one.closest('label') && one.closest('label') === other.closest('label')) continue;
      // Boxes of what runs on in the lines of one paragraph.
      if (one.parentElement === other.parentElement && inline(one) && inline(other)) continue;
      out.add(`${Math.round(wide)} x ${Math.round(high)}: ${words(one)} on ${words(other)}`);
    }
  }
  for (const one of seen) {
    const { overflowX, textOverflow } = getComputedStyle(one);
    const cuts = ['hidden', 'clip'].includes(overflowX) && textOverflow !== 'ellipsis' && !one.matches('select, input');
    if (cuts && one.scrollWidth > one.clientWidth + 2) out.add(`cut: ${words(one)}`);
  }
  return [...out].slice(0, 12);
}
