"""The direct doors: one verb on one file, no programme folder needed; the same arithmetic as a run.

Part of `main`. Each is imported when it is opened: reading words and weighing surveys need different libraries.
"""
