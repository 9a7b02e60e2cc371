"""This room holds the vocabulary: contracts, landed objects, verdicts and the ports to the outside world."""
