"""Promises about behaviour."""

import os

# Textual reads these once, when the first test module imports it: whoever comes first, they are set here.
os.environ["TEXTUAL_ANIMATIONS"] = "none"
for _name in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
    os.environ.pop(_name, None)
