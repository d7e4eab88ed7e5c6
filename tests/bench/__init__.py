"""How fast the hot paths are, each beside the raw limit of the same machine in the same run.

Figures are ratios to a control that does the same job with nothing of ours; contestants take turns,
round after round, so that whatever else the machine does falls on all of them alike.
"""
