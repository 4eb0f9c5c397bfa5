"""What people write, and what galu means by it: one place for all that reads names, units and words."""
