"""Reading printed TeX: displays of a page, their layout, their meaning, their value."""
