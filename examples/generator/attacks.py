"""The 31 attack PDFs by name; each call makes the file anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from . import attack_drawings as drawings
from . import attack_names as names
from . import attack_streams as streams
from . import attack_trees as trees

# How the recipes count to 31: 4 wide grids, 3 grids, 2 boxes, string, arrays, run-length, 2 forms, 2 flates,
# predictor (17); page trees shared, cyclic and deep, 2 of many pages, glyphs, saves (24); xref, labels, 2 page
# sizes, font size, CMap, JavaScript and embedded file together (31).
ATTACKS: dict[str, Callable[[], bytes]] = {
    **{f"wide-grid-{n}": partial(drawings.wide_grid, n) for n in (100, 200, 400, 800)},
    **{f"grid-{n}": partial(drawings.grid, n) for n in (1_000, 3_000, 10_000)},
    **{f"boxes-{n}": partial(drawings.boxes, n) for n in (50, 120)},
    "long-string": drawings.long_string,
    "nested-arrays": drawings.nested_arrays,
    "run-length-bomb": streams.run_length_bomb,
    "form-2-24": streams.doubling_forms,
    "form-self": streams.recursive_form,
    "flate-1gb": streams.flate_once,
    "flate-10gb": streams.flate_twice,
    "predictor": streams.predictor,
    "page-tree-dag": trees.shared_tree,
    "page-tree-cycle": trees.cyclic_tree,
    "page-tree-deep": trees.deep_tree,
    "pages-20000": trees.many_pages,
    "pages-100000-same": trees.same_page,
    "glyphs-300000": drawings.many_glyphs,
    "saves-1000000": drawings.many_saves,
    "xref-prev-loop": names.xref_loop,
    "page-label-loop": names.label_loop,
    "media-box-1e9": names.huge_page,
    "media-box-overflow": names.overflowing_page,
    "font-size-digits": drawings.long_number,
    "cmap-path": names.cmap_path,
    "javascript-embedded": names.javascript,
}
