"""Tests of staff's second factor."""
