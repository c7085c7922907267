"""PDFs that are proven plain: read strictly, looked through, sealed and verified by our own code.

Whatever has two readings is not plain, and is left to pyHanko. So nothing here refuses a document:
it accepts, or has no opinion.
"""
