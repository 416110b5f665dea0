"""The search over features: groups of joint steps are probed, and what beats noise is kept."""
