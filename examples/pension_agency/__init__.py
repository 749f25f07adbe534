"""A pension agency with offices and a call centre: what people say to it in three months, and the truth of it."""
