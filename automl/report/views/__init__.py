"""Views of values for notebooks: one file for each type, drawn with the figures and the sheet of the pages."""
