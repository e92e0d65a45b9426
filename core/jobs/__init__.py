"""One job's life: what a worker does for it, and what people ask of many."""
