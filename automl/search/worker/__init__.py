"""What runs on a worker: one learner on one fold. It imports neither polars nor the search engines."""
