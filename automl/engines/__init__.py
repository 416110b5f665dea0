"""Search engines: they propose parameters and observe how they did."""
