// Asks for the report and saves its files; what was made for an earlier press is let go.
const button = () => element.querySelector('button');
let turn = 0;
let waiting = false;

function paint() {
  button().disabled = !props.session || !props.ready || waiting;
}

function save(file) {
  const url = URL.createObjectURL(new Blob([file.text], { type: file.kind }));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

element.addEventListener('click', (event) => {
  if (!event.target.closest('button') || waiting) return;
  turn += 1;
  waiting = true;
  paint();
  trigger('make', { turn });
});
watch('made', () => {
  if (props.made?.turn !== turn || !waiting) return;
  waiting = false;
  props.made.files.forEach(save);
  paint();
  trigger('taken', {});
});
watch('session', paint);
watch('ready', paint);
