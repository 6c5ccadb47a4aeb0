// Whether the server knows this page, for panels that send it something at a door of ours.
const LOST = t('The page is not connected to its server; please load it anew.');

// The server knows the page soon after it was painted.
function connected() {
  return new Promise((done) => {
    const end = Date.now() + 15000;
    const again = () => {
      if (props.session || Date.now() > end) done(Boolean(props.session));
      else setTimeout(again, 100);
    };
    again();
  });
}
