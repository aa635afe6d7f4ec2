"""What an auditor gets and checks: environment, bundle, verification, reproduction, tampering."""
