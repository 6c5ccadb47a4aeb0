// A file of steps is read here and sent as text.
const LONGEST = 1000000; // as the engine has it
const away = element.querySelector('[data-away]');
const field = element.querySelector('input');

function show() {
  away.hidden = !props.any;
}

element.addEventListener('click', (event) => {
  if (event.target.closest('[data-away]')) window.dispatchEvent(new Event('lethe:take'));
  else if (event.target.closest('[data-open]')) field.click();
});
element.addEventListener('change', async (event) => {
  event.stopPropagation();
  const file = field.files[0];
  field.value = '';
  if (!file) return;
  trigger('open_steps', { text: file.size > LONGEST ? '' : await file.text() });
});
watch('any', show);
watch('opened', () => {
  if (!props.opened) return;
  const way = document.querySelector(`#method input[value="${CSS.escape(props.opened.method)}"]`);
  if (way && !way.checked) way.click();
});
show();
