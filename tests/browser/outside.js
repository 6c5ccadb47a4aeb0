// Words that a person sees or hears outside of the brackets of the pseudo language.
(known) => {
  const fine = new Set([...known, ...'Lethe ms min MB English Español mAP kNN MoRE Labeled Faces in the Wild'.split(' ')]);
  const heard = ['aria-label', 'aria-description', 'aria-valuetext', 'placeholder', 'alt', 'data-more'];
  const names = 'style, script, template, code, [data-option], [data-language]';
  const out = new Set();
  for (const block of document.querySelectorAll('.gradio-container .block')) {
    if (block.querySelector('.block')) continue;
    const look = (text, began, where) => {
      let [depth, outer] = [began, ''];
      for (const sign of text) {
        if (sign === '⟦') depth += 1;
        else if (sign === '⟧') depth = Math.max(0, depth - 1);
        outer += depth > 0 || sign === '⟧' ? ' ' : sign;
      }
      for (const word of outer.match(/\p{L}[\p{L}'-]+/gu) || []) {
        if (!fine.has(word) && word !== word.toUpperCase()) out.add(`${where}: ${word} in ${text.trim().slice(0, 80)}`);
      }
      return depth;
    };
    let depth = 0; // a sentence may have elements in it
    const nodes = document.createTreeWalker(block, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
      const one = node.nodeType === 3 ? node.parentElement : node;
      if (one.closest(names) || (one.tagName !== 'OPTION' && !one.checkVisibility({ visibilityProperty: true }))) continue;
      const where = `${block.id} ${one.tagName}.${one.className.baseVal ?? one.className}`;
      if (node.nodeType === 3) depth = look(node.data, depth, where);
      else heard.forEach((name) => { if (one.hasAttribute(name)) look(one.getAttribute(name), 0, `${where} ${name}`); });
    }
    if (depth) out.add(`${block.id}: half a sentence`);
  }
  return [...out];
}
