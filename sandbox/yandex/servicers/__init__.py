"""The official servicer classes, one file a service: 3-6 line handlers over the rules."""
