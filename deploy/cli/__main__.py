"""The same as `feira`, for where the console script is not installed."""

from deploy.cli import main

main()
