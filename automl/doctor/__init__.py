"""What is well and what is not about an installation: libraries, machine, and a fit of a few seconds."""
