"""One screen: what came, how it was judged, whether promises were kept, what waits, and what changed beyond chance."""
