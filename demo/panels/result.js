// The line comes with figures that are new, and stays away once it was closed until there are others.
const line = element.querySelector('.result-line');
const text = element.querySelector('[role=status]');

function show(on) {
  line.classList.toggle('on', on);
  document.body.toggleAttribute('data-result', on);
}

function tell() {
  const said = props.said || { text: '' };
  // Quick figures of a slider that moves are not read out.
  text.setAttribute('aria-busy', String(Boolean(said.rough)));
  if (text.textContent === said.text) return;
  show(Boolean(said.text)); // first, for what is hidden is not read out
  text.textContent = said.text;
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.matches('.close')) {
    show(false);
    return;
  }
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  document.getElementById(button.dataset.to)
    .scrollIntoView({ block: 'start', behavior: still ? 'auto' : 'smooth' });
});
let stood, played;
document.addEventListener('lethe:play', ({ detail }) => {
  if (!detail.panels) return;
  const { result } = detail.panels;
  if (!played || props.said !== played) stood = props.said;
  const text = detail.preview ? t('Preview: {text}', { text: result.text }) : result.text;
  props.said = { ...result, text };
  played = props.said;
  tell();
});
document.addEventListener('lethe:rest', ({ detail }) => {
  if (!detail.back || !played || props.said !== played) return;
  props.said = stood;
  played = null;
  tell();
});
watch('said', tell);
tell();
