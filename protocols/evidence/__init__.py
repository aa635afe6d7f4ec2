"""What an auditor gets and checks.

In the order of reading: `environment`, `bundle`, `verification`, `reproduction`, `tampering`.
"""
