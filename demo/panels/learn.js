const begin = (step) => window.dispatchEvent(new CustomEvent('lethe:lesson', { detail: step }));

// Whoever is in the lesson already goes on with it.
function show(step) {
  element.querySelector('[data-start]').textContent = step ? t('Go on with the lesson') : t('Start the lesson');
  element.querySelectorAll('[data-open]').forEach((one) => {
    one.closest('li').toggleAttribute('data-here', one.dataset.open === step);
  });
}

element.addEventListener('click', (event) => {
  const link = event.target.closest('[data-open]');
  if (event.target.closest('[data-start]')) begin('');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
    return;
  }
  event.preventDefault();
  begin(link.dataset.open);
});
window.addEventListener('lethe:lesson-kept', (event) => show(event.detail));
let kept = {};
try {
  kept = JSON.parse(window.sessionStorage.getItem('lethe-lesson') || '{}');
} catch { /* a storage that is closed */ }
show(kept.step || '');
