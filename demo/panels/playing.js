
// A slider is dragged: what this panel shows at the rank where it stands.
document.addEventListener('lethe:play', ({ detail }) => {
  const html = detail.panels?.[PANEL];
  if (html === undefined || !element.isConnected) return;
  const own = element.querySelector('[data-asked]');
  if (own && own.dataset.asked !== detail.asked) return; // another photo is asked about by now
  props.value = html;
});
