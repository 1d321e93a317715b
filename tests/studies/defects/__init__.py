"""Plant known defects into a synthetic set and check which gates report them."""
