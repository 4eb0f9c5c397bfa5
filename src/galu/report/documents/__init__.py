"""Tables and listings as documents: self-contained HTML, PDF, DOCX and RTF, from the same laid-out pages."""
