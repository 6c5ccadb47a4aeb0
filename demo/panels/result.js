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
plays('said', ({ result }, { preview }) => (
  preview && result ? { ...result, text: t('Preview: {text}', { text: result.text }) } : result
), tell);
watch('said', tell);
tell();
