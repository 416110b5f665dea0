"""Rows of object stores are those of the same files on the disk, and no error holds a key."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from conftest_stores import Emulated
