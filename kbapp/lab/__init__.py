"""Measurements over sets of cases: bands of the scores, ablations, numbers of candidates."""
