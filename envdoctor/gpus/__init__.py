"""`envdoctor gpus`: every card, who holds it, since when, and from which login."""
