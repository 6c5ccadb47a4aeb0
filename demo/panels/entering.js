// A place begins by itself once somebody enters it, and where it hears only then whom they chose, as
// it hears. Nothing is told of a page that the server does not know yet, which it would take for an
// expired one.
function enters(place) {
  let told = new Set();
  const open = () => {
    const { about } = element.querySelector('[data-about]').dataset;
    if (!props.session || document.body.dataset.view !== place || !about || told.has(about)) return;
    told.add(about);
    trigger('open', {});
  };
  window.addEventListener('lethe:viewed', () => { told = new Set(); open(); });
  watch(['session', 'value'], open);
}
