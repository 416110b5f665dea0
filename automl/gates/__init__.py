"""Gates: one file for each limit, measured on the finished bundle."""
