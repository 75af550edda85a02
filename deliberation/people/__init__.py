"""Who sits: a pool made from a population's published shares, personas, and panels drawn by sortition."""
