"""What the pages of a trial show, as values: each page is a use case, and any shell can print it."""
