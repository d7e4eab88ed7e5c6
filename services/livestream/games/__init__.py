"""Games of a room: red packets and lucky draws, fair to see.

Chance comes from a seed that the door draws and the rules are handed, so that the same seed always
leads to the same end: for a draw its digest is published before anybody enters and itself
afterwards, and whoever likes can draw again. Nobody can be preset to win: there is no field for it.
"""
