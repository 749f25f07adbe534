"""The person behind a case: a part of its page that only intake can give."""
