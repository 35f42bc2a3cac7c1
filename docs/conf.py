"""The site's settings; `nox -s docs` builds it, offline."""

import sys
from pathlib import Path

from aiospectrum import __version__

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "aiospectrum"
author = "The aiospectrum developers"
copyright = f"2026, {author}"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "public_names", "signatures", "command_help"]
exclude_patterns = ["_build"]
nitpicky = True  # a reference that leads nowhere is an error, as warnings are
nitpick_ignore_regex = [
    # What is documented elsewhere: the standard library and other packages.
    (
        "py:.*",
        r"(_pytest|aiohttp|altair|asyncio|builtins|cattrs|collections|concurrent|contextlib|datetime|duckdb|multidict|opentelemetry)\..*",
    ),
    ("py:.*", r"(os|pandas|pathlib|polars|pyarrow|pytest|ssl|types|typing)\..*"),
    ("py:class", r"AbstractAsyncContextManager|datetime"),
    # What users meet in signatures alone.
    ("py:class", r"aiospectrum\.(transport|_http\.call|bulk\.(alerts|pull))\.[A-Z]"),
    ("py:class", r"aiospectrum\.(filters\.V|limiters\.base\.Timer|_http\.config\.ClientOptions)|Record"),
]

myst_enable_extensions = ["colon_fence", "deflist"]
highlight_language = "text"
myst_heading_anchors = 4

default_role = "code"
smartquotes = False  # which would make one dash of the two of an option
add_module_names = False
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 88
autoclass_content = "both"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_type_aliases = {"AppMethods": "~aiospectrum.models.App"}  # a base that stands for it; signatures.py adds more

html_theme = "furo"
html_title = "aiospectrum"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
