"""Numbered changes of the library's schema, applied in order; none is ever edited once released."""
