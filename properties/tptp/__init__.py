"""The proof obligations once more, as TPTP: written from the recorded graph, answered by the E prover."""
