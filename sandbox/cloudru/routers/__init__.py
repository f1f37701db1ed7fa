"""What each service answers to: handlers of a few lines over the rules."""
