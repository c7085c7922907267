"""What each grant type does in its one transaction: gather, decide, apply. A file each.

`redeem(transaction, asked, now)` returns Issue, or the Reason of a refusal that must be stored
with what it changed.
"""
