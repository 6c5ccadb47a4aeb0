// The bar of places is there before other panels: until people, buttons and letters are, nothing is
// shown.
const LETTERS = 1000; // milliseconds that letters are waited for,
const ALL = 10000; // and the others: what never comes keeps nobody from what is there
let lettered = false, late = false;
function arrive() {
  const whole = late || (lettered
    && Boolean(document.querySelector('#people .card') && document.querySelector('#forget')));
  document.body.toggleAttribute('data-arriving', !whole);
  if (whole) others.disconnect();
}
const others = new MutationObserver(arrive);
others.observe(document.body, { childList: true, subtree: true });
arrive();
const font = getComputedStyle(document.body).fontFamily;
const letters = ['400', '700'].map((weight) => document.fonts.load(`${weight} 1em ${font}`));
Promise.race([Promise.allSettled(letters), new Promise((done) => { setTimeout(done, LETTERS); })])
  .then(() => { lettered = true; arrive(); });
setTimeout(() => { late = true; arrive(); }, ALL);
