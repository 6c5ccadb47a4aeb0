// Steps are saved by the browser alone, and a file is read here and sent as text.
const LONGEST = 1000000; // as the engine has it
const take = element.querySelector('[data-take]');
const field = element.querySelector('input');
let turn = 0;

function show() {
  take.hidden = !props.any;
}

element.addEventListener('click', (event) => {
  if (event.target.closest('[data-take]')) {
    turn += 1;
    trigger('take', { turn });
  } else if (event.target.closest('[data-open]')) field.click();
});
element.addEventListener('change', async (event) => {
  event.stopPropagation();
  const file = field.files[0];
  field.value = '';
  if (!file) return;
  trigger('open_steps', { text: file.size > LONGEST ? '' : await file.text() });
});
watch('any', show);
watch('file', () => {
  if (props.file?.turn !== turn) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([props.file.text], { type: 'application/json' }));
  link.download = props.file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
watch('opened', () => {
  if (!props.opened) return;
  const way = document.querySelector(`#method input[value="${CSS.escape(props.opened.method)}"]`);
  if (way && !way.checked) way.click();
});
show();
