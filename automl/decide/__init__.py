"""Decisions in money: costs, calibration, policies and the verdict."""
