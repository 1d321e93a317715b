"""Program `evaluate-labels`: which films may have a wrong label."""
