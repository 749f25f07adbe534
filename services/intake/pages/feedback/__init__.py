"""The form: what a person says, without an account."""
