"""What the page runs: Vega, Vega-Lite and Vega-Embed, and the few lines that draw."""

from __future__ import annotations

from functools import cache

from train.charts.drawing_library import drawing_library

# The interpreter of expressions needs no `eval`, so that the page can forbid it.
DRAW = """
(function () {
  var read = function (id) { return JSON.parse(document.getElementById(id).textContent); };
  var numbers = read('numbers'), pictures = read('pictures'), waiting = [];
  document.querySelectorAll('[data-picture]').forEach(function (place) {
    var at = place.dataset.picture.split('/');
    var spec = pictures.specs[at[0]][at[1]];
    spec.data = { values: numbers[at[0]].pictures[at[1]] };
    spec.$schema = 'https://vega.github.io/schema/vega-lite/v6.json';
    var options = { actions: false, renderer: 'svg', ast: true, config: pictures.theme };
    waiting.push(vegaEmbed(place, spec, options).then(function () {
      place.classList.add('drawn');
    }));
  });
  Promise.all(waiting).then(function () { document.body.dataset.ready = 'yes'; });
})();
"""


@cache
def libraries() -> str:
    """The chart libraries as one script; bundled without a network, in about two seconds.

    Raises DataError where the bundler cannot be started.
    """
    return str(drawing_library().javascript_bundle(snippet="window.vegaEmbed = vegaEmbed;"))
