"""The steps for a stack that is there: status, suspending, sweeping, teardown."""
