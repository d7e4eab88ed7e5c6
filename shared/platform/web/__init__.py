"""HTTP in: who may ask, what a wish is, and how every answer looks.

`app` puts it together; `entry` is what every request passes.
"""
