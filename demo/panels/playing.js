
// A slider is dragged: what this panel shows at the rank where it stands, and when it goes back
// what stood here, or has been told by the server meanwhile.
let stood, played;
document.addEventListener('lethe:play', ({ detail }) => {
  const html = detail.panels?.[PANEL];
  if (html === undefined || !element.isConnected) return;
  if (played === undefined || props.value !== played) stood = props.value;
  props.value = played = html;
});
document.addEventListener('lethe:rest', ({ detail }) => {
  if (!detail.back || !element.isConnected) return;
  if (played !== undefined && props.value === played) props.value = stood;
  played = undefined;
});
