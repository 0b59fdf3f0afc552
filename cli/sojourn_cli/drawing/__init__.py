"""Drawing: a journey as a picture, SVG or Mermaid."""
