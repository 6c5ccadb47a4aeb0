// The curve is drawn for whoever comes to see it: the script that draws charts is of some megabytes,
// and holds the page for a moment when it begins. What the server says of a curve that is not drawn
// yet has `data-waits`.
let here = false;

function look() {
  if (here && element.querySelector('[data-waits]')) trigger('look', {});
}

new IntersectionObserver((seen) => {
  here = seen.at(-1).isIntersecting;
  look();
}).observe(element);
watch('value', look);
