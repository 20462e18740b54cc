"""What the bench writes: tables for the terminal, Markdown, LaTeX, plots, and one HTML page."""
