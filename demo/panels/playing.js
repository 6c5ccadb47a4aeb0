// A slider is dragged: what this panel's property shows at the rank where it stands, as it is `told`,
// and when the slider goes back what stood there, or has been told by the server meanwhile.
function plays(name, told, then = () => {}) {
  let stood, played;
  document.addEventListener('lethe:play', ({ detail }) => {
    const next = detail.panels ? told(detail.panels, detail) : undefined;
    if (next === undefined || !element.isConnected) return;
    if (played === undefined || props[name] !== played) stood = props[name];
    props[name] = next;
    played = props[name];
    then();
  });
  document.addEventListener('lethe:rest', ({ detail }) => {
    if (!detail.back || !element.isConnected) return;
    const back = played !== undefined && props[name] === played;
    played = undefined;
    if (!back) return;
    props[name] = stood;
    then();
  });
}
