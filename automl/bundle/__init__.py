"""The bundle: one folder that scores raw rows anywhere and carries its own proof."""
