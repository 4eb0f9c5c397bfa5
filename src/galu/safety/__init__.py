"""Safety: CTCAE grades, dose-limiting toxicity, dose modification, adverse-event tables."""
