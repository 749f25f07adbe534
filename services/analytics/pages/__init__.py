"""Analytics' pages: one screen for who decides, a page for each figure, and the promises as they may be published."""
