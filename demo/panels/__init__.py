"""One panel of the page a module: `render` makes its markup, `build` places its component."""
