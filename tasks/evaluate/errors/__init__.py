"""Program `evaluate-errors`: every wrong call of one model on test films."""
