"""Scripts of the parts of the page that a reader moves, in the order in which they run."""

from pathlib import Path

from tasks.core.html.templating import SHARED_TEMPLATES

_TEMPLATES = Path(__file__).parent / "templates"

INTERACTIVE_SCRIPTS = (
    SHARED_TEMPLATES / "heat_drawing.js",
    SHARED_TEMPLATES / "page_elements.js",
    _TEMPLATES / "threshold.js",
    _TEMPLATES / "film_list.js",
    _TEMPLATES / "film_canvas.js",
    _TEMPLATES / "film_words.js",
    _TEMPLATES / "mark_file.js",
    _TEMPLATES / "marks.js",
)
