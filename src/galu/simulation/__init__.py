"""Worlds and scale: a random world that writes a trial's record, and many trials on many cores."""
