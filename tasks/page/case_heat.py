"""Heat maps of the explained films inside the page; the script draws them."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from tasks.page.heat_bytes import heat_text, segment_text
from tasks.page.page_inputs import JsonObject

HeatMaps = Mapping[str, NDArray[Any]]


def heat_on_page(explanations: JsonObject, heat: HeatMaps) -> dict[str, Any]:
    """What the script needs to draw heat.

    Args:
        explanations: Content of `explanations.json`.
        heat: Arrays of `heat.npz`: (N cases, k classes, h, w) float16 by method; and
            `lime_segments`, (N, H, W) uint16, where LIME explains.

    Returns:
        `methods`: name, title, `limit` (end of the colour scale) and `is_sane`, in rank order.
        `cases`: for each case the classes in question, why it was chosen, what is said of its
        maps, `maps` by method and `segments`, in the form of `tasks.page.heat_bytes`.
    """
    methods = [method for method in explanations["methods"] if method["name"] in heat]
    segments = heat.get("lime_segments")
    return {
        "methods": [
            {key: method[key] for key in ("name", "title", "limit", "is_sane")}
            for method in methods
        ],
        "cases": [
            {
                **{key: case[key] for key in ("classes", "why", "heat")},
                "maps": {
                    method["name"]: heat_text(heat[method["name"]][place], method["limit"])
                    for method in methods
                },
                "segments": None if segments is None else segment_text(segments[place]),
            }
            for place, case in enumerate(explanations["cases"])
        ],
    }
