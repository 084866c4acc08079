"""The wing that knows IPython."""
