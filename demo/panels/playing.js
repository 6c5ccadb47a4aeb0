
// A slider is dragged: what this panel shows at the rank where it stands.
document.addEventListener('lethe:play', ({ detail }) => {
  const html = detail.panels?.[PANEL];
  if (html !== undefined && element.isConnected) props.value = html;
});
