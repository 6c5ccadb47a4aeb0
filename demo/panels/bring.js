// What the places that files are brought to have in common; their own scripts follow.
const find = (selector) => element.querySelector(selector);
const all = (selector) => Array.from(element.querySelectorAll(selector));

// Send a file to one of our doors. The answer is what the server says, or has `error`, with `lost`
// where it is not the file's fault, or `cancelled`.
function post(door, about, file, what, sent) {
  const here = window.location.pathname.replace(/\/?$/, '/');
  const query = new URLSearchParams({ session: props.session, ...about });
  // `fetch` does not tell how much of a large file is there.
  const request = new XMLHttpRequest();
  const answer = new Promise((done) => {
    request.open('POST', `${here}lethe/${door}?${query}`);
    request.setRequestHeader('Accept-Language', lethe.language);
    request.responseType = 'text';
    request.upload.onprogress = (event) => sent(Math.min(event.loaded, file.size));
    request.onload = () => {
      let said = null;
      try { said = JSON.parse(request.responseText); } catch { /* not of this page's server */ }
      if (said && (said.error || request.status === 200)) done(said);
      else done({ error: t('The server did not take {what} ({status}); please try again.', { what, status: request.status }), lost: true });
    };
    request.onerror = () => done({
      error: t('The connection to the server was lost; please bring {what} again.', { what }), lost: true,
    });
    request.onabort = () => done({ cancelled: true });
    request.send(file);
  });
  return { request, answer };
}
