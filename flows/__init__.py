"""What happens, in the runbook's order."""
