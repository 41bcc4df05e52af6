"""Words for both faces: text, rows and JSON documents. No rich, no textual."""
