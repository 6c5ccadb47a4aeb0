// The page's texts in its language, for all of its scripts: `t('English {name}', { name })`, and
// `tn('one {count}', 'many {count}', count)`. What has no translation stays English.
window.lethe = window.gradio_config.lethe || { language: 'en', towards: 'ltr', plural: 'n != 1', texts: {} };
{
  const form = new Function('n', `return Number(${window.lethe.plural});`);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (
    name in values ? String(values[name]) : whole
  ));
  window.t = (text, values = {}) => fill(window.lethe.texts[text] || text, values);
  window.tn = (one, many, count, values = {}) => {
    const forms = window.lethe.texts[one];
    const text = forms ? forms[form(count)] : count === 1 ? one : many;
    return fill(text, { count: count.toLocaleString('en-US'), ...values });
  };
  // Gradio picks the language of its own texts by the browser's.
  Object.defineProperty(navigator, 'language', { get: () => window.lethe.language, configurable: true });
  // Whatever the page asks for, it asks for in its own language.
  const ask = window.fetch;
  window.fetch = (what, how = {}) => {
    if (what instanceof Request) return ask(what, how);
    const headers = new Headers(how.headers);
    headers.set('Accept-Language', window.lethe.language);
    return ask(what, { ...how, headers });
  };
}
