"""The same models written by hand for other libraries, as one would for the four responses that are measured."""
