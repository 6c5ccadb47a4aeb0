element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if ('photo' in button.dataset) choose();
  else if ('camera' in button.dataset) document.dispatchEvent(new CustomEvent('lethe:live'));
  else if ('row' in button.dataset || 'any' in button.dataset) {
    trigger('ask', { row: button.dataset.row ?? null, any: button.dataset.any ?? null });
  }
});

element.addEventListener('dragover', (event) => {
  if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
});
element.addEventListener('drop', (event) => {
  const file = event.dataTransfer?.files[0];
  if (!file) return;
  event.preventDefault();
  send(file);
});

function say(text) {
  const line = element.querySelector('.verdict');
  if (line) line.textContent = text;
}

function choose() {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = 'image/*,.heic,.heif';
  input.addEventListener('change', () => input.files[0] && send(input.files[0]));
  input.click();
}

async function send(photo) {
  say(t('Looking at your photo.'));
  if (!await connected()) {
    say(LOST);
    return;
  }
  try {
    const where = `lethe/ask?session=${encodeURIComponent(props.session)}`;
    const answer = await fetch(where, { method: 'POST', body: photo });
    if (answer.ok) trigger('show', {});
    else say((await answer.json()).error);
  } catch {
    say(t('The photo did not reach the server; please try again.'));
  }
}

// What the live camera saw and somebody wants to know more about.
document.addEventListener('lethe:look', (event) => send(event.detail));
