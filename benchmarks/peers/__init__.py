"""The servers that ocppfw is compared with, and the one that measures the generator."""
