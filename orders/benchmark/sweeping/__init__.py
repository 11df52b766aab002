"""How fast a flood of unpaid orders is cancelled, and what that costs those who buy meanwhile.

measure     the measurement, first to last        filling     unpaid orders past their deadline
buyers      processes that buy until told to stop  report      what is told of it
"""
