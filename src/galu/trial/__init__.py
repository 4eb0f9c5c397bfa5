"""The trial as it stands: a pure function of study, record and day. The only room that knows all siblings."""
