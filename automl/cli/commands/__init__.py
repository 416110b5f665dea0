"""The commands, one file each: a module's `command` is the command of its name."""
