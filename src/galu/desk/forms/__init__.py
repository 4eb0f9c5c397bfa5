"""Forms: what can be entered, as fields made from the kinds of facts and the study's schedule."""
