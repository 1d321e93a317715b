"""Program `evaluate-comparison`: models in pairs on the same films; and one model in two runs."""
