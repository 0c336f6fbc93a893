"""What holds for all tests."""

import os

# tests see what the code does now, and leave nothing in the home of who runs them
os.environ["TFMIGRATE_CACHE"] = "off"
