"""How a dataset is written, so that it is whole at any moment; :func:`aiospectrum.bulk.save` is the way in."""
