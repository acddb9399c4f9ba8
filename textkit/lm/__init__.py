"""Language models: distributions over the next token, counted or learned, behind one contract."""
