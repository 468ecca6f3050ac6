"""The two sides, the peers that they are connected with, and the way of a message between them."""
