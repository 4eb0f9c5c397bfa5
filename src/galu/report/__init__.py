"""What people see: tables, figures and the report, prepared from the state of a trial."""
