"""What is asked of a load run, as data: who there is, what each does and when, what may not happen. Pure."""
