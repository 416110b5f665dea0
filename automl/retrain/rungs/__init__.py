"""The rungs of the ladder, one file each: how a challenger is made of a champion and of new rows."""
