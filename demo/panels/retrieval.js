const WIDEST = 1280;

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if ('photo' in button.dataset) choose();
  else if ('camera' in button.dataset) look();
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
  say('Looking at your photo.');
  try {
    const where = `lethe/ask?session=${encodeURIComponent(props.session)}`;
    const answer = await fetch(where, { method: 'POST', body: photo });
    if (answer.ok) trigger('show', {});
    else say((await answer.json()).error);
  } catch {
    say('The photo did not reach the server; please try again.');
  }
}

// A window of its own over the page, with the camera's picture in it and one thing to press.
async function look() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'user' } });
  } catch {
    say('There is no camera, or this page may not use it.');
    return;
  }
  const dialog = document.createElement('dialog');
  dialog.className = 'camera';
  const video = Object.assign(document.createElement('video'), {
    srcObject: stream, autoplay: true, muted: true, playsInline: true,
  });
  const take = Object.assign(document.createElement('button'), {
    type: 'button', className: 'chip go', textContent: 'Who is this?',
  });
  const close = Object.assign(document.createElement('button'), {
    type: 'button', className: 'chip', textContent: 'Close',
  });
  const acts = document.createElement('p');
  acts.append(take, close);
  dialog.append(video, acts);
  element.append(dialog);
  dialog.addEventListener('close', () => {
    stream.getTracks().forEach((track) => { track.stop(); });
    dialog.remove();
  });
  close.addEventListener('click', () => dialog.close());
  take.addEventListener('click', () => {
    const share = Math.min(1, WIDEST / Math.max(video.videoWidth, video.videoHeight, 1));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(video.videoWidth * share);
    canvas.height = Math.round(video.videoHeight * share);
    canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((photo) => {
      dialog.close();
      if (photo) send(photo);
    }, 'image/jpeg', 0.92);
  });
  dialog.showModal();
}
