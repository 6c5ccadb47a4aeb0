// What begins once Gradio has painted the page: its theme, and the words that come from the page
// itself and not from the server.
const saved = localStorage.getItem('lethe-theme');
if (saved) document.body.classList.toggle('dark', saved === 'dark');
document.title = 'Lethe';

const say = (text, tone) => {
  const line = document.querySelector('#status .say');
  if (!line) return;
  line.className = `say ${tone}`;
  line.querySelector('.whole')?.remove();
  line.querySelector('p').textContent = text;
};
const lost = () => say(t('The connection to the server is lost; this page goes on when it is back.'), 'wrong');

window.addEventListener('online', () => say(t('The connection is back; please try again.'), 'calm'));
// The first word after the click comes from the page itself, however busy the server is.
document.addEventListener('click', (event) => {
  const button = event.target.closest('#forget, #undo, #reset, [data-step]');
  if (button && !button.disabled) say(t('On its way.'), 'busy');
});
