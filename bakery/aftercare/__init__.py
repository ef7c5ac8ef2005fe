"""What may follow a sale long after it: the evidence of it, and answers to disputes."""
